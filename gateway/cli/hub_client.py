"""The hub at the other end of its Unix socket: one request a connection, in plain HTTP/1.1, synchronous."""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gateway.catalogue import Catalogue, NoSuchText
from gateway.cli.errors import CommandError, NoHub, SocketGone
from gateway.cli.installation import Installation
from gateway.marks import EXACTLY
from gateway.reasons import in_language
from gateway.store.lock import is_held
from messages.neutral import neutral_line

TIMEOUT_S = 30.0
API = "/api/v1"


class Lost(CommandError):
    """The connection broke after the request had left: what became of it is unknown."""


class Busy(CommandError):
    """The hub cannot take it now: the same request may be sent again."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] | None = None


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, address: str) -> None:
        super().__init__("bavn", timeout=TIMEOUT_S)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self._address)


class HubClient:
    """Asks the hub of an installation. NoHub when none runs; CommandError in the hub's own words when it refuses."""

    def __init__(self, installation: Installation, words: Catalogue) -> None:
        self._installation, self._words = installation, words

    def get(self, path: str) -> Any:
        return self.ask(Request("GET", API + path))

    def post(self, path: str, value: Mapping[str, Any] | None = None) -> Any:
        body = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
        return self.ask(Request("POST", API + path, body, {"Content-Type": "application/json"}))

    def alert(self, name: str) -> dict[str, Any]:
        """One alert, named by a word of staff's: its code, its identifier, or the beginning of that."""
        found: dict[str, Any] = self.get(alert_path(name))
        return found

    def ask(self, request: Request) -> Any:
        """The JSON of the answer. Lost when it broke off under way, Busy when the hub says: later."""
        connection = _UnixConnection(str(self._installation.address))
        try:
            self._connect(connection)
            connection.request(request.method, request.path, request.body, dict(request.headers or {}))
            response = connection.getresponse()
            body = response.read()
        except TimeoutError as error:
            raise Lost(self._words("error.no_answer", seconds=int(TIMEOUT_S))) from error
        except (OSError, http.client.HTTPException) as error:
            raise Lost(self._words("error.lost_plain")) from error
        finally:
            connection.close()
        if response.status >= 400:
            raise self._refusal(response.status, body)
        return json.loads(body)

    def open(self) -> socket.socket:
        """A connected socket, for the events."""
        connection = _UnixConnection(str(self._installation.address))
        self._connect(connection)
        return connection.sock

    def _connect(self, connection: _UnixConnection) -> None:
        place = self._installation
        try:
            connection.connect()
        except PermissionError as error:
            connection.close()
            raise CommandError(self._words("error.socket_denied", socket=place.socket)) from error
        except OSError as error:
            connection.close()
            gone = place.lock is not None and is_held(place.lock)
            key, kind = ("error.socket_gone", SocketGone) if gone else ("error.no_hub", NoHub)
            raise kind(self._words(key, socket=place.socket, config=place.config)) from error

    def _refusal(self, status: int, body: bytes) -> CommandError:
        """A problem (RFC 9457) in one line: the field, the reason and the remedy are in its detail."""
        key = "error.failed" if status >= 500 else "error.refused"
        line = self._words(key, what=self._reason(status, body))
        return Busy(line) if status == 503 else CommandError(line)

    def _reason(self, status: int, body: bytes) -> str:
        """In the words of the catalogue where it has them, else in the hub's own."""
        try:
            problem = json.loads(body)
            detail, pointer = problem.get("detail") or problem.get("title", ""), problem.get("pointer", "")
            if (said := "; ".join(in_language(each, self._words) for each in detail.split("; "))) != detail:
                return neutral_line(said)
            if (own := f"refused.{problem.get('code', '')}") in self._words:
                return neutral_line(self._words(own, **problem.get("about", {})))
        except (ValueError, AttributeError):
            return f"HTTP {status}"
        except NoSuchText:  # the hub is newer than this program
            pass
        named = not pointer or detail.startswith((f"{pointer}:", f"{pointer} "))
        return detail if named else f"{pointer}: {detail}"


def exactly(identifier: str) -> str:
    """The word for an alert whose identifier the hub itself gave, whatever else it could mean."""
    return f"{EXACTLY}{identifier}"


def alert_path(name: str, *rest: str) -> str:
    return "/".join(("/alerts", quote(name, safe=""), *rest))
