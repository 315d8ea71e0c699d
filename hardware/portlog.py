"""What went over a port lately, for the technician: the last lines of both directions, with their times.

Nothing secret stands in it: a PIN, a text or a PDU is shown by its length alone, a number by its last two digits.
What is shown is a list of what may be: protocol lines. Any other line is only counted, so that a modem that fell
back to text mode, or damaged octets, shows nobody's message.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hardware.at.results import BARE_URCS, final_of

KEPT = 200  # lines
_LONGEST = 512  # octets of an unfinished line; beyond it they are counted, not kept
_SHOWN = 120  # characters of a line

_LINE_END = re.compile(rb"[\r\n]")
_COMMAND = re.compile(r"AT(?:[+&*^$%#\\]|[A-Z][0-9=?]|[A-Z]?$|D[+0-9])", re.IGNORECASE)
# An information line: outside its quotes nothing but capitals, as in `+CREG: 2,1, FFFE, 323301, 7`.
_INFORMATION = re.compile(r'[+^*$%#&-][A-Z][A-Z0-9]*(?::(?:[^"a-z]|"[^"]*")*)?')
_SECRET = re.compile(
    r"([+](?:CPIN2?|CLCK|CPWD|SBDWT|SBDRT|CUSD|CNAP|CPBR|CPBW)(?:[:=] ?))(?!\?)(.+)", re.IGNORECASE
)
_STATE_OF_SIM = frozenset({"READY", "SIM PIN", "SIM PUK", "SIM PIN2", "SIM PUK2"})
_QUOTED = re.compile(r'"([^"]*)(?:"|$)')
_HARMLESS_QUOTED = re.compile(r"[0-9]{1,3}|(?=[0-9]*[A-Z])[A-Z0-9-]{2,8}")  # storages, cells, character sets
_OPERATOR = re.compile(r'\+COPS: [0-4],2,"([0-9]{5,6})"(?:,[0-9])?')
_HEX = re.compile(r"\b(?=[0-9A-F]*[A-F])[0-9A-F]{12,}\b|\b[0-9A-F]{22,}\b", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9]{5,}")
_WORDS = BARE_URCS | {">", "READY", "SBDRING", "HARDWARE FAILURE"}
_IDENTITY = re.compile(r"[A-Za-z0-9 ._()/:-]{1,40}")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: `sent` by us or heard from the modem."""

    at: datetime
    sent: bool
    text: str

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M:%S}.{self.at.microsecond // 1000:03d}Z {'>' if self.sent else '<'} {self.text}"


class PortLog:
    """The last lines of one port. Outlives the port: a modem that came back has its past in it."""

    def __init__(self, *, kept: int = KEPT, clock: Callable[[], float] = time.time) -> None:
        self._lines: deque[LogLine] = deque(maxlen=kept)
        self._clock = clock
        self._open = bytearray()  # what was heard of a line that has not ended
        self._skipped = 0  # octets of it beyond the longest
        self._identity = False  # the command that runs asks for a line without a prefix
        self._counts = False  # ... for a counted block: length in two octets, data, and a sum of two octets
        self._counted = bytearray()  # what was heard of that block

    def lines(self) -> list[LogLine]:
        """Oldest first."""
        return list(self._lines)

    def asked(self, command: str, *, bare: bool = False, block: bool = False) -> None:
        """A command line that goes out; `bare`: its answer is a line without a prefix, of the modem about itself.

        `block`: its answer is a counted block, which may hold line ends.
        """
        if self._counted:
            self._end_block()
        self._identity, self._counts = bare, block
        self._note(masked(command), sent=True)

    def handed(self, octets: bytes) -> None:
        """What goes out and is no command: a payload is counted, ESC and Ctrl-Z are named."""
        text = {b"\x1b": "<ESC>", b"\x1b\r": "<ESC>"}.get(octets, f"<{len(octets)} octets>")
        self._note(text, sent=True)

    def noted(self, text: str) -> None:
        """Something about the port itself, as that it was opened. No text of others."""
        self._note(text, sent=False)

    def heard(self, octets: bytes) -> None:
        """What came in, cut in any way."""
        while octets:
            # No line begins with so low an octet, and every counted block does.
            begins = self._counts and not self._open and octets[0] < 0x0A
            octets = self._block(octets) if self._counted or begins else self._line(octets)

    def _line(self, octets: bytes) -> bytes:
        """Takes the octets up to the end of a line; returns the others."""
        found = _LINE_END.search(octets)
        if found is None:
            self._keep(octets)
            return b""
        self._keep(octets[: found.start()])
        self._end()
        return octets[found.end() :]

    def _block(self, octets: bytes) -> bytes:
        """Takes what belongs to a counted block; returns the others."""
        wanted = 2 if len(self._counted) < 2 else 4 + int.from_bytes(self._counted[:2], "big")
        taken = octets[: wanted - len(self._counted)]
        self._counted += taken
        if len(self._counted) == wanted > 2:
            self._end_block()
        return octets[len(taken) :]

    def _end_block(self) -> None:
        self._note(f"<{len(self._counted)} octets>", sent=False)
        self._counted.clear()
        self._counts = False

    def _keep(self, octets: bytes) -> None:
        room = _LONGEST - len(self._open)
        self._open += octets[:room]
        self._skipped += max(0, len(octets) - room)

    def _end(self) -> None:
        line, skipped = bytes(self._open), self._skipped
        self._open.clear()
        self._skipped = 0
        if skipped:
            self._note(f"<{len(line) + skipped} octets>", sent=False)
        elif line:
            self._note(shown(line, identity=self._identity), sent=False)

    def _note(self, text: str, *, sent: bool) -> None:
        self._lines.append(LogLine(datetime.fromtimestamp(self._clock(), UTC), sent, text))


def shown(line: bytes, *, identity: bool = False) -> str:
    """A line from the modem as it may be shown. `identity`: it answers a question about the modem itself."""
    text = line.decode("latin-1").strip(" \x00\x1a\x1b").removeprefix("> ")
    if not text.isascii() or not text.isprintable():
        return f"<{len(line)} octets>"
    if final_of(text) is not None or text in _WORDS or _OPERATOR.fullmatch(text):
        return text
    is_protocol = _COMMAND.match(text) or _INFORMATION.fullmatch(text) or re.fullmatch(r"[0-9]{1,3}", text)
    if is_protocol or (identity and _IDENTITY.fullmatch(text)):
        return masked(text)
    return f"<{len(line)} octets>"


def masked(text: str) -> str:
    """A protocol line without what belongs to somebody: secrets, texts, PDUs, numbers."""
    text = _SECRET.sub(_without_secret, text)
    text = _QUOTED.sub(_quoted, text)
    text = _HEX.sub(lambda match: f"<{len(match[0])} digits>", text)
    text = _NUMBER.sub(lambda match: _last_two(match[0]), text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _without_secret(match: re.Match[str]) -> str:
    return match[0] if match[2] in _STATE_OF_SIM else f"{match[1]}***"


def _quoted(match: re.Match[str]) -> str:
    word = match[1]
    if not word or _HARMLESS_QUOTED.fullmatch(word):
        return match[0]
    return f'"{_last_two(word)}"' if _NUMBER.fullmatch(word) else f'"<{len(word)} signs>"'


def _last_two(number: str) -> str:
    return "*" * (len(number) - 2) + number[-2:]
