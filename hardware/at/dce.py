"""The modem's end of the AT dialogue: command lines in, answers out. No clock, no asyncio, no meaning.

A line may chain commands with `;`: each is handed out when the one before it has ended well, and an error
ends the line (V.250 5.3). Octets that come while a command runs wait.
Source: ITU-T V.250 5.2 to 5.7, 3GPP TS 27.005 3.5.1 (payloads).
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum

from hardware.at.grammar import CR, ESC, LF, SUB, Command, Lexer, Overlong, commands_of


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


class Dce:
    """One dialogue. `echo` and `verbose` are E and V; the owner changes them when the host asks."""

    def __init__(self, *, echo: bool = True) -> None:
        self.echo, self.verbose = echo, True
        self.state = State.COMMAND
        self._lexer = Lexer(enders=CR)
        self._chain: deque[Command] = deque()
        self._text = ""
        self._count = 0
        self._stops = SUB + ESC

    def receive(self, octets: bytes) -> tuple[list[Event], bytes]:
        """What the octets ask for, and what goes back at once (the echo)."""
        self._lexer.feed(octets)
        return self._events()

    def info(self, text: str) -> bytes:
        """A line of information, or one that nobody asked for."""
        return (
            _CRLF + text.encode("ascii", "backslashreplace") + _CRLF
            if self.verbose
            else text.encode() + _CRLF
        )

    def ask(
        self, prompt: bytes = _CRLF + b"> ", *, count: int = 0, stops: bytes = SUB + ESC
    ) -> tuple[list[Event], bytes]:
        """Asks for a payload: ended by one of `stops` (ESC takes it back), or exactly `count` octets."""
        self.state, self._count, self._stops = (State.COUNTED if count else State.TEXT), count, stops
        events, out = self._events()
        return events, prompt + out

    def give_up(self) -> None:
        """The payload did not come in time: what came of it is thrown away, and the command goes on."""
        self.state = State.RUNNING
        self._lexer.clear()

    def end(self, final: str = "OK") -> tuple[list[Event], bytes]:
        """Ends the command. After OK the next of the chain is handed out; any other final ends the line."""
        ok = final == "OK"
        if ok and self._chain:
            return [Called(self._chain.popleft(), self._text)], b""
        self._chain.clear()
        self.state = State.COMMAND
        out = self.info(final) if self.verbose else (b"0\r" if ok else b"4\r")
        events, more = self._events()
        return events, out + more

    def reset(self) -> None:
        """Power was cut: nothing is remembered."""
        self.echo, self.verbose, self.state = True, True, State.COMMAND
        self._chain.clear()
        self._lexer.clear()

    def _events(self) -> tuple[list[Event], bytes]:
        """At most one event: what follows waits until its command has ended."""
        out = b""
        while True:
            if self.state is State.RUNNING:
                return [], out
            if self.state is State.COUNTED:
                octets = self._lexer.take(self._count)
                if octets is None:
                    return [], out
                self.state = State.RUNNING
                return [Given(octets)], out
            if self.state is State.TEXT:
                events, echo = self._payload()
                return events, out + echo
            line = self._line()
            if line is None:
                return [], out
            events, more = self._command(line)
            out += more
            if events:
                return events, out

    def _payload(self) -> tuple[list[Event], bytes]:
        self._lexer.skip(_CRLF)  # hosts that end commands with CR LF leave the LF here
        token = self._lexer.until(self._stops)
        if token is None:
            return [], b""
        self.state = State.RUNNING
        if isinstance(token, Overlong):
            return [Cancelled()], b""
        octets, stop = token
        if stop == ESC:
            return [Cancelled()], b""
        return [Given(octets)], (octets if self.echo else b"")

    def _line(self) -> bytes | None:
        self._lexer.skip(LF + ESC)  # an ESC outside a payload takes nothing back
        line = self._lexer.line()
        return line.start if isinstance(line, Overlong) else line

    def _command(self, line: bytes) -> tuple[list[Event], bytes]:
        line = line.strip(LF + ESC)
        echo = line + CR if self.echo else b""
        commands = commands_of(line)
        if commands is None:
            return [], echo
        self._chain = deque(commands or [Command("")])
        self._text = line.decode("latin-1")
        self.state = State.RUNNING
        return [Called(self._chain.popleft(), self._text)], echo
