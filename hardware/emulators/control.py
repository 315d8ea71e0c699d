"""The control socket of an emulator: what the world does to a modem. One JSON object a line, one answer a line.

`{"do": "coverage", "value": false}` is answered `{"ok": true}` or `{"ok": false, "error": "..."}`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

Order = Mapping[str, Any]
Verb = Callable[[Order], Mapping[str, Any] | None]


class BadOrder(ValueError):
    """The order cannot be followed; the message says what is wrong with it."""


@asynccontextmanager
async def control_socket(path: Path | None, verbs: Mapping[str, Verb]) -> AsyncIterator[None]:
    """Serves `verbs` at a Unix socket while the context is open. A socket left over from an earlier run is replaced.

    OSError names the place where there can be none.
    """
    if path is None:
        yield
        return
    _forget(path)
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
    try:
        yield
    finally:
        server.close()
        for writer in open_now:
            writer.close()
        await server.wait_closed()
        _forget(path)


def _forget(path: Path) -> None:
    if path.is_socket():
        path.unlink()


def answer(line: bytes, verbs: Mapping[str, Verb]) -> dict[str, Any]:
    """What one order is answered."""
    try:
        order = json.loads(line)
        if not isinstance(order, dict) or not isinstance(order.get("do"), str):
            raise BadOrder('an order is an object with "do"')
        verb = verbs.get(order["do"])
        if verb is None:
            raise BadOrder(f"{order['do']!r} is not one of {', '.join(sorted(verbs))}")
        return {"ok": True, **(verb(order) or {})}
    except ValueError as error:
        return {"ok": False, "error": str(error)}


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
