"""What changes in the hub, for commands that wait: its server-sent events, over a restart of the hub too.

Events are hints to look again; after each connection everything is to be looked at.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from gateway.cli.errors import NoHub
from gateway.cli.hub_client import HubClient

RETRY_S = 0.3
RELOOK_S = 5.0  # events are hints: without any, everything is looked at again
GATHER_S = 0.05  # what comes within this is one change,
GATHER_MOST_S = 0.5  # but never longer than this
_OCTETS = 65_536
_REQUEST = b"GET /api/v1/events HTTP/1.0\r\nHost: bavn\r\nAccept: text/event-stream\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Event:
    """`missed`: look at everything. `name` and `data` are otherwise the hub's own."""

    name: str
    data: dict[str, Any]


EVERYTHING = Event("missed", {})


class Stream:
    """One connection to /events. HTTP/1.0 keeps the body free of chunks."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._buffer = sock, b""

    def __enter__(self) -> Self:
        try:
            self._sock.sendall(_REQUEST)
            while b"\r\n\r\n" not in self._buffer:
                self._receive(RELOOK_S)
        except OSError:
            self._sock.close()
            raise
        self._buffer = self._buffer.partition(b"\r\n\r\n")[2]
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def wait(self, timeout_s: float) -> list[Event]:
        """What came within the time, together with what came right after it; [] if nothing. OSError when it broke."""
        gathered = time.monotonic() + timeout_s + GATHER_MOST_S
        try:
            self._receive(timeout_s)
            while time.monotonic() < gathered:
                self._receive(GATHER_S)
        except TimeoutError:
            pass  # nothing more for the moment
        return self._events()

    def _receive(self, timeout_s: float) -> None:
        self._sock.settimeout(max(timeout_s, 0.001))
        octets = self._sock.recv(_OCTETS)
        if not octets:
            raise ConnectionError("the hub closed the connection")
        self._buffer += octets

    def _events(self) -> list[Event]:
        *whole, self._buffer = self._buffer.split(b"\n\n")
        return [event for block in whole if (event := _read(block)) is not None]


def _read(block: bytes) -> Event | None:
    """An event of the form that the hub writes; None for a comment."""
    fields = dict(
        line.split(": ", 1) for line in block.decode().split("\n") if ": " in line and line[0] != ":"
    )
    return Event(fields["event"], json.loads(fields["data"])) if "event" in fields else None


def changes(
    hub: HubClient, *, until: float | None = None, lost: Callable[[], None] = lambda: None
) -> Iterator[list[Event]]:
    """Yields at once and then whenever something may have changed, until the monotonic time `until`.

    `lost` hears that the hub went away; it is then tried again and again. Only the first connection raises NoHub.
    """
    first = True
    while _left(until) > 0:
        try:
            with Stream(hub.open()) as stream:
                first = False
                yield [EVERYTHING]
                while _left(until) > 0:
                    yield stream.wait(min(RELOOK_S, _left(until))) or [EVERYTHING]
        except NoHub:
            if first:
                raise
            time.sleep(min(RETRY_S, max(_left(until), 0)))
        except OSError:
            first = False
            lost()


def _left(until: float | None) -> float:
    return RELOOK_S if until is None else until - time.monotonic()
