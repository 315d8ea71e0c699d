"""An SMS aggregator on 127.0.0.1 that behaves as GatewayAPI's description of its Messaging API says, and misbehaves.

What it refuses is what its OpenAPI schema refuses (version 2026.08.21-1807): sender 3 to 18 characters, recipient a
whole number above 1000, reference a text, expiration a duration or a number, priority normal or urgent.
"""

import asyncio
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Self

import aiohttp
from aiohttp import web

from channels.sms_http import SmsHttpChannel
from channels.sms_http_config import SmsHttpConfig

TOKEN = "token-for-tests-only"
SECRET = "a-webhook-secret-for-tests"
SENDER, TO = "+4500000099", "sms:+4500000001"
Json = dict[str, Any]
Step = Callable[[web.Request], Awaitable[web.StreamResponse]]
_events = count(1)


@dataclass
class Aggregator:
    """`script`: what the next messages meet, instead of being taken; a step may take them all the same."""

    taken: list[Json] = field(default_factory=list)
    script: list[Step] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    looks: int = 0  # HEADs
    look_status: int = 405
    port: int = 0
    tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/mobile/single", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True, ssl_context=self.tls)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.method == "HEAD":
            self.looks += 1
            return web.Response(status=self.look_status)
        self.requests.append(request)
        if self.script:
            return await self.script.pop(0)(request)
        return await self.take(request)

    async def take(self, request: web.Request) -> web.Response:
        """Judges a message as the schema says, and takes it."""
        if request.headers.get("Authorization") != f"Token {TOKEN}":
            return web.json_response({"description": "Forbidden", "detail": []}, status=403)
        message = await request.json()
        if flaws := _flaws(message):
            detail = [{"loc": ["body", flaw], "msg": "invalid", "type": "value_error"} for flaw in flaws]
            return web.json_response({"detail": detail}, status=422)
        self.taken.append(message)
        named = {"msg_id": f"01JNN696A9E0WS89FPYG{len(self.taken):06}", "recipient": message["recipient"]}
        return web.json_response(named | {"reference": message.get("reference")}, status=202)

    def url(self, scheme: str = "http", *, port: int | None = None) -> str:
        return f"{scheme}://127.0.0.1:{port or self.port}/mobile/single"

    def channel(self, port: int | None = None, **more: object) -> SmsHttpChannel:
        table = sms_http_table(**{"url": self.url(port=port), **more})
        return SmsHttpChannel("sms", SmsHttpConfig.model_validate(table))


def sms_http_table(**more: object) -> Json:
    """A channel's table, hurried: what a test does not wait for."""
    known = {"bearer": "sms-http", "token": TOKEN, "sender": SENDER, "reconnect_s": 0.01}
    return {**known, "reconnect_max_s": 0.05, **more}


def listening(**more: object) -> Json:
    """What a channel that takes webhooks has more in its table; the port is its own to choose."""
    return {"listen": "127.0.0.1:0", "webhook_secret": SECRET, **more}


def _flaws(message: Json) -> list[str]:
    allowed = {"sender", "recipient", "message", "reference", "expiration", "priority", "label"}
    recipient, expiration = message.get("recipient"), message.get("expiration", "P5D")
    rules = {
        "sender": isinstance(message.get("sender"), str) and 3 <= len(message["sender"]) <= 18,
        "recipient": type(recipient) is int and 1000 < recipient <= 999_999_999_999_999,
        "message": isinstance(message.get("message"), str) and len(message["message"]) <= 39_015,
        "reference": isinstance(message.get("reference"), str | None),
        "expiration": re.fullmatch(r"P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?", str(expiration))
        is not None,
        "priority": message.get("priority", "normal") in {"normal", "urgent"},
    }
    return [key for key, kept in rules.items() if not kept] + sorted(set(message) - allowed)


# What a message may meet


def answers(status: int, body: object = "", **headers: str) -> Step:
    """An answer of that status, with a JSON body or a text as it is; the message is not taken."""

    async def step(request: web.Request) -> web.StreamResponse:
        await request.read()
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(
            status=status, text=text, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return step


def lost(far: Aggregator) -> Step:
    """The message is taken, and the connection ends before anybody hears of it."""

    async def step(request: web.Request) -> web.StreamResponse:
        await far.take(request)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return step


def mute(far: Aggregator) -> Step:
    """Nothing is ever answered."""

    async def step(request: web.Request) -> web.StreamResponse:
        await request.read()
        far.stalled.set()
        await asyncio.Event().wait()
        raise AssertionError

    return step


def drips(status: int, octets: bytes = b"{", *, length: int = 1000) -> Step:
    """The head of an answer at once, the first octets of its body, and never the rest."""

    async def step(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(status=status, headers={"Content-Length": str(length)})
        await response.prepare(request)
        await response.write(octets)
        await asyncio.Event().wait()
        raise AssertionError

    return step


# Webhooks


def status(state: str, *, message: str = "", attempt: str | None = None, **more: object) -> Json:
    event = {"msg_id": message, "recipient": 4500000001, "reference": attempt, "status": state}
    return envelope("message.status.sms", event | {"status_at": now(), "error": None} | more)


def said(text: str, *, message: str = "01JQ", sender: object = 4500000001, **more: object) -> Json:
    content = {"message": text, "encoding": "UTF8", "header": ""}
    return envelope(
        "user-message.text.sms",
        {"msg_id": message, "sender": sender, "sent_at": now(), "content": content} | more,
    )


def envelope(kind: str, event: object, **more: object) -> Json:
    known = {"event_id": f"09c829a2-{next(_events)}", "timestamp": now(), "event_type": kind, "event": event}
    return known | more


def now() -> str:
    return datetime.now(UTC).isoformat()


def signature(body: bytes, secret: str = SECRET) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def post(channel: SmsHttpChannel, body: object, *, path: str = "/sms", **headers: str) -> int:
    """Brings a webhook, signed unless the headers say otherwise; the status it is answered with."""
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    known = {"Signature": signature(octets)} | {key.replace("_", "-"): word for key, word in headers.items()}
    async with aiohttp.ClientSession() as session:
        return await deliver(session, channel, octets, path=path, headers=known)


async def deliver(session: aiohttp.ClientSession, channel: SmsHttpChannel, octets: bytes, **more: Any) -> int:
    path = more.pop("path", "/sms")
    async with session.post(f"http://127.0.0.1:{channel.webhooks.port}{path}", data=octets, **more) as answer:
        return answer.status
