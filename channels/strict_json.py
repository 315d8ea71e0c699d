"""JSON from outside, read so that each thing is said once and no sign is half. Pure."""

import json
from codecs import BOM_UTF8
from typing import Any

_DIGITS_MOST = 20


class Unreadable(ValueError):
    """It says nothing that a program can use; the message says why."""


class Flaw:
    """In the place of a value that two readers could understand in two ways. Shown as it came."""

    def __init__(self, why: str, came: object) -> None:
        self.why, self.came = why, came

    def __str__(self) -> str:
        return f"<{self.why}: {self.came}>"

    __repr__ = __str__


def read(octets: bytes) -> Any:
    """The value. Unreadable for two equal keys, numbers that are none, and what is nested too deep.

    Two readers could understand two equal keys in two ways (RFC 8259, 4). Half a surrogate pair becomes a question
    mark: a phone that cut an emoji in two still said the rest.
    """
    return flawless(read_around(octets))


def flawless(value: Any) -> Any:
    """The same value. Raises Unreadable for a Flaw anywhere in it."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, Flaw):
            raise Unreadable(f"it is not JSON: {each.why}")
        left.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
    return value


def read_around(octets: bytes) -> Any:
    """As `read`, but where one of many things is flawed the others can be read: a Flaw stands in its place."""
    try:
        return _whole(_DECODER.decode(octets.removeprefix(BOM_UTF8).decode()))
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deep") from error
    except ValueError as error:
        raise Unreadable(f"it is not JSON: {error}") from error


def found(value: object) -> dict[str, Any]:
    """The object that it has to be. Raises Unreadable."""
    if isinstance(value, Flaw):
        raise Unreadable(f"it is not JSON: {value.why}")
    if not isinstance(value, dict):
        raise Unreadable("it is no JSON object")
    return value


def made_out(value: object) -> dict[str, Any]:
    """What there is of an object that may be flawed, for people; of two equal keys the last. Empty for no object."""
    if isinstance(value, Flaw) and isinstance(value.came, list):
        return {_whole(key): _whole(each) for key, each in value.came}
    return value if isinstance(value, dict) else {}


def text(values: dict[str, Any], key: str, *, most: int, default: str | None = None) -> str:
    """The text at `key`. Unreadable when it is none or longer than `most`; also when missing without a default."""
    value = values.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or len(value) > most or (not value and default is None):
        raise Unreadable(f"{key} is not a text of 1 to {most} characters")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Flaw:
    values = dict(pairs)
    return values if len(values) == len(pairs) else Flaw("a key stands there twice", pairs)


def _no_number(word: str) -> Flaw:
    return Flaw(f"{word} is no number", word)


def _whole_number(word: str) -> int | Flaw:
    if len(word) > _DIGITS_MOST:
        return Flaw(f"a number of {len(word)} digits", word[:_DIGITS_MOST])
    return int(word)


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_int=_whole_number)
