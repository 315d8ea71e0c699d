"""The bytes of one mail: header and body of an attempt, ready for DATA but not dot-stuffed. Pure.

Written by hand because the email package's generator takes ten times as long, and a hub under load feels it; what
is written here is small, and judged by that package's parser in the tests.

No value can add a header or a line: controls and line separators become spaces, and anything that is not plain
ASCII of at most one line becomes encoded words. Sources: RFC 5322 2.1.1 (lengths), 3.6 (fields); RFC 2047 2 and 5
(encoded words); RFC 2045 6.7 (quoted-printable); RFC 3834 5 (Auto-Submitted); RFC 2156 5.3.4 (Importance).
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from channels.base import Outgoing
from messages.precedence import Precedence
from messages.render import Words, body, subject

LONGEST_LINE = 998  # octets without CRLF, RFC 5322 2.1.1
_HEADER_LINE = 76  # of an encoded line, RFC 2047 2; we keep every line to it
_WORD_OCTETS = (
    36  # of UTF-8 in one encoded word: 48 of base64, 12 of frame, at most 16 of field name before it
)

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # controls with NEL, and Unicode's own line ends
_NOT_ATOM = re.compile(rb"[^A-Za-z0-9-]")
_NOT_XTEXT = re.compile(rb"[^!-*,-<>-~]")  # all but printable ASCII without + and =, RFC 3461 4
_LINE_END = re.compile("\r\n|\r|\n")
# What a relay on the way may touch in 7-bit text: long lines, spaces at the end, mbox's From, controls.
_FRAGILE = re.compile(rb"[^\r\n]{77,}|[ \t]\r\n|(?m:^From )|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_URGENCY = {
    Precedence.FLASH: b"Importance: high\r\nX-Priority: 1\r\n",
    Precedence.IMMEDIATE: b"Importance: high\r\nX-Priority: 2\r\n",
    Precedence.PRIORITY: b"",
    Precedence.ROUTINE: b"",
}


def message_id(attempt: str, *, domain: str) -> str:
    """The Message-ID of an attempt, without its angle brackets: the receipt that bounces and answers name."""
    return f"{_escaped(_NOT_ATOM, attempt)}@{domain}"


def xtext(value: str) -> str:
    """`value` for ENVID and ORCPT: RFC 3461 4, UTF-8 octets outside xchar as +HH."""
    return _escaped(_NOT_XTEXT, value)


def _escaped(pattern: re.Pattern[bytes], value: str) -> str:
    octets = value.encode("utf-8", "replace")
    return pattern.sub(lambda found: b"+%02X" % found[0][0], octets).decode("ascii")


def compose(
    outgoing: Outgoing, *, sender: str, sender_name: str, now: datetime, read_receipt: bool = False
) -> bytes:
    """Header and body of an attempt, CRLF throughout, the last line ended. `sender` is a checked ASCII mailbox.

    `read_receipt` asks the recipient's program to tell when the mail is opened (RFC 8098 2.1); most ask first.
    """
    domain = sender.rpartition("@")[2]
    head = [
        b"From: ",
        _mailbox(sender_name, sender),
        f"\r\nTo: <{outgoing.address.value}>\r\n".encode("ascii"),
        f"Date: {format_datetime(now.astimezone(UTC))}\r\n".encode("ascii"),
        f"Message-ID: <{message_id(outgoing.attempt, domain=domain)}>\r\n".encode("ascii"),
        _field("X-Bavn-Alert", outgoing.alert),
        _field("X-Bavn-Attempt", outgoing.attempt),
        _URGENCY[outgoing.precedence],
        f"Disposition-Notification-To: <{sender}>\r\n".encode("ascii") if read_receipt else b"",
        _content(outgoing.words),
    ]
    return b"".join(head)


@lru_cache(maxsize=64)
def _content(words: Words) -> bytes:
    """What all copies of an alert share: Subject and the fields of the body, the empty line, the body."""
    text, encoding = encoded_body(body(words))
    language = words.language if re.fullmatch("[A-Za-z0-9-]{2,35}", words.language) else "da"
    fields = (
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\nContent-Language: {language}\r\n\r\n"
    )
    return _field("Subject", subject(words)) + fields.encode("ascii") + text


def encoded_body(text: str) -> tuple[bytes, str]:
    """`text` with CRLF for every kind of line end, and its transfer encoding: 7bit where nothing can hurt it."""
    octets = _LINE_END.sub("\r\n", text).encode("utf-8", "replace")
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    if octets.isascii() and _FRAGILE.search(octets) is None:
        return octets, "7bit"
    return b2a_qp(octets, istext=True), "quoted-printable"


def dot_stuffed(content: bytes) -> bytes:
    """`content` as it goes after 354, with its end: RFC 5321 4.5.2. Content ends in CRLF and holds no bare CR or LF."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\n"


def one_line(text: str) -> str:
    """`text` without anything that could end a line, spaces for it, and none at the ends."""
    return " ".join(_BREAKS.sub(" ", text).split())


@lru_cache(maxsize=256)
def _mailbox(name: str, address: str) -> bytes:
    """`"Name" <address>` or `=?utf-8?b?...?= <address>`; the bare address without a name."""
    name = one_line(name)
    if not name:
        return f"<{address}>".encode("ascii")
    if _is_plain(name) and len(name) + len(address) + 11 <= _HEADER_LINE:
        quoted = re.sub(r'(["\\])', r"\\\1", name)
        return f'"{quoted}" <{address}>'.encode("ascii")
    return _encoded_words(name) + f"\r\n <{address}>".encode("ascii")


def _field(name: str, value: str) -> bytes:
    value = one_line(value)
    if _is_plain(value) and len(name) + 2 + len(value) <= _HEADER_LINE:
        return f"{name}: {value}\r\n".encode("ascii")
    return name.encode("ascii") + b": " + _encoded_words(value) + b"\r\n"


def _is_plain(value: str) -> bool:
    """Printable ASCII that no reader takes for an encoded word."""
    return value.isascii() and value.isprintable() and "=?" not in value


def _encoded_words(value: str) -> bytes:
    """`value` as base64 encoded words, one a line, never split inside a character (RFC 2047 5)."""
    chunks, chunk = [], b""
    for character in value:
        octets = character.encode("utf-8", "replace")
        if len(chunk) + len(octets) > _WORD_OCTETS:
            chunks.append(chunk)
            chunk = b""
        chunk += octets
    chunks.append(chunk)
    return b"\r\n ".join(b"=?utf-8?b?" + b64encode(chunk) + b"?=" for chunk in chunks)
