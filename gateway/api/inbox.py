"""/inbox: what came in and needs a person, who takes it, and what came of it."""

import re
from typing import Any

from aiohttp import web

from gateway.api.auth import SUBMITTER
from gateway.api.fields import fields_of
from gateway.api.keys import HUB, OPERATOR
from gateway.api.switches import switched_on
from gateway.errors import Refused
from gateway.store.candidates import with_contacts
from gateway.store.finding import find_alert
from gateway.store.inbox import INBOX_MOST, Identified, Listed, Taken, inbox_item, inbox_page

routes = web.RouteTableDef()

LOCAL = "local"  # the submitter over the Unix socket: gateway.api.auth
TEXT_MOST = 500
OFFSET_MOST = 1_000_000
# No control, no end of a line, nothing that turns the direction or is unseen; U+200D joins emoji. As in openapi.json.
ONE_LINE = r"^[^\u0000-\u001f\u007f-\u00a0\u00ad\u2000-\u200c\u200e\u200f\u2028-\u202f\u205f-\u206f\ufeff]*$"
_ONE_LINE = re.compile(ONE_LINE)


@routes.get("/api/v1/inbox")
async def listing(request: web.Request) -> web.Response:
    """The open items, the urgent first, then those of contacts; with all=1 the newest, handled or not."""
    limit = _number(request, "limit", default=100, least=1, most=INBOX_MOST)
    offset = _number(request, "offset", default=0, least=0, most=OFFSET_MOST)
    store = request.app[HUB].store
    listed = Listed(switched_on(request, "all"), limit, offset, store.world.directory)
    page = await store.read(inbox_page, listed)
    items = await store.read(with_contacts, (page["items"], store.world.directory))
    return web.json_response({**page, "items": items, "offset": offset})


def _number(request: web.Request, name: str, *, default: int, least: int, most: int) -> int:
    given = request.query.get(name, str(default))
    if not given.isascii() or not given.isdigit() or not least <= int(given[:9]) <= most:
        raise Refused(f"{name} is a number from {least} to {most}", pointer=name)
    return int(given)


async def _one(request: web.Request, item: dict[str, Any]) -> web.Response:
    store = request.app[HUB].store
    [found] = await store.read(with_contacts, ([item], store.world.directory))
    return web.json_response(found)


@routes.get("/api/v1/inbox/{number:[0-9]{1,15}}")
async def show(request: web.Request) -> web.Response:
    store = request.app[HUB].store
    return await _one(request, await store.read(inbox_item, int(request.match_info["number"])))


@routes.post("/api/v1/inbox/{number:[0-9]{1,15}}/{word:take|done}")
async def take(request: web.Request) -> web.Response:
    """{"by", "note"}, optional but for `by` over the socket: who takes it or ticks it off, and what came of it."""
    fields = await _fields(request, {"by", "note"})
    by = _by(request, fields)
    done = request.match_info["word"] == "done"
    taken = Taken(int(request.match_info["number"]), by, done=done, note=fields.get("note", ""))
    return await _one(request, await request.app[OPERATOR].take(taken))


@routes.post("/api/v1/inbox/{number:[0-9]{1,15}}/is")
async def identify(request: web.Request) -> web.Response:
    """{"contact", "alert", "by"}: whose message it is. Without an alert it answers the one that is open."""
    fields = await _fields(request, {"contact", "alert", "by"})
    if not fields.get("contact"):
        raise Refused("contact is missing: whose message is it?", pointer="contact")
    alert = ""
    if fields.get("alert"):
        alert = (await request.app[HUB].store.read(find_alert, fields["alert"])).identifier
    by = _by(request, fields)
    said = Identified(int(request.match_info["number"]), fields["contact"], by, alert)
    return await _one(request, await request.app[OPERATOR].identify(said))


def _by(request: web.Request, fields: dict[str, str]) -> str:
    """Who says so; the others are told. Over the socket no name goes with a request, so it must be said."""
    by = fields.get("by", "").strip() or request[SUBMITTER]
    if by == LOCAL:
        raise Refused("by is missing: say who, as the others are told of it", pointer="by", code="by_whom")
    return by


async def _fields(request: web.Request, known: set[str]) -> dict[str, str]:
    fields = await fields_of(request, known)
    for name, value in fields.items():
        if not isinstance(value, str) or len(value) > TEXT_MOST or _ONE_LINE.fullmatch(value) is None:
            reason = f"{name} is a text of one line, at most {TEXT_MOST} characters"
            raise Refused(reason, pointer=name, code="one_line", about={"name": name, "most": TEXT_MOST})
    return fields
