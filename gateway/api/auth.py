"""Who may ask: a bearer token over TCP; over the Unix socket whoever the file lets in.

Names of tokens are the submitters in the audit and in idempotency; over the socket it is `local`.
"""

from aiohttp import web

from gateway.api.connections import Connection
from gateway.api.keys import TOKENS
from gateway.api.problems import Handler, closing, problem
from gateway.tokens import verify_token

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/api/v1/openapi.json"})
SUBMITTER = web.RequestKey("submitter", str)
SCOPES = web.RequestKey("scopes", frozenset[str])
_ALL = frozenset({"send", "read", "operate"})


@web.middleware
async def authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path in OPEN_PATHS:
        return await handler(request)
    if _local(request):
        request[SUBMITTER], request[SCOPES] = "local", _ALL
        _trust(request)
        return await handler(request)
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    token = verify_token(request.app[TOKENS], presented.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        detail = "give a token of this gateway: Authorization: Bearer bavn_...; `bavn init` showed one"
        response = problem(401, "Not authenticated", detail=detail)
        response.headers["WWW-Authenticate"] = 'Bearer realm="bavn"'
        return closing(request, response)
    request[SUBMITTER], request[SCOPES] = token.name, frozenset(token.scopes)
    _trust(request)
    needed = _needed(request)
    if needed not in token.scopes:
        detail = f"the token {token.name!r} has no scope {needed!r}"
        return closing(request, problem(403, "Not allowed", detail=detail))
    return await handler(request)


def _trust(request: web.Request) -> None:
    if isinstance(request.protocol, Connection):
        request.protocol.shows_token()


def _needed(request: web.Request) -> str:
    if request.method in {"GET", "HEAD"}:
        return "read"
    return "operate" if request.path.startswith("/api/v1/channels") else "send"


def _local(request: web.Request) -> bool:
    """A Unix socket's name is a path, where TCP has an address and a port."""
    return request.transport is not None and isinstance(request.transport.get_extra_info("sockname"), str)
