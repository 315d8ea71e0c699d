"""/events: what changes, as server-sent events (HTML Living Standard, section 9.2). Hints to look again.

`alert` carries the identifier of an alert that changed, `channel` a channel's new standing, `missed` that events
were lost and everything should be looked at again.
"""

import asyncio
import json
from typing import Any

from aiohttp import ClientConnectionResetError, web

from gateway.api.keys import HUB
from gateway.hub import Hub
from gateway.store.showing import identifiers

routes = web.RouteTableDef()

KEEPALIVE_S = 15.0


@routes.get("/api/v1/events")
async def events(request: web.Request) -> web.StreamResponse:
    hub = request.app[HUB]
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    with hub.watchers.watch() as queue:
        await response.prepare(request)
        try:
            await response.write(b": watching\n\n")
            while not hub.stopping:
                await response.write(await _next(hub, queue))
        except ClientConnectionResetError:
            pass  # the watcher left: nothing to tell
    return response


async def _next(hub: Hub, queue: "asyncio.Queue[dict[str, Any] | None]") -> bytes:
    """The bytes of the next event, or a comment when nothing happened for a while."""
    try:
        async with asyncio.timeout(KEEPALIVE_S):
            event = await queue.get()
    except TimeoutError:
        return b": still here\n\n"
    if event is None:
        return _event("missed", {})
    if event["type"] == "alerts":
        names = await hub.store.read(identifiers, set(event["numbers"]))
        return b"".join(_event("alert", {"id": name}) for name in names.values())
    return _event(event["type"], event)


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
