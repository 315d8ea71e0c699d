"""/inbox: what came in and needs a person, who takes it, and what came of it."""

from typing import Any

from aiohttp import web

from gateway.api.auth import SUBMITTER
from gateway.api.keys import HUB, OPERATOR
from gateway.errors import Refused
from gateway.store.finding import find_alert
from gateway.store.inbox import INBOX_MOST, Identified, Listed, Taken, inbox_item, list_inbox
from gateway.strict_json import read_object

routes = web.RouteTableDef()

TEXT_MOST = 500


@routes.get("/api/v1/inbox")
async def listing(request: web.Request) -> web.Response:
    """The open items, the urgent first; with all=1 the newest, handled or not."""
    limit = request.query.get("limit", "100")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= INBOX_MOST:
        raise Refused(f"limit is a number from 1 to {INBOX_MOST}", pointer="limit")
    listed = Listed(request.query.get("all") in {"1", "true"}, int(limit))
    return web.json_response({"items": await request.app[HUB].store.read(list_inbox, listed)})


@routes.get("/api/v1/inbox/{number:[0-9]{1,15}}")
async def show(request: web.Request) -> web.Response:
    number = int(request.match_info["number"])
    return web.json_response(await request.app[HUB].store.read(inbox_item, number))


@routes.post("/api/v1/inbox/{number:[0-9]{1,15}}/{word:take|done}")
async def take(request: web.Request) -> web.Response:
    """{"by", "note"}, both optional: who takes it or ticks it off, and what came of it."""
    fields = await _fields(request, {"by", "note"})
    by = fields.get("by") or request[SUBMITTER]
    done = request.match_info["word"] == "done"
    taken = Taken(int(request.match_info["number"]), by, done=done, note=fields.get("note", ""))
    return web.json_response(await request.app[OPERATOR].take(taken))


@routes.post("/api/v1/inbox/{number:[0-9]{1,15}}/is")
async def identify(request: web.Request) -> web.Response:
    """{"contact", "alert", "by"}: whose message it is. Without an alert it answers the one that is open."""
    fields = await _fields(request, {"contact", "alert", "by"})
    if not fields.get("contact"):
        raise Refused("contact is missing: whose message is it?", pointer="contact")
    alert = ""
    if fields.get("alert"):
        alert = (await request.app[HUB].store.read(find_alert, fields["alert"])).identifier
    by = fields.get("by") or request[SUBMITTER]
    said = Identified(int(request.match_info["number"]), fields["contact"], by, alert)
    return web.json_response(await request.app[OPERATOR].identify(said))


async def _fields(request: web.Request, known: set[str]) -> dict[str, str]:
    body = await request.read()
    fields: dict[str, Any] = read_object(body) if body.strip() else {}
    for name, value in fields.items():
        if name not in known:
            raise Refused(f"{name} is not known here: {', '.join(sorted(known))} are", pointer=name)
        if not isinstance(value, str) or len(value) > TEXT_MOST or not value.isprintable():
            raise Refused(f"{name} is a text of one line, at most {TEXT_MOST} characters", pointer=name)
    return fields
