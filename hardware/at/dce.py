"""The modem's end of the AT dialogue: command lines in, answers out. No clock, no asyncio, no meaning.

A line may chain commands with `;`: each is handed out when the one before it has ended well, and an error
ends the line (V.250 5.3). Each octet is echoed as it is taken; what comes while a command runs waits.
Source: ITU-T V.250 5.2 (lines, A/), 5.7 (result codes), 6.2 (E, Q, V, S5), 3GPP TS 27.005 3.5.1 (payloads).
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum

from hardware.at.grammar import CR, ESC, LF, LONGEST_LINE, SUB, Command, Lexer, commands_of


@dataclass(frozen=True, slots=True)
class Called:
    """A command to run; a bare AT has no name. `line` is the whole command line, for a journal."""

    command: Command
    line: str


@dataclass(frozen=True, slots=True)
class Given:
    """The payload that was asked for."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Cancelled:
    """ESC instead of the payload."""


Event = Called | Given | Cancelled


class State(Enum):
    COMMAND = "a command line is awaited"
    RUNNING = "a command runs"
    TEXT = "a payload ended by Ctrl-Z or ESC is awaited"
    COUNTED = "a payload of a known length is awaited"


_CRLF = CR + LF
BACKSPACE, DELETE = 0x08, 0x7F
_RUBOUT = b"\b \b"  # how an erased sign leaves the screen
# The result codes of V0 (V.250 table 1); all others stay as they are.
_NUMBERS = {
    "OK": 0, "CONNECT": 1, "RING": 2, "NO CARRIER": 3, "ERROR": 4, "NO DIALTONE": 6, "BUSY": 7, "NO ANSWER": 8,
}  # fmt: skip


class Dce:
    """One dialogue. `echo`, `verbose`, `quiet` and `erase` are E, V, Q and S5; the owner sets them as the host asks."""

    def __init__(self, *, echo: bool = True) -> None:
        self._lexer = Lexer(enders=CR)
        self._chain: deque[Command] = deque()
        self.reset()
        self.echo = echo

    def reset(self) -> None:
        """Power was cut: nothing is remembered."""
        self.echo, self.verbose, self.quiet, self.erase = True, True, False, BACKSPACE
        self.state = State.COMMAND
        self._chain.clear()
        self._lexer.clear()
        self._typed = bytearray()  # of the command line or the payload
        self._text = self._last = ""
        self._count = 0
        self._stops, self._next_line, self._erasers = SUB + ESC, b"", b""

    def receive(self, octets: bytes) -> tuple[list[Event], bytes]:
        """What the octets ask for, and what goes back at once (the echo)."""
        self._lexer.feed(octets)
        return self._events()

    def info(self, text: str | bytes) -> bytes:
        """A line of information; octets when they are signs of another character set."""
        line = text if isinstance(text, bytes) else text.encode("ascii", "backslashreplace")
        return (_CRLF if self.verbose else b"") + line + _CRLF

    def result(self, text: str) -> bytes:
        """A result code, final or not, as E, V and Q have it."""
        if self.quiet:
            return b""
        if self.verbose or text not in _NUMBERS:
            return self.info(text)
        return f"{_NUMBERS[text]}\r".encode()

    def unasked(self, text: str | bytes) -> bytes:
        """A line that nobody asked for: a result code, or information."""
        is_result = isinstance(text, str) and (text in _NUMBERS or text.startswith("+CRING: "))
        return self.result(str(text)) if is_result else self.info(text)

    def ask(
        self,
        prompt: bytes = _CRLF + b"> ",
        *,
        count: int = 0,
        stops: bytes = SUB + ESC,
        next_line: bytes = b"",
        erasers: bytes = b"",
    ) -> tuple[list[Event], bytes]:
        """Asks for a payload: ended by one of `stops` (ESC takes it back), or exactly `count` octets.

        `next_line` answers each CR inside it, and `erasers` take back the sign before them, as in text mode.
        """
        self.state, self._count, self._stops = (State.COUNTED if count else State.TEXT), count, stops
        self._next_line, self._erasers = next_line, erasers
        events, out = self._events()
        return events, prompt + out

    def give_up(self) -> None:
        """The payload did not come in time: what came of it is thrown away, and the command goes on."""
        self.state = State.RUNNING
        self._typed.clear()
        self._lexer.clear()

    def end(self, final: str = "OK") -> tuple[list[Event], bytes]:
        """Ends the command. After OK the next of the chain is handed out; any other final ends the line."""
        if final == "OK" and self._chain:
            return [Called(self._chain.popleft(), self._text)], b""
        events, out = self.let_go()
        return events, self.result(final) + out

    def let_go(self) -> tuple[list[Event], bytes]:
        """Ends the line without a word."""
        self._chain.clear()
        self.state = State.COMMAND
        return self._events()

    def _events(self) -> tuple[list[Event], bytes]:
        """At most one event: what follows waits until its command has ended."""
        out = bytearray()
        if self.state is State.COUNTED:
            octets = self._lexer.take(self._count)
            if octets is not None:
                self.state = State.RUNNING
                return [Given(octets)], b""
        while self.state in {State.COMMAND, State.TEXT} and (octet := self._lexer.take(1)) is not None:
            event, echo = self._command(octet) if self.state is State.COMMAND else self._payload(octet)
            out += echo
            if event is not None:
                self.state = State.RUNNING
                self._typed.clear()
                return [event], bytes(out)
        return [], bytes(out)

    def _payload(self, octet: bytes) -> tuple[Event | None, bytes]:
        if octet in self._stops:
            return (Cancelled() if octet == ESC else Given(bytes(self._typed))), b""
        if octet in self._erasers:
            return None, self._erase()
        if not self._typed and octet in _CRLF:  # hosts that end commands with CR LF leave the LF here
            return None, b""
        self._type(octet)
        if octet == CR and self._next_line:
            return None, self._next_line
        return None, octet if self.echo else b""

    def _command(self, octet: bytes) -> tuple[Event | None, bytes]:
        if octet in LF + ESC:  # an ESC outside a payload takes nothing back
            return None, b""
        if octet[0] in {self.erase, DELETE}:
            return None, self._erase()
        echo = octet if self.echo else b""
        if octet == CR:
            line = self._typed.decode("latin-1")
            self._typed.clear()
            return self._call(line), echo
        self._type(octet)
        if bytes(self._typed).strip().upper() == b"A/":  # no CR follows it
            return self._call(self._last or "AT"), echo
        return None, echo

    def _call(self, line: str) -> Event | None:
        if len(line) >= LONGEST_LINE:
            self._text = line
            return Called(Command("", arguments="too long"), line)
        commands = commands_of(line.encode("latin-1"))
        if commands is None:
            return None
        self._chain = deque(commands or [Command("")])
        self._text = self._last = line
        return Called(self._chain.popleft(), line)

    def _type(self, octet: bytes) -> None:
        if len(self._typed) < LONGEST_LINE:
            self._typed += octet

    def _erase(self) -> bytes:
        if not self._typed:
            return b""
        del self._typed[-1]
        return _RUBOUT if self.echo else b""
