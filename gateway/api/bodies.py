"""The body of a request: whole before anybody looks at it, within bounds of size and time.

What came together with its head, as nearly all does, costs no more than a look.
"""

import asyncio
from collections.abc import Awaitable

from aiohttp import web

from gateway.api.auth import OPEN_PATHS
from gateway.api.connections import PATIENCE_S
from gateway.api.problems import Handler, problem

BODY_MOST = 2 * 1024 * 1024  # octets; the largest CAP files seen are below 1 MB


@web.middleware
def whole_bodies(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
    if request.content.is_eof() or request.path in OPEN_PATHS:
        return handler(request)
    return _after_its_body(request, handler)


async def _after_its_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    if (request.content_length or 0) > BODY_MOST:
        raise web.HTTPRequestEntityTooLarge(BODY_MOST, request.content_length or 0)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await request.read()
    except TimeoutError:
        detail = f"the body did not come in {PATIENCE_S:.0f} s; nothing was accepted"
        return problem(408, "Request Timeout", detail=detail)
    return await handler(request)
