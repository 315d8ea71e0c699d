"""An inbound mail taken apart: header fields and a flat list of parts, within bounds whoever wrote it. Pure.

Strangers write these octets. The email package's parser calls itself for each level of nesting and keeps every part;
this one looks at no more than the numbers below say, in one pass a level, and what goes beyond stays unread inside of
the mail. It judges nothing and raises nothing: what cannot be decoded is shown with replacement signs.

Sources: RFC 5322 2.2 (fields), RFC 2045 5 and 6 (types, transfer encodings), RFC 2046 5.1 (multipart), RFC 2047
(encoded words), RFC 3676 (flowed text).
"""

import binascii
import codecs
import re
from base64 import b64decode
from binascii import a2b_qp
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.errors import HeaderParseError
from email.header import decode_header

MOST_DEPTH = 10  # of parts in parts
MOST_PARTS = 100
_MOST_LINES = 2_000  # of a head
MOST_HEAD_OCTETS = 131_072
MOST_TEXT_OCTETS = 1_000_000  # of one part, still encoded
_LONGEST_FIELD = 8_192
_LONGEST_SHOWN = 2_000  # of a field that is decoded

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_PARAMETER = re.compile(r""";\s*([\w!#$%&'*+.^`|~-]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))""")
_QUOTED = re.compile(rb"=[89A-F][0-9A-F]")  # a sign beyond ASCII, as no plain text has it
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")
# The only names of encodings that are believed: `punycode` takes quadratic time, `unicode_escape` is no charset.
_KNOWN = (
    "ascii utf-8 utf-16 utf-16-le utf-16-be utf-7 iso8859-1 iso8859-2 iso8859-4 iso8859-5 iso8859-7 iso8859-9"
    " iso8859-10 iso8859-13 iso8859-14 iso8859-15 cp1250 cp1251 cp1252 cp1253 cp1254 cp1257 cp437 cp850 cp865 koi8-r"
    " koi8-u mac-roman iso2022_jp shift_jis euc_jp gb2312 gbk gb18030 big5 euc_kr"
)
_CHARSETS = frozenset(_KNOWN.split())
_ONE_OCTET = ("iso8859", "cp125")


@dataclass(frozen=True, slots=True)
class Part:
    """One part that is no multipart: its fields by lower-case name, and its octets still encoded.

    `group`: those with one number, from 1, are the same thing said in several forms (multipart/alternative).
    """

    content_type: str
    parameters: Mapping[str, str]
    fields: Mapping[str, tuple[str, ...]]
    body: bytes = field(repr=False)
    group: int = 0

    def first(self, name: str) -> str:
        """The first field of that name, decoded, on one line; '' without one."""
        values = self.fields.get(name)
        return decoded_words(values[0]) if values else ""

    @property
    def is_attachment(self) -> bool:
        return self.first("content-disposition").lower().startswith("attachment")

    def text(self) -> str:
        """The body as text with LF; wrong and unknown charsets are read as UTF-8, else as Windows-1252."""
        text = as_text(self.octets(), self.parameters.get("charset", ""))
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def octets(self) -> bytes:
        """The beginning of the body, decoded; a text that lost its field is quoted-printable where it looks so."""
        body = self.body[:MOST_TEXT_OCTETS]
        encoding = self.first("content-transfer-encoding")
        if not encoding and self.content_type.startswith("text/") and body.isascii() and _QUOTED.search(body):
            encoding = "quoted-printable"
        return _decoded(body, encoding)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: its own fields, and all parts in the order in which they stand."""

    head: Part  # with the whole body
    parts: tuple[Part, ...]

    def first(self, name: str) -> str:
        return self.head.first(name)

    def of_type(self, *types: str) -> Part | None:
        """The first part of one of these types, in the order of the types."""
        found = {part.content_type: part for part in reversed(self.parts)}
        return next((found[each] for each in types if each in found), None)


def letter(raw: bytes) -> Letter:
    """Takes a mail apart; an mbox line before it is skipped."""
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    head = _part(raw)
    return Letter(head, tuple(_parts(head)))


def fields_of(block: bytes | str) -> dict[str, tuple[str, ...]]:
    """Header fields by lower-case name, unfolded; lines that are no fields are passed over."""
    octets = block.encode("utf-8", "replace") if isinstance(block, str) else block
    found: dict[str, list[bytes]] = {}
    last: list[bytes] | None = None
    for number, line in enumerate(octets[:MOST_HEAD_OCTETS].splitlines()):
        if number > _MOST_LINES:
            break
        if line[:1] in (b" ", b"\t"):
            if last is not None and len(last[-1]) < _LONGEST_FIELD:
                last[-1] += b" " + line.strip()
        elif match := _NAME.match(line):
            last = found.setdefault(match[1].decode("ascii").lower(), [])
            last.append(line[match.end() :].strip()[:_LONGEST_FIELD])
        else:
            last = None
    return {name: tuple(as_text(value, "") for value in values) for name, values in found.items()}


def decoded_words(value: str) -> str:
    """A field's value with its encoded words read, on one line."""
    shown = _BETWEEN_WORDS.sub(r"\1\2", value[:_LONGEST_SHOWN])
    if "=?" in shown:
        try:
            pieces = decode_header(shown)
        except (HeaderParseError, binascii.Error, ValueError):
            pieces = [(shown, None)]
        shown = "".join(
            each if isinstance(each, str) else as_text(each, charset or "") for each, charset in pieces
        )
    return " ".join(shown.split())


def as_text(octets: bytes, charset: str) -> str:
    """`octets` in the charset they claim where it is one; else UTF-8 where they are that, else Windows-1252.

    What claims a charset of one octet a sign and is UTF-8 all the same is that: nobody writes `pÃ¥ vej`.
    """
    single = known_charset(charset).startswith(_ONE_OCTET)
    for name in ("utf-8", charset) if single else (charset, "utf-8"):
        try:
            if known := known_charset(name):
                return octets.decode(known)
        except ValueError:
            continue
    return octets.decode("cp1252", "replace")


def known_charset(name: str) -> str:
    """Its name in Python; '' for one that is not read."""
    try:
        known = codecs.lookup(name.strip()).name if name else ""
    except (LookupError, ValueError):
        return ""
    return known if known in _CHARSETS else ""


def _part(raw: bytes) -> Part:
    if raw.startswith((b"\n", b"\r\n")):
        block, body = b"", raw.partition(b"\n")[2]
    else:
        end = _HEAD_END.search(raw, 0, MOST_HEAD_OCTETS)
        block, body = (raw[: end.start()], raw[end.end() :]) if end else (raw[:MOST_HEAD_OCTETS], b"")
    fields = fields_of(block)
    said = fields.get("content-type", ("text/plain",))[0]
    content_type = said.partition(";")[0].strip().lower() or "text/plain"
    parameters = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        for name, quoted, bare in _PARAMETER.findall(said[:_LONGEST_SHOWN])
    }
    return Part(content_type, parameters, fields, body)


def _parts(whole: Part) -> Iterator[Part]:
    """The leaves, first to last. A message within a message is a leaf: it is somebody else's."""
    waiting, seen, groups = [(whole, 0)], 0, 0
    while waiting and seen < MOST_PARTS:
        part, depth = waiting.pop()
        boundary = part.parameters.get("boundary", "")
        if not part.content_type.startswith("multipart/") or not boundary or depth >= MOST_DEPTH:
            seen += 1
            yield part
            continue
        group = part.group
        if part.content_type == "multipart/alternative" and not group:
            groups = group = groups + 1
        inner = [replace(_part(octets), group=group) for octets in _between(part.body, boundary)]
        if not inner:  # the boundary never comes: broken on its way
            seen += 1
            yield part
        waiting += [(each, depth + 1) for each in reversed(inner)]


def _between(body: bytes, boundary: str) -> list[bytes]:
    """The parts between the boundary lines; a part without an end, as in a mail that was cut, goes to the end."""
    mark = re.escape(boundary.strip().encode("utf-8", "replace")[:200])
    lines = re.compile(rb"(?:\A|\r?\n)--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    pieces: list[bytes] = []
    start = -1
    for match in lines.finditer(body):
        if start >= 0:
            pieces.append(body[start : match.start()])
        if match[1] or len(pieces) >= MOST_PARTS:
            return pieces
        start = match.end() + (2 if body[match.end() : match.end() + 2] == b"\r\n" else 1)
    return [*pieces, body[start:]] if start >= 0 else pieces


def _decoded(body: bytes, encoding: str) -> bytes:
    """RFC 2045 6: base64 with what does not belong left out, quoted-printable, or as it is."""
    match encoding.strip().lower():
        case "base64":
            clean = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
            return b64decode(clean[: len(clean) - (len(clean) % 4 == 1)] + b"==")
        case "quoted-printable":
            return a2b_qp(body)
        case _:
            return body
