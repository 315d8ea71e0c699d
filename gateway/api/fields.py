"""The JSON object of a request of few fields: what is not known is refused, since it was meant to say something."""

from collections.abc import Set as AbstractSet
from typing import Any

from aiohttp import web

from gateway.errors import Refused
from gateway.strict_json import read_object


async def fields_of(request: web.Request, known: AbstractSet[str]) -> dict[str, Any]:
    """What the body says, {} for none. Refused names the field that is not known."""
    body = await request.read()
    fields = read_object(body) if body.strip() else {}
    for name in fields:
        if name not in known:
            reason = f"{name[:100]} is not known here: {', '.join(sorted(known))} may stand here"
            raise Refused(reason, pointer=name[:100])
    return fields
