"""The body of a request: whole before anybody looks at it, within bounds of size and time.

What came together with its head, as nearly all does, costs no more than a look. All who get here have shown a token;
a slow line is no fault of theirs, so whoever goes on sending is waited for.
"""

import asyncio
from collections.abc import Awaitable

from aiohttp import HttpVersion11, web

from gateway.api.auth import OPEN_PATHS
from gateway.api.connections import PATIENCE_S
from gateway.api.problems import Handler, closing, problem

BODY_MOST = 2 * 1024 * 1024  # octets; the largest CAP files seen are below 1 MB
PACE_LEAST = 512.0  # octets a second, after PATIENCE_S: a poor satellite link has more
_CONTINUE = "100-continue"


async def expected(request: web.Request) -> web.StreamResponse | None:
    """`Expect: 100-continue` is answered once the body is wanted: after a look at the token and the size."""
    if request.headers["Expect"].lower() == _CONTINUE:
        return None
    return closing(request, problem(417, "Expectation Failed", detail=f"only {_CONTINUE} can be expected"))


@web.middleware
def whole_bodies(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
    if request.content.is_eof() or request.path in OPEN_PATHS:
        return handler(request)
    return _after_its_body(request, handler)


async def _after_its_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    if (request.content_length or 0) > BODY_MOST:
        raise web.HTTPRequestEntityTooLarge(BODY_MOST, request.content_length or 0)
    if request.version == HttpVersion11 and request.headers.get("Expect", "").lower() == _CONTINUE:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
    if not await _came(request):
        waited = f"it is waited for {PATIENCE_S:.0f} s, and longer while it comes at {PACE_LEAST:.0f} octets a second"
        detail = f"the body did not come: {waited}; nothing was accepted"
        return closing(request, problem(408, "Request Timeout", detail=detail))
    return await handler(request)


async def _came(request: web.Request) -> bool:
    """Reads the body; False if it comes too slowly."""
    now = asyncio.get_running_loop().time
    began, reading = now(), asyncio.create_task(request.read())
    try:
        while not reading.done():
            left_s = patience_s(request.content.total_raw_bytes) - (now() - began)
            if left_s <= 0:
                return False
            await asyncio.wait({reading}, timeout=left_s)
    finally:
        reading.cancel()
    await reading  # what was wrong with it
    return True


def patience_s(octets: int) -> float:
    """How long is waited for a body of which so many octets have come."""
    return PATIENCE_S + octets / PACE_LEAST
