"""Errors as problem+json (RFC 9457), with a `pointer` to the element of the request that is at fault."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import GatewayError

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def problem(status: int, title: str, *, detail: str = "", pointer: str = "", **more: object) -> web.Response:
    """`more`: members of our own, where they say something."""
    body = {"type": "about:blank", "title": title, "status": status} | {k: v for k, v in more.items() if v}
    if detail:
        body["detail"] = detail
    if pointer:
        body["pointer"] = pointer
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        headers={
            "Content-Type": "application/problem+json",
            **({"Retry-After": "1"} if status == 503 else {}),
        },
    )


def closing(request: web.Request, response: web.Response) -> web.Response:
    """The answer to who may not send the rest of the body: what still comes of it must not pass for a next request."""
    if not request.content.is_eof():
        response.force_close()
    return response


@web.middleware
async def as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every error into a problem; what nobody foresaw is logged and says no more than that it happened."""
    try:
        return await handler(request)
    except GatewayError as error:
        own = {"code": error.code, "about": error.about}
        return problem(error.status, error.title, detail=error.reason, pointer=error.pointer, **own)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = problem(error.status, HTTPStatus(error.status).phrase, detail=_detail(error))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return closing(request, response)
    except asyncio.CancelledError:
        raise
    except ConnectionResetError:
        log.info("%s %s: the client went away in the middle of it", request.method, request.path)
        return problem(
            400, HTTPStatus(400).phrase, detail="the connection was closed in the middle of the body"
        )
    except web.RequestPayloadError as error:
        request.content.feed_eof()  # nothing more can be read from it
        detail = "the body is not what its Content-Encoding or Transfer-Encoding says"
        log.info("%s %s: %s", request.method, request.path, error)
        return problem(400, HTTPStatus(400).phrase, detail=detail)
    except (SQLAlchemyError, Exception):
        log.exception("%s %s failed", request.method, request.path)
        return problem(500, "The gateway failed", detail="the hub's log says more; nothing was accepted")


def _detail(error: web.HTTPException) -> str:
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return "the message is larger than this gateway accepts (2 MB)"
    if isinstance(error, web.HTTPNotFound):
        return "nothing is served under this path: see /api/v1/openapi.json"
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"this path takes {', '.join(sorted(error.allowed_methods))}"
    return error.text or ""
