"""/channels: how each way stands, its queue, and an operator's word about it."""

from aiohttp import web

from gateway.api.auth import SUBMITTER
from gateway.api.fields import fields_of
from gateway.api.keys import OPERATOR
from gateway.errors import Refused

routes = web.RouteTableDef()

REASON_MOST = 200


@routes.get("/api/v1/channels")
async def channels(request: web.Request) -> web.Response:
    return web.json_response({"channels": await request.app[OPERATOR].channels()})


@routes.post("/api/v1/channels/{name}/{word:disable|enable}")
async def switch(request: web.Request) -> web.Response:
    name, disabled = request.match_info["name"], request.match_info["word"] == "disable"
    operator = request.app[OPERATOR]
    await operator.switch(name, disabled=disabled, reason=await _reason(request), by=request[SUBMITTER])
    return web.json_response(await operator.channel(name))


async def _reason(request: web.Request) -> str:
    reason = (await fields_of(request, {"reason"})).get("reason", "")
    if not isinstance(reason, str) or len(reason) > REASON_MOST:
        raise Refused(f"reason is a text of at most {REASON_MOST} characters", pointer="reason")
    return reason


@routes.post("/api/v1/channels/{name}/test")
async def test(request: web.Request) -> web.Response:
    """Harmless: what the channel can prove by itself. Nothing is sent to anybody."""
    return web.json_response(await request.app[OPERATOR].test(request.match_info["name"]))


@routes.get("/api/v1/channels/{name}/log")
async def port_log(request: web.Request) -> web.Response:
    """What went over the channel's port lately, masked."""
    return web.json_response(request.app[OPERATOR].port_log(request.match_info["name"]))
