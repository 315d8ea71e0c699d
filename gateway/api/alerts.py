"""/alerts: send, see, stop, correct, answer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import quote

from aiohttp import web
from pydantic_core import to_json as json_octets

from gateway.accept import Submission
from gateway.api.auth import SUBMITTER
from gateway.api.fields import fields_of
from gateway.api.keys import HUB, OPERATOR
from gateway.api.switches import switched_on
from gateway.errors import Refused
from gateway.marks import EXACTLY
from gateway.no_way import explained
from gateway.operator import Follow, FollowUp
from gateway.preview import preview
from gateway.store.accepting import Accepted
from gateway.store.answering import Spoken
from gateway.store.cries import count_untaken
from gateway.store.finding import Named, find_alert
from gateway.store.showing import Wanted, list_alerts, show_alert
from gateway.strict_json import read_object
from messages.evidence import Evidence
from messages.precedence import Precedence

routes = web.RouteTableDef()
_OURS = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9A-F]{10}")  # gateway.accept.new_identifier: nobody else's name

KEY_MOST = 200
LIST_MOST = 500
TEXT_MOST = 1000  # characters of what a person said


@routes.post("/api/v1/alerts")
async def send(request: web.Request) -> web.Response:
    intake = request.app[HUB].intake
    body = await request.read()
    submission = _submission(request)
    kind = request.content_type
    if kind == "application/json":
        _no_query(request)
        return _accepted(await intake.json(body, submission))
    if kind in {"application/cap+xml", "application/xml", "text/xml"}:
        return _accepted(await intake.cap(body, replace(submission, **_added(request))))
    raise web.HTTPUnsupportedMediaType(text="send application/json or application/cap+xml")


def _no_query(request: web.Request) -> None:
    if request.query_string:
        raise Refused("the query adds to a CAP file: JSON says it in its fields", pointer="query")


def _submission(request: web.Request) -> Submission:
    """Who sends it, under which key."""
    keys = request.headers.getall("Idempotency-Key", [])
    if len(keys) > 1:
        raise Refused("there are several idempotency keys: give one", pointer="Idempotency-Key")
    key = keys[0] if keys else ""
    if keys and not key.strip():
        raise Refused(
            "the idempotency key is empty, so nothing would be told apart: write one, or leave the header out",
            pointer="Idempotency-Key",
        )
    if len(key) > KEY_MOST or not key.isprintable():
        raise Refused(
            f"an idempotency key has at most {KEY_MOST} printable characters", pointer="Idempotency-Key"
        )
    return Submission(submitter=request[SUBMITTER], key=key)


def _added(request: web.Request) -> dict[str, Any]:
    """What the query adds to a CAP file. Refused names the parameter that is not known, or given twice."""
    query = request.query
    for name in query:
        if name not in _ADDS:
            known = ", ".join(_ADDS)
            raise Refused(
                f"{name[:100]!r} adds nothing to a CAP file: known here are {known}", pointer=name[:100]
            )
        if name != "to" and len(query.getall(name)) > 1:
            raise Refused(f"{name} stands there twice: say it once", pointer=name)
    return {name: read(request) for name, read in _ADDS.items() if name in query}


def _to(request: web.Request) -> tuple[str, ...]:
    names = [name.strip() for each in request.query.getall("to") for name in each.split(",")]
    if not any(names):
        raise Refused("to names nobody: write to=ID, or leave it out", pointer="to")
    return tuple(name for name in names if name)


def _precedence(request: web.Request) -> Precedence:
    try:
        return Precedence.parse(request.query["precedence"])
    except ValueError as error:
        raise Refused(str(error), pointer="precedence") from error


def _want(request: web.Request) -> Evidence:
    try:
        return Evidence.parse(request.query["want"])
    except ValueError as error:
        raise Refused(str(error), pointer="want") from error


_ADDS: Mapping[str, Callable[[web.Request], Any]] = {
    "to": _to,
    "precedence": _precedence,
    "want": _want,
    "radio_text": lambda request: request.query["radio_text"],
}


def _accepted(accepted: Accepted) -> web.Response:
    body = {
        "id": accepted.identifier,
        "code": accepted.code,
        "state": accepted.state,
        "recipients": accepted.recipients,
        "no_route": list(accepted.no_route),
        "follows": accepted.follows,
        "warnings": accepted.warnings,
    }
    name = accepted.identifier
    word = name if _OURS.fullmatch(name) else EXACTLY + quote(name, safe="")
    location = f"/api/v1/alerts/{word}"
    headers = {"Content-Type": "application/json; charset=utf-8", "Location": location}
    return web.Response(body=json_octets(body), status=202, headers=headers)


@routes.post("/api/v1/preview")
async def foresee(request: web.Request) -> web.Response:
    """The texts and ways of an alert that is not sent: `to` and `precedence` may be left out."""
    hub = request.app[HUB]
    return web.json_response(preview(await request.read(), hub.store.world, now=hub.clock()))


@routes.get("/api/v1/alerts")
async def listing(request: web.Request) -> web.Response:
    limit = request.query.get("limit", "50")
    if not limit.isascii() or not limit.isdigit() or len(limit) > 4 or not 1 <= int(limit) <= LIST_MOST:
        raise Refused(f"limit is a number from 1 to {LIST_MOST}", pointer="limit")
    wanted = Wanted(int(limit), switched_on(request, "open"))
    store = request.app[HUB].store
    untaken = await store.read(count_untaken, None)
    return web.json_response({"alerts": await store.read(list_alerts, wanted), "untaken": untaken})


@routes.get("/api/v1/alerts/{id}")
async def show(request: web.Request) -> web.Response:
    named = await _named(request)
    store = request.app[HUB].store
    return web.json_response(explained(await store.read(show_alert, named.identifier), store.world))


async def _named(request: web.Request) -> Named:
    """The alert that the path names: by identifier, its beginning, or its code."""
    return await request.app[HUB].store.read(find_alert, request.match_info["id"])


def _this(named: Named) -> dict[str, Any]:
    """Which alert was acted on, in the words that people know it by."""
    return {"id": named.identifier, "code": named.code, "headline": named.headline}


@routes.post("/api/v1/alerts/{id}/stop")
async def stop(request: web.Request) -> web.Response:
    named = await _named(request)
    stopped = await request.app[OPERATOR].stop(named.identifier)
    return web.json_response(_this(named) | asdict(stopped))


@routes.post("/api/v1/alerts/{id}/{follow:correct|all-clear|update}")
async def follow(request: web.Request) -> web.Response:
    """The body is optional for an all-clear; a correction and an update say something new."""
    _no_query(request)
    body = await request.read()
    fields = read_object(body) if body.strip() else {}
    earlier = (await _named(request)).identifier
    up = FollowUp(Follow(request.match_info["follow"]), earlier, fields, body)
    return _accepted(await request.app[OPERATOR].follow(up, _submission(request)))


@routes.post("/api/v1/alerts/{id}/answers")
async def answer(request: web.Request) -> web.Response:
    """What a person said or a runner brought back: {"recipient", "text", "via": "voice" or "runner"}."""
    fields = await fields_of(request, {"recipient", "text", "via"})
    recipient, text, via = (_text(fields, name) for name in ("recipient", "text", "via"))
    if via not in {"voice", "runner"}:
        raise Refused(f"via is {via!r}: write voice or runner", pointer="via")
    named = await _named(request)
    matched = await request.app[OPERATOR].answer(Spoken(named.identifier, recipient, text, via))
    kept = {"recipient": matched.recipient, "kind": matched.kind, "urgent": matched.urgent}
    kept |= {"option": matched.option, "number": matched.number}
    return web.json_response(_this(named) | kept | {"duty": request.app[HUB].store.world.duty})


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, str) and len(value) > TEXT_MOST:
        about = {"name": name, "most": TEXT_MOST, "length": len(value)}
        reason = f"{name} has {len(value)} characters, and at most {TEXT_MOST} are kept: shorten it"
        raise Refused(reason, pointer=name, code="too_long", about=about)
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        reason = f"{name} is missing, empty or not a text"
        raise Refused(reason, pointer=name, code="no_text", about={"name": name})
    return value
