"""What a reader sees of a mail: all its texts in their order, or why there is none that can be read. Pure.

| parts                                             | what is read                                         |
|---------------------------------------------------|------------------------------------------------------|
| several texts, with pictures between them         | all, one below the other                             |
| one text in several forms (alternative)           | the plain one, the HTML where that is empty          |
| a text that is attached, or has a file name       | not read: somebody sent a file                       |
| S/MIME, PGP                                       | why it cannot be read, whatever stands beside it     |
| nothing but winmail.dat, pictures, broken pieces  | why it cannot be read                                |
| a charset that nobody knows, octets of no charset | what can be guessed, and that it cannot be trusted   |

Sources: RFC 2046 5.1 (mixed, alternative), RFC 2183 2 (disposition), RFC 8551 3 (S/MIME), RFC 3156 (PGP), and what
Exchange and Outlook send to others than themselves (TNEF).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from channels.email_mime import MOST_TEXT_OCTETS, Letter, Part, known_charset
from messages.html_text import html_text
from messages.reply_text import unflowed

_TEXTS = frozenset({"text/plain", "text/html"})
_SEALED = {  # whatever stands beside it
    "application/pkcs7-mime": "it is signed or encrypted (S/MIME)",
    "application/x-pkcs7-mime": "it is signed or encrypted (S/MIME)",
    "application/pgp-encrypted": "it is encrypted (PGP)",
    "multipart/encrypted": "it is encrypted",
}
_OUTLOOK = "it is in a form that only Outlook reads (winmail.dat)"
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_WORST_SHARE = 0.1  # of signs that are none, in a text that is still one


@dataclass(frozen=True, slots=True)
class Seen:
    """`unreadable`: why the text is none or cannot be trusted, as far as the mail itself shows it; '' otherwise."""

    text: str
    unreadable: str = ""


def seen(mail: Letter) -> Seen:
    texts: list[str] = []
    said: set[str] = set()
    flaw, left = "", MOST_TEXT_OCTETS
    for part in _shown(mail):
        text = _text_of(part)[:left]
        words = " ".join(text.split())
        if not words or words in said:  # some send both forms of one text as if they were two
            continue
        texts.append(text)
        said.add(words)
        left -= len(text) + 1
        flaw = flaw or _flaw(part, text)
        if left <= 0:
            break
    return Seen("\n".join(texts), _sealed(mail) or flaw or ("" if texts else _why_none(mail)))


def _shown(mail: Letter) -> Iterator[Part]:
    """The texts that stand in the mail itself; of several forms of one the plain form, where it says anything."""
    texts = [part for part in mail.parts if part.content_type in _TEXTS and not _is_file(part)]
    plain = {part.group for part in texts if part.content_type == "text/plain" and part.text().strip()}
    for part in texts:
        if part.content_type == "text/plain" or not part.group or part.group not in plain:
            yield part


def _is_file(part: Part) -> bool:
    named = "name" in part.parameters or "filename" in part.first("content-disposition").lower()
    return part.is_attachment or named


def _text_of(part: Part) -> str:
    said = part.text()
    if part.content_type == "text/html":
        return html_text(said)
    if part.parameters.get("format", "").lower() != "flowed":
        return said
    return unflowed(said, delsp=part.parameters.get("delsp", "").lower() == "yes")


def _flaw(part: Part, text: str) -> str:
    """A wrong charset is guessed well enough; with one that nobody knows the guess may be any word."""
    charset = part.parameters.get("charset", "")
    if charset and not known_charset(charset) and not _is_utf8(part.octets()):
        return f"its charset is unknown ({charset[:40]})"
    broken = sum(sign == "\ufffd" or (sign < " " and sign not in "\t\n\f") for sign in text)
    return "its text is broken" if broken > _WORST_SHARE * len(text.split()) + 1 else ""


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _sealed(mail: Letter) -> str:
    return next((_SEALED[part.content_type] for part in mail.parts if part.content_type in _SEALED), "")


def _why_none(mail: Letter) -> str:
    """By the first part that explains it; '' where nothing at all is in it."""
    names = [part.parameters.get("name", "").lower() for part in mail.parts]
    types = [part.content_type for part in mail.parts]
    if "winmail.dat" in names or _TNEF & set(types):
        return _OUTLOOK
    if any(each.startswith("multipart/") for each in types):
        return "its parts cannot be told apart"
    other = next((part for part in mail.parts if part.body.strip() and _is_other(part)), None)
    if other is None:
        return ""
    return f"it has no text, only {'a file, ' if _is_file(other) else ''}{other.content_type[:60]}"


def _is_other(part: Part) -> bool:
    return part.content_type not in _TEXTS or _is_file(part)
