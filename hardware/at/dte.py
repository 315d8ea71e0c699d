"""Our end of the AT dialogue: octets in, events and octets out. No clock, no asyncio.

    IDLE --request--> WAITING --final--> IDLE
      PROMPTING --prompt--> ASKED --payload--> WAITING

A request that hands a payload over passes PROMPTING and ASKED. A final code ends every state but IDLE.
Which lines answer a request: those with its own prefix, bare lines when it has them, and its counted block;
everything else came unasked. Echo is stripped whether it is on or off.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum

from hardware.at import results
from hardware.at.grammar import CR, ESC, LONGEST_LINE, SUB, Form, Info, Lexer, Overlong, commands_of, info_of
from hardware.at.results import Final


class Ask(Enum):
    """How the modem asks for a payload."""

    NEVER = ""  # there is none
    ANGLE = "> "  # not ended as a line (27.005 3.5.1)
    READY = "READY"  # a line of its own (SBD)
    AT_ONCE = "at once"  # no prompt is waited for (TETRA)


@dataclass(frozen=True, slots=True)
class Request:
    """A command line and what its answer looks like.

    `prefix` is that of its information lines (taken from the command when empty); `bare`: lines without a
    prefix answer it too; `block`: the most octets of a counted binary answer (length 2, data, checksum 2).
    """

    text: str
    payload: bytes = b""
    ask: Ask = Ask.NEVER
    bare: bool = False
    block: int = 0
    prefix: str = ""

    @property
    def forms(self) -> dict[str, Form]:
        """The prefixes of its information lines (of a chain: all its commands'), and what was asked of each."""
        if self.prefix:
            return {self.prefix: Form.DO}
        commands = commands_of(self.text.encode("ascii")) or ()
        return {command.name: command.form for command in commands if not command.name[:1].isalpha()}

    @property
    def is_call(self) -> bool:
        return self.text.startswith(("ATD", "ATA", "ATO"))


@dataclass(frozen=True, slots=True)
class Answered:
    """The request has ended. `block` is the counted block with its length and its checksum."""

    final: Final
    lines: tuple[Info, ...] = ()
    block: bytes | None = None


@dataclass(frozen=True, slots=True)
class Prompted:
    """The modem waits for the payload."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """A line that came by itself, or the late answer to a request that was given up."""

    info: Info


@dataclass(frozen=True, slots=True)
class Noise:
    """Octets that mean nothing: an endless line, the remains of an echo, a header without its second line."""

    octets: bytes


Event = Answered | Prompted | Unasked | Noise


class State(Enum):
    IDLE = "nothing is asked"
    PROMPTING = "a prompt is awaited"
    ASKED = "the modem waits for the payload"
    WAITING = "the rest of the answer is awaited"


class IllegalRequest(RuntimeError):
    """The caller did not wait for the end of what it asked before: a fault of the program."""


def _name(request: Request) -> str:
    """The command without its arguments: one of them is the PIN."""
    return request.text.partition("=")[0]


MOST_LINES = 1000  # of one answer: beyond it a modem is broken or hostile
_HEX = re.compile(r"[0-9A-Fa-f]+")


class Dte:
    """One dialogue. `receive` returns the events of the octets; the other methods return octets to write."""

    def __init__(self, *, limit: int = LONGEST_LINE) -> None:
        self._lexer = Lexer(limit=limit)
        self.state = State.IDLE
        self._request = Request("")
        self._forms: dict[str, Form] = {}
        self._echo = b""
        self.echoed = False  # the latest request came back
        self._lines: list[Info] = []
        self._block: bytes | None = None
        self._header: Info | None = None  # a first line whose second has not come
        self._header_asked = False

    def request(self, request: Request) -> bytes:
        """The octets that ask; IllegalRequest while another request is under way."""
        if self.state is not State.IDLE:
            raise IllegalRequest(f"{_name(request)} while {_name(self._request)} runs: {self.state.value}")
        if request.block >= 0x0A00:
            raise ValueError("a counted block of 2,560 octets or more cannot be told from a line end")
        self._request, self._lines, self._block = request, [], None
        self._echo, self._forms = request.text.encode("ascii"), request.forms
        self.echoed = False
        prompted = request.ask in {Ask.ANGLE, Ask.READY}
        self.state = State.PROMPTING if prompted else State.WAITING
        at_once = request.payload if request.ask is Ask.AT_ONCE else b""
        return self._echo + CR + at_once

    def payload(self) -> bytes:
        """The octets the modem has asked for."""
        if self.state is not State.ASKED:
            raise IllegalRequest(f"a payload for {_name(self._request)} while {self.state.value}")
        self.state = State.WAITING
        return self._request.payload

    def cancel(self) -> bytes:
        """The octets that take back a request for a payload; its answer is still awaited."""
        self.state = State.WAITING
        return ESC

    def abandon(self) -> None:
        """Gives the request up: what still comes of its answer is Unasked."""
        self.state = State.IDLE
        self._lines, self._block = [], None

    def receive(self, octets: bytes) -> list[Event]:
        """The events of these octets, in order; what is unfinished stays inside."""
        self._lexer.feed(octets)
        events: list[Event] = []
        while (event := self._next()) is not None:
            events += event
        return events

    def _next(self) -> list[Event] | None:
        """The events of one token (perhaps none), or None when there is no whole token."""
        if self.state is State.PROMPTING and self._request.ask is Ask.ANGLE:
            ahead = self._lexer.ahead(2)
            if ahead == b"> ":
                self._lexer.take(2)
                self.state = State.ASKED
                return [Prompted()]
        if self.state is State.WAITING and self._request.block and self._block is None:
            head = self._lexer.ahead(2)
            if head and head[0] <= self._request.block >> 8:
                return self._counted(head)
        line = self._lexer.line()
        if line is None:
            return None
        return [Noise(line.start)] if isinstance(line, Overlong) else self._line(line)

    def _counted(self, head: bytes) -> list[Event] | None:
        if len(head) < 2:
            return None
        length = int.from_bytes(head, "big")
        if length > self._request.block:
            self._lexer.take(2)
            return [Noise(head)]
        self._block = self._lexer.take(length + 4)
        return None if self._block is None else []

    def _line(self, line: bytes) -> list[Event]:
        if self._is_echo(line):
            return []
        info = info_of(line)
        if not info.text or info.text == ">":
            return []
        if self._header is not None and _HEX.fullmatch(info.text):
            header, self._header = replace(self._header, follow=info.text), None
            return self._keep(header, asked=self._header_asked)
        events: list[Event] = []
        final = results.final_of(info.text)
        if final is not None and self._header is not None:
            events.append(Noise(self._header.text.encode()))  # its second line is lost
            self._header = None
        if final is not None and self._ends(final):
            return [*events, self._finish(final)]
        if self._is_ready(info):
            self.state = State.ASKED
            return [Prompted()]
        return [*events, *self._information(info)]

    def _ends(self, final: Final) -> bool:
        if self.state is State.IDLE:
            return False
        return self._request.is_call or final.outcome not in results.CALL_OUTCOMES

    def _finish(self, final: Final) -> Answered:
        self.state = State.IDLE
        return Answered(final, tuple(self._lines), self._block)

    def _is_ready(self, info: Info) -> bool:
        return self.state is State.PROMPTING and self._request.ask is Ask.READY and info.text == "READY"

    def _information(self, info: Info) -> list[Event]:
        asked = self._claims(info)
        two_lines = results.TWO_LINE_ANSWERS if asked else results.TWO_LINE_URCS
        if info.prefix in two_lines:
            lost = [] if self._header is None else [Noise(self._header.text.encode())]
            self._header, self._header_asked = info, asked
            return [*lost]
        if self._is_payload_echo(info):
            return [Noise(info.text.encode())]
        return self._keep(info, asked=asked)

    def _keep(self, info: Info, *, asked: bool) -> list[Event]:
        if asked and self.state is not State.IDLE:
            if len(self._lines) >= MOST_LINES:
                return [Noise(info.text.encode())]
            self._lines.append(info)
            return []
        return [Unasked(info)]

    def _claims(self, info: Info) -> bool:
        """Whether the line belongs to the pending request."""
        if self.state is State.IDLE:
            return False
        if (form := self._forms.get(info.prefix)) is not None:
            if form is Form.READ and info.prefix in results.REGISTRATIONS:
                return results.is_solicited_registration(info)
            asks = form in {Form.READ, Form.TEST}
            return asks or info.prefix not in results.URC_PREFIXES | results.REGISTRATIONS
        if info.prefix or info.text in results.BARE_URCS:
            return False
        return self._request.bare

    def _is_echo(self, line: bytes) -> bool:
        """A line that is our command coming back, perhaps with garbage of an earlier one in front."""
        if self._echo and line.endswith(self._echo):
            self._echo, self.echoed = b"", True
            return True
        return False

    def _is_payload_echo(self, info: Info) -> bool:
        """A modem with echo on sends the payload back, and a slow one only a piece of it."""
        if self.state is State.IDLE or not self._request.payload or not _HEX.fullmatch(info.text):
            return False
        return len(info.text) >= 2 and info.text.encode() in self._request.payload.rstrip(SUB)
