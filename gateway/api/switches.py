"""A yes or no in a query: `?all=1`. What is neither is refused, since a list that leaves out the most looks whole."""

from aiohttp import web

from gateway.errors import Refused

_WORDS = {"0": False, "false": False, "1": True, "true": True}


def switched_on(request: web.Request, name: str) -> bool:
    """Refused where it is neither; off where it is not given."""
    given = request.query.get(name, "0")
    if given not in _WORDS:
        raise Refused(f"{name} is one of {', '.join(_WORDS)}", pointer=name)
    return _WORDS[given]
