"""What may pass to a real modem: whole commands from a list of what is allowed there, and nothing else.

A command that is not on the list never reaches the modem. The driver reads ERROR instead, as from a modem that does not
know it, so that the test goes on and tells its own reason. What only a recovery wants (the radio off and on, a reset)
is noted as spared; anything else fails the test. There is no DTR: the port has no such line here.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from hardware.at.grammar import CR, ESC, Command, commands_of
from hardware.port import Port
from hardware.portlog import masked

_ERROR = b"\r\nERROR\r\n"


@dataclass(frozen=True, slots=True)
class Payload:
    """What may follow a command: when the modem has said `prompt` (at once when empty), and `fits`."""

    prompt: bytes
    fits: Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Rules:
    """Of one modem, as patterns of a whole command without its AT. `to`: the only address; None: nothing is sent.

    `asks` always passes. `sends` passes with an address, and `most` messages of it. `spares` is what a driver may want
    here and does not need. `payload`: of a command that has one.
    """

    asks: str
    sends: str
    spares: str
    payload: Callable[[str, str], Payload | None]
    most: int = 1
    counts: Callable[[str, bytes], bool] = lambda text, payload: True


@dataclass(slots=True)
class Kept:
    """What did not reach the modem: `stopped` fails the test, `spared` does not."""

    stopped: list[str] = field(default_factory=list)
    spared: list[str] = field(default_factory=list)
    sent: int = 0


def command_in(octets: bytes) -> tuple[str, bytes] | None:
    """The one command of a line, without its AT, and what follows the line; None for anything else.

    What the parser reads has to be the line again, sign for sign: so there is no second reading of it.
    """
    line, end, rest = octets.partition(CR)
    commands = commands_of(line)
    if not end or commands is None or len(commands) > 1:
        return None
    text = _written(commands[0]) if commands else ""
    return (text, rest) if line == b"AT" + text.encode("latin-1") else None


def _written(command: Command) -> str:
    return f"{command.name}{command.form.value}{command.arguments}"


class GuardedPort:
    """A port through which only what the rules allow is written."""

    def __init__(self, port: Port, rules: Rules, *, to: str | None, kept: Kept) -> None:
        self._port, self._rules, self._to, self._kept = port, rules, to, kept
        self._payload: Payload | None = None
        self._heard = b""  # since the command that a payload follows
        self._own = bytearray()  # what we answer in the modem's stead
        self._news = asyncio.Event()
        self._reading: asyncio.Task[bytes] | None = None

    async def read(self) -> bytes:
        while not self._own:
            self._reading = self._reading or asyncio.create_task(self._port.read(), name="guarded-read")
            self._news.clear()
            news = asyncio.create_task(self._news.wait(), name="guarded-news")
            await asyncio.wait({self._reading, news}, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            if self._reading.done():
                reading, self._reading = self._reading, None
                octets = reading.result()
                self._heard = (self._heard + octets)[-64:]
                return octets
        answer = bytes(self._own)
        self._own.clear()
        return answer

    def write(self, octets: bytes) -> None:
        payload, self._payload = self._payload, None
        if octets in {ESC, ESC + CR}:
            self._port.write(octets)
        elif payload is not None and payload.prompt in self._heard:  # the modem waits for it
            if payload.fits(octets):
                self._port.write(octets)
            else:
                self._port.write(ESC)
                self._keep(f"{len(octets)} octets of a message")
        else:
            self._command(octets)

    def _command(self, octets: bytes) -> None:
        found = command_in(octets)
        if found is None:
            self._keep(f"{len(octets)} octets that are no single command")
        elif self._passes(*found):
            payload = self._rules.payload(found[0], self._to or "")
            self._heard, self._payload = b"", payload if payload and payload.prompt else None
            self._port.write(octets)
        else:
            self._keep(f"AT{found[0]}", spared=re.fullmatch(self._rules.spares, found[0]) is not None)

    def _passes(self, text: str, rest: bytes) -> bool:
        rules, kept = self._rules, self._kept
        if re.fullmatch(rules.asks, text, re.ASCII):
            return not rest
        if self._to is None or not re.fullmatch(rules.sends, text, re.ASCII):
            return False
        payload = rules.payload(text, self._to)
        at_once = payload is not None and not payload.prompt
        if rest and not (at_once and payload is not None and payload.fits(rest)):
            return False
        if at_once and not rest:
            return False
        counted = rules.counts(text, rest)
        kept.sent += counted
        return not counted or kept.sent <= rules.most

    def _keep(self, what: str, *, spared: bool = False) -> None:
        (self._kept.spared if spared else self._kept.stopped).append(masked(what))
        self._own += _ERROR
        self._news.set()

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._port.close()
