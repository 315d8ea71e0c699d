"""/healthz: the process answers. /readyz: it can accept. /metrics: OpenMetrics, no person in any label."""

from aiohttp import web
from sqlalchemy import Connection, text

from gateway.api.keys import HUB, OPERATOR
from gateway.store.database import Transaction

routes = web.RouteTableDef()

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_STATES = ("up", "degraded", "down", "starting")


@routes.get("/healthz")
async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    """Ready when the store commits (an empty transaction is the question) and the disk has room for all precedences."""
    hub = request.app[HUB]
    if hub.stopping:
        return web.json_response({"status": "stopping"}, status=503)
    await hub.store.run(_nothing, None)
    if hub.reserve.room.gone:
        return web.json_response({"status": "only FLASH: the disk is nearly full"}, status=503)
    warning = hub.warning
    return web.json_response({"status": "ready", **({"warning": warning} if warning else {})})


def _nothing(_tx: Transaction, _: None) -> None:
    """Commits nothing."""


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    hub = request.app[HUB]
    lines = ["# TYPE bavn_channel_state stateset"]
    channels = await request.app[OPERATOR].channels()
    for c in channels:
        lines += [
            f'bavn_channel_state{{channel="{c["name"]}",bavn_channel_state="{s}"}} {int(c["state"] == s)}'
            for s in _STATES
        ]
    lines.append("# TYPE bavn_waiting gauge")
    for c in channels:
        lines += [
            f'bavn_waiting{{channel="{c["name"]}",precedence="{word}"}} {number}'
            for word, number in c["waiting_by_precedence"].items()
        ]
    lines.append("# TYPE bavn_in_flight gauge")
    lines += [f'bavn_in_flight{{channel="{c["name"]}"}} {c["in_flight"]}' for c in channels]
    lines.append("# TYPE bavn_missing gauge")
    lines.append(f"bavn_missing {await hub.store.read(_missing, None)}")
    lines.append("# TYPE bavn_disk_free_bytes gauge")
    lines.append("# UNIT bavn_disk_free_bytes bytes")
    lines.append(f"bavn_disk_free_bytes {hub.reserve.room.free}")
    lines.append("# EOF")
    return web.Response(body="\n".join(lines).encode() + b"\n", headers={"Content-Type": OPENMETRICS})


def _missing(connection: Connection, _: None) -> int:
    """Deliveries that are under way and not reached."""
    return int(connection.execute(text("SELECT count(*) FROM deliveries WHERE ended IS NULL")).scalar() or 0)
