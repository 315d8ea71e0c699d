"""The lexer of the AT dialogue, for both ends, and the shape of its lines and commands.

A pull lexer: its owner knows what may come next (a line, a payload, a counted block) and asks for it, so the
same octets give the same tokens however they are cut. Nothing is matched but at a line's start or as a whole:
the text of a message never ends a command.
Source: ITU-T V.250 5 (syntax), 3GPP TS 27.007 4, 3GPP TS 27.005 3.
"""

import re
from dataclasses import dataclass
from enum import Enum

CR, LF, SUB, ESC = b"\r", b"\n", b"\x1a", b"\x1b"
LONGEST_LINE = 4096  # octets; the longest real one is a text-mode list entry of some 500


@dataclass(frozen=True, slots=True)
class Overlong:
    """A line that grew beyond the limit: its start; the rest was thrown away as it came."""

    start: bytes


class Lexer:
    """Octets in, tokens out. An unfinished token holds at most `limit` octets."""

    def __init__(self, *, enders: bytes = CR + LF, limit: int = LONGEST_LINE) -> None:
        self._end, self._limit = re.compile(b"[" + enders + b"]"), limit
        self._buffer = bytearray()
        self._skipping = False  # inside the rest of an overlong line

    def feed(self, octets: bytes) -> None:
        self._buffer += octets

    def line(self) -> bytes | Overlong | None:
        """The next line that is not empty, without its end; None until it is complete."""
        while True:
            end = self._find(self._end)
            if self._skipping:
                del self._buffer[: len(self._buffer) if end is None else end]
                self._skipping = end is None
                if end is None:
                    return None
                continue
            if (len(self._buffer) if end is None else end) > self._limit:
                self._skipping = True
                return Overlong(bytes(self._buffer[: self._limit]))
            if end is None:
                return None
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if line.strip(CR + LF):
                return line

    def ahead(self, count: int) -> bytes:
        """Up to `count` octets of what comes next, after empty lines; nothing is taken but these."""
        if not self._skipping:
            self.skip(CR + LF)
        return b"" if self._skipping else bytes(self._buffer[:count])

    def skip(self, octets: bytes) -> None:
        """Drops leading octets that are among `octets`."""
        while self._buffer and self._buffer[0] in octets:
            del self._buffer[0]

    def take(self, count: int) -> bytes | None:
        """Exactly `count` octets; None until they are there."""
        if len(self._buffer) < count:
            return None
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def until(self, stops: bytes) -> tuple[bytes, bytes] | Overlong | None:
        """What comes before the first of `stops`, and that stop; a payload beyond the limit is Overlong."""
        end = self._find(re.compile(b"[" + stops + b"]"))
        if (len(self._buffer) if end is None else end) > self._limit:
            start = bytes(self._buffer[: self._limit])
            self._buffer.clear()
            return Overlong(start)
        if end is None:
            return None
        before, stop = bytes(self._buffer[:end]), bytes(self._buffer[end : end + 1])
        del self._buffer[: end + 1]
        return before, stop

    def _find(self, pattern: re.Pattern[bytes]) -> int | None:
        match = pattern.search(self._buffer)
        return match.start() if match else None

    def clear(self) -> None:
        self._buffer.clear()
        self._skipping = False


@dataclass(frozen=True, slots=True)
class Info:
    """One line of information. `prefix` is "+CREG" (empty for a bare line), `fields` keep their quotes.

    `follow` is the second physical line of a two-line result (a PDU in hex), None when there is none.
    """

    text: str
    prefix: str = ""
    fields: tuple[str, ...] = ()
    follow: str | None = None

    def number(self, index: int) -> int | None:
        """The field as a decimal number; None when it is absent or something else."""
        field = self.fields[index] if index < len(self.fields) else ""
        return int(field) if _DECIMAL.fullmatch(field) else None

    def word(self, index: int) -> str:
        """The field without quotes; empty when it is absent."""
        return unquote(self.fields[index]) if index < len(self.fields) else ""


_DECIMAL = re.compile(r"-?[0-9]{1,9}")
_INFO = re.compile(r"([+^*$%#&-][A-Z][A-Z0-9]*):[ ]?(.*)")
_EDGES = "\x00\x11\x13\x1a\x1b\x7f\xff \t"  # line noise, flow control and the echo of ESC or Ctrl-Z


def info_of(line: bytes) -> Info:
    """A line's prefix and fields. Octets outside ASCII are shown escaped, never interpreted."""
    text = line.decode("latin-1").strip(_EDGES).encode("latin-1").decode("ascii", "backslashreplace")
    match = _INFO.fullmatch(text)
    return Info(text, match[1], fields_of(match[2])) if match else Info(text)


def fields_of(text: str) -> tuple[str, ...]:
    """Fields between commas outside quotes and parentheses, without the spaces around them."""
    fields, start, depth, quoted = [], 0, 0, False
    for index, sign in enumerate(text):
        quoted ^= sign == '"'
        depth += 0 if quoted else (sign == "(") - (sign == ")")
        if sign == "," and not quoted and depth <= 0:
            fields.append(text[start:index].strip())
            start = index + 1
    return (*fields, text[start:].strip())


def unquote(field: str) -> str:
    """The field without the quotes around it."""
    return field[1:-1] if len(field) >= 2 and field[0] == field[-1] == '"' else field


class Form(Enum):
    """What a command asks for (27.007 4.2)."""

    DO = ""  # AT+CMD, and basic commands
    SET = "="
    READ = "?"
    TEST = "=?"


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a line: `name` in upper case ("+CMGS", "E", "&K"), its arguments with their quotes."""

    name: str
    form: Form = Form.DO
    arguments: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return fields_of(self.arguments) if self.arguments else ()

    def number(self, index: int) -> int | None:
        return Info("", fields=self.fields).number(index)

    def word(self, index: int) -> str:
        return Info("", fields=self.fields).word(index)


_EXTENDED = re.compile(r"([+^$%#-][A-Z][A-Z0-9]*)", re.IGNORECASE)
_BASIC = re.compile(r"([&*\\]?[A-Z])([0-9]*)", re.IGNORECASE)
_REGISTER = re.compile(r"(S[0-9]+)(=|\?)([0-9]*)", re.IGNORECASE)
_ARGUMENTS = re.compile(r'(?:"[^"]*"?|[^;"])*')
# Chains without a separator, as `AT&K0+SBDMTA=1+CIER=1`: seen from Iridium hosts.
_TIGHT_ARGUMENTS = re.compile(r'(?:"[^"]*"?|[^;"&*+]|\+(?![A-Z]))*', re.IGNORECASE)
_FREE_TEXT = frozenset({"+SBDWT"})  # everything behind the equals sign is the argument


def commands_of(line: bytes) -> tuple[Command, ...] | None:
    """The commands of a line from its last "AT" prefix on; None when there is no "AT", which is ignored.

    What cannot be read becomes a Command with an empty name, at which a modem stops with ERROR.
    """
    text = line.decode("latin-1").replace("\x00", "")
    start = re.search(r"AT", text, re.IGNORECASE)
    if start is None:
        return None
    rest, commands = text[start.end() :], list[Command]()
    while rest := rest.lstrip("; "):
        command, rest = _first(rest)
        commands.append(command)
        if not command.name:
            break
    return tuple(commands)


def _first(text: str) -> tuple[Command, str]:
    if extended := _EXTENDED.match(text):
        return _extended(extended[1].upper(), text[extended.end() :])
    if register := _REGISTER.match(text):
        form = Form.SET if register[2] == "=" else Form.READ
        return Command(register[1].upper(), form, register[3]), text[register.end() :]
    if dial := re.match(r"D[^;]*;?", text, re.IGNORECASE):
        return Command("D", Form.SET, dial[0][1:]), text[dial.end() :]
    if asked := re.match(r"([&*][A-Z])\?", text, re.IGNORECASE):  # as *R? of Iridium modems
        return Command(asked[1].upper(), Form.READ), text[asked.end() :]
    if basic := _BASIC.match(text):
        return Command(basic[1].upper(), Form.DO, basic[2]), text[basic.end() :]
    return Command("", Form.DO, text), ""


def _extended(name: str, rest: str) -> tuple[Command, str]:
    if rest.startswith("=?"):
        return Command(name, Form.TEST), rest[2:]
    if rest.startswith("?"):
        return Command(name, Form.READ), rest[1:]
    if not rest.startswith("="):
        return Command(name), rest
    if name in _FREE_TEXT:
        return Command(name, Form.SET, rest[1:]), ""
    pattern = _TIGHT_ARGUMENTS if name.startswith("+SBD") or name == "+CIER" else _ARGUMENTS
    arguments = pattern.match(rest, 1)
    end = arguments.end() if arguments else len(rest)
    return Command(name, Form.SET, rest[1:end]), rest[end:]
