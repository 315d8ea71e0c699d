"""What a reader sees of a mail: all its texts in their order, or why there is none that can be read. Pure.

| parts                                             | what is read                                         |
|---------------------------------------------------|------------------------------------------------------|
| several texts, with pictures between them         | all, one below the other                             |
| one text in several forms (alternative)           | the plain one; the HTML where that alone says or     |
|                                                   | answers anything; none that answer differently       |
| a text that is attached                           | not read beside others; alone, as in a picture       |
|                                                   | message that became a mail, it is the text           |
| S/MIME, PGP                                       | why it cannot be read, whatever stands beside it     |
| nothing but winmail.dat, pictures, broken pieces  | why it cannot be read                                |
| nothing but another form of text, such as RTF     | the same, and its words, in which a cry is heard     |
| a charset that nobody knows, octets of no charset | what can be guessed, and that it cannot be trusted   |

A name makes no file of a text: phones and gateways name the text itself.

Sources: RFC 2046 5.1 (mixed, alternative), RFC 2183 2 (disposition), RFC 8551 3 (S/MIME), RFC 3156 (PGP), RFC 1896
(enriched), and what Exchange and Outlook send to others than themselves (TNEF).
"""

from dataclasses import dataclass

from channels.email_choice import choice
from channels.email_mime import MOST_TEXT_OCTETS, Letter, Part, known_charset
from messages.html_text import html_text
from messages.reply_text import reply_text, unflowed, unsigned
from messages.rtf_text import rtf_text

_TEXTS = frozenset({"text/plain", "text/html"})
_TAGGED = frozenset({"text/html", "text/enriched", "text/richtext"})
_RTF = frozenset({"text/rtf", "application/rtf"})
_DATA = (
    "text/calendar",
    "text/vcard",
    "text/x-vcard",
    "text/directory",
    "text/css",
    "text/csv",
    "text/rfc822",
)
_SEALED = {  # whatever stands beside it
    "application/pkcs7-mime": "it is signed or encrypted (S/MIME)",
    "application/x-pkcs7-mime": "it is signed or encrypted (S/MIME)",
    "application/pgp-encrypted": "it is encrypted (PGP)",
    "multipart/encrypted": "it is encrypted",
}
_OUTLOOK = "it is in a form that only Outlook reads (winmail.dat)"
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MOST_COMPARED = 2_000  # characters of each of two forms
_MOST_PAIRS = 5  # of forms; a person's mail has one
_WORST_SHARE = 0.1  # of signs that are none, in a text that is still one


@dataclass(frozen=True, slots=True)
class Seen:
    """`unreadable`: why the text is none or cannot be trusted, as far as the mail itself shows it; '' otherwise."""

    text: str
    unreadable: str = ""


def seen(mail: Letter) -> Seen:
    shown = [part for part in mail.parts if part.content_type in _TEXTS and not part.is_attachment]
    parts, flaw = _of_forms(shown)
    attached = [part for part in mail.parts if part.content_type == "text/plain" and part.is_attachment]
    for each in (parts, attached):
        texts, broken = _joined(each)
        if texts:
            return Seen(texts, _sealed(mail) or flaw or broken)
    why = _sealed(mail) or _why_none(mail)
    return Seen(_joined([part for part in mail.parts if _is_foreign(part)])[0] if why else "", why)


def _joined(parts: list[Part]) -> tuple[str, str]:
    """The texts of these parts, one below the other, and why they cannot be trusted, '' where they can."""
    texts: list[str] = []
    said: set[str] = set()
    flaw, left = "", MOST_TEXT_OCTETS
    for part in parts:
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
    return "\n".join(texts), flaw


def _of_forms(texts: list[Part]) -> tuple[list[Part], str]:
    """The texts, of two forms of one thing only one; and why they cannot be trusted, where the forms contradict."""
    flaw, left = "", texts
    for group in sorted({part.group for part in texts if part.group}):
        forms = [part for part in texts if part.group == group and part.text().strip()]
        plain = [part for part in forms if part.content_type == "text/plain"]
        html = [part for part in forms if part.content_type == "text/html"]
        if not plain or not html:
            continue
        chosen, other = (choice(_answer(form)) if group <= _MOST_PAIRS else "" for form in (plain, html))
        if chosen and other and chosen != other:
            flaw = "its two forms say different things"
            continue
        spare = plain if other and not chosen else html
        left = [part for part in left if not any(part is each for each in spare)]
    return left, flaw


def _answer(parts: list[Part]) -> str:
    return unsigned(reply_text(_joined(parts)[0][:_MOST_COMPARED]))


def _text_of(part: Part) -> str:
    said = part.text()
    if part.content_type in _RTF:
        return rtf_text(said)
    if part.content_type in _TAGGED:
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
    return part.content_type not in _TEXTS or part.is_attachment


def _is_file(part: Part) -> bool:
    return part.is_attachment or "name" in part.parameters


def _is_foreign(part: Part) -> bool:
    """Whether it is a text in a form that is not read, but may be heard."""
    texts = part.content_type.startswith("text/") and not part.content_type.startswith(_DATA)
    return texts or part.content_type in _RTF
