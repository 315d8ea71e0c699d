"""JSON that says each thing once: what two readers could understand in two ways is refused.

Plain JSON readers take the last of two equal keys, so `"status": "Exercise", "status": "Actual"` would be for real to
one of them and a drill to another (RFC 8259, 4).
"""

import json
from codecs import BOM_UTF8
from typing import Any, NoReturn

from gateway.errors import Refused

DIGITS_MOST = 20


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a request's body. Refused says what is wrong with it."""
    try:
        value = _DECODER.decode(body.removeprefix(BOM_UTF8).decode())
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise Refused("the body is nested too deep", pointer="body") from error
    except UnicodeEncodeError as error:
        raise Refused("the body holds half a surrogate pair: send it as UTF-8", pointer="body") from error
    except ValueError as error:
        raise Refused(f"the body is not JSON: {error}", pointer="body") from error
    if not isinstance(value, dict):
        raise Refused("the body is not a JSON object", pointer="body")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused(f"{twice!r} stands there twice: say it once", pointer=twice[:200])
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _whole_number(word: str) -> int:
    if len(word) > DIGITS_MOST:
        raise ValueError(f"a number of {len(word)} digits: {DIGITS_MOST} are more than anything here needs")
    return int(word)


_DECODER = json.JSONDecoder(  # made once, read often
    object_pairs_hook=_once, parse_constant=_no_number, parse_int=_whole_number
)
