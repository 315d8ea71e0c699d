"""/openapi.json: what this API takes and answers, from the file that is shipped with it."""

from functools import lru_cache
from importlib.resources import files

from aiohttp import web

routes = web.RouteTableDef()


@lru_cache
def _document() -> bytes:
    return (files("gateway.api") / "openapi.json").read_bytes()


@routes.get("/api/v1/openapi.json")
async def openapi(_: web.Request) -> web.Response:
    return web.Response(body=_document(), content_type="application/json")
