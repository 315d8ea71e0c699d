"""The control socket of an emulator: what the world does to a modem. One JSON object a line, one answer a line.

`{"do": "coverage", "value": false}` is answered `{"ok": true}` or `{"ok": false, "error": "..."}`.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Order = Mapping[str, Any]

_LONGEST = 107  # octets of a socket's path (unix(7))
_CALL_S = 1.0


@dataclass(frozen=True, slots=True)
class Verb:
    """What an order does, and the keys that it reads; any other key is a mistake of whoever wrote the order."""

    follow: Callable[[Order], Mapping[str, Any] | None]
    keys: frozenset[str] | None = frozenset()  # None: those that it judges itself


def verb(follow: Callable[[Order], Mapping[str, Any] | None], *keys: str) -> Verb:
    """`verb(orders.receive, "from", "text")`."""
    return Verb(follow, frozenset(keys))


class BadOrder(ValueError):
    """The order cannot be followed; the message says what is wrong with it."""


@asynccontextmanager
async def control_socket(path: Path | None, verbs: Mapping[str, Verb]) -> AsyncIterator[None]:
    """Serves `verbs` at a Unix socket while the context is open. A socket left over from an earlier run is replaced.

    OSError names the place where there can be none: one that somebody listens at, or that is no socket.
    """
    if path is None:
        yield
        return
    _make_room(path)
    open_now: set[asyncio.StreamWriter] = set()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(answer(line, verbs), ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        except (ValueError, ConnectionError):  # a line beyond 64 KiB, or the client has gone
            writer.close()
        finally:
            open_now.discard(writer)
            writer.close()

    try:
        server = await asyncio.start_unix_server(client, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    ours = _identity(path)
    try:
        yield
    finally:
        server.close()
        for writer in open_now:
            writer.close()
        await server.wait_closed()
        _remove(path, ours)


def _make_room(path: Path) -> None:
    """Removes a socket that nobody listens at any more. OSError says why there is no place for ours."""
    if (size := len(os.fsencode(path))) > _LONGEST:
        raise OSError(
            f"{path}: a socket's path has {_LONGEST} octets at most, and this one {size}: choose a shorter one"
        )
    if not os.path.lexists(path):
        return
    if not path.is_socket():
        raise FileExistsError(f"{path} exists and is no socket: choose another path")
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(_CALL_S)
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except TimeoutError:  # somebody listens, and is busy
            pass
    raise FileExistsError(f"{path} belongs to a program that runs: choose another path")


def _remove(path: Path, ours: tuple[int, int] | None) -> None:
    """Our socket; not one that somebody has put in its place."""
    if ours is not None and _identity(path) == ours:
        path.unlink()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def answer(line: bytes, verbs: Mapping[str, Verb]) -> dict[str, Any]:
    """What one order is answered."""
    try:
        order = json.loads(line)
        if not isinstance(order, dict) or not isinstance(order.get("do"), str):
            raise BadOrder('an order is an object with "do"')
        verb = verbs.get(order["do"])
        if verb is None:
            raise BadOrder(f"{order['do']!r} is not one of {', '.join(sorted(verbs))}")
        _check(order, verb)
        return {"ok": True, **(verb.follow(order) or {})}
    except (ValueError, OSError) as error:
        return {"ok": False, "error": str(error)}
    except RecursionError:
        return {"ok": False, "error": 'an order is an object with "do", nothing inside anything'}


def _check(order: Order, verb: Verb) -> None:
    """Names a key that nobody reads, and one whose value can be no value of an order."""
    for name, value in order.items():
        if verb.keys is not None and name != "do" and name not in verb.keys:
            read = ", ".join(map(repr, sorted(verb.keys))) or "nothing else"
            raise BadOrder(f"{name!r} is no key of {order['do']!r}, which reads {read}")
        if value is None or isinstance(value, list | dict):
            raise BadOrder(f"{name!r} has to be a text, a number, true or false")


def flag(order: Order, name: str = "value") -> bool:
    value = order.get(name)
    if not isinstance(value, bool):
        raise BadOrder(f"{name!r} has to be true or false")
    return value


def text(order: Order, name: str) -> str:
    value = order.get(name)
    if not isinstance(value, str):
        raise BadOrder(f"{name!r} has to be a text")
    return value


def number(order: Order, name: str, *, least: float = 0, most: float = 86_400) -> float:
    value = order.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadOrder(f"{name!r} has to be a number from {least:g} to {most:g}")
    return float(value)


def integer(order: Order, name: str, *, least: int = 0, most: int = 86_400) -> int:
    value = order.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadOrder(f"{name!r} has to be a whole number from {least} to {most}")
    return value


def status_of(order: Order, words: Mapping[str, int], *, default: str) -> int:
    """`status`: one of the words, or 0 to 255."""
    word = order.get("status", default)
    status = words.get(word) if isinstance(word, str) else word
    if isinstance(status, bool) or not isinstance(status, int) or not 0 <= status <= 255:
        raise BadOrder(f"'status' {word!r} is not one of {', '.join(words)} or 0 to 255")
    return status
