"""An inbound mail as an event for the hub. Pure; never answers anybody, whatever it reads.

| mail                                          | of an attempt of ours    | of none                      |
|-----------------------------------------------|--------------------------|------------------------------|
| delivery report: delivered                    | Report DELIVERED         | Inbound, automatic           |
| delivery report: relayed, expanded            | Report SUBMITTED         | Inbound, automatic           |
| delivery report: delayed                      | Report UNKNOWN           | Inbound, undelivered         |
| delivery report: failed                       | Report REFUSED           | Inbound, undelivered         |
| read receipt: displayed by a person           | Report READ              | Inbound, automatic           |
| read receipt: deleted, by a program, others   | Report UNKNOWN           | Inbound, automatic           |
| automatic answer                              | Inbound, automatic       | Inbound, automatic           |
| a mail of our own                             | Inbound, automatic, about nothing                       |
| a reaction, such as a thumb                   | Inbound, reaction        | Inbound, reaction            |
| a person's words                              | Inbound, `in_reply_to`   | Inbound                      |
| the same, with signs of a list or a program   | Inbound, doubtful        | Inbound, doubtful            |
| nothing written, or nothing that can be read  | Inbound, unreadable      | Inbound, unreadable          |
| a cry for help that is only passed on         | Inbound, unreadable      | Inbound, unreadable          |

An attempt is ours where the mail brings its tag back (`email_names`): in In-Reply-To, References, the quoted or
returned original, or the report's own fields. Where it does not, the code in the text or in the subject is left.
Where the answer was cut out of more than it, or nothing could be read, `raw` has what there was, also a subject of
theirs that is not in the text.
`bearer_id` is a digest of what is the same in every copy of a mail: the trace fields that servers add are left out, so
that a mail which came twice counts once; two mails with one Message-ID are still two.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import getaddresses

from channels.base import Inbound, Report
from channels.email_bounce import Action, Bounce
from channels.email_choice import choice
from channels.email_kind import Kind, Verdict, judge
from channels.email_mime import Letter, letter
from channels.email_names import Names
from channels.email_passed_on import WHY, cry_passed_on
from channels.email_subject import before, not_ours, written_in
from messages.address import AddressError, parse_address
from messages.evidence import Evidence
from messages.neutral import neutral_line
from messages.reply_text import unsigned
from messages.signature import is_signature

MOST_TEXT = 10_000  # characters of an answer that are kept
MOST_RAW = 16_000  # of a mail that nobody could read
_MOST_SEARCHED = 200_000  # characters in which a name is looked for
_CODE = re.compile(r"#\s?[A-Za-z0-9]{2,8}(?![A-Za-z0-9])")
_TELLING = ("from", "to", "subject", "date", "message-id", "content-type", "content-transfer-encoding")

_EVIDENCE = {
    Action.DELIVERED: (Evidence.DELIVERED, ""),
    Action.EXPANDED: (Evidence.SUBMITTED, "expanded by a list, which proves nothing more"),
    Action.RELAYED: (Evidence.SUBMITTED, "relayed to a server that reports nothing"),
    Action.DELAYED: (Evidence.UNKNOWN, "delayed"),
    Action.FAILED: (Evidence.REFUSED, ""),
}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it came: its octets up to the limit, when, and how many octets it had in all."""

    raw: bytes
    at: datetime
    octets: int


Settle = Callable[[], Awaitable[None]]


def event_of(arrived: Arrived, names: Names, *, settle: Settle) -> Report | Inbound:
    """What the mail is to the hub; `settle` is called once the hub has kept it."""
    mail = letter(arrived.raw)
    verdict = judge(mail)
    attempt = "" if verdict.kind is Kind.OWN else names.found(*_places(mail, verdict))
    if attempt and verdict.kind in {Kind.BOUNCE, Kind.DISPOSITION}:
        evidence, detail = _of_bounce(verdict.bounce) if verdict.bounce else _of_disposition(verdict)
        return Report(
            reference=names.reference(attempt),
            attempt=attempt,
            evidence=evidence,
            at=arrived.at,
            detail=detail,
            settle=settle,
        )
    return _inbound(arrived, mail, verdict=verdict, attempt=attempt, settle=settle)


def of_ours(event: Report | Inbound) -> bool:
    """Whether it brought a name of ours back: what does not may be anybody's."""
    return isinstance(event, Report) or bool(event.in_reply_to)


def _places(mail: Letter, verdict: Verdict) -> list[str]:
    """Where a name of ours may stand, the surest first."""
    told = [mail.first("in-reply-to"), " ".join(reversed(mail.first("references").split())), verdict.text]
    inner = [
        part.text()[:_MOST_SEARCHED]
        for part in mail.parts
        if part.content_type.startswith(("message/", "text/rfc822", "text/plain", "text/html"))
    ]
    return [each[:_MOST_SEARCHED] for each in (*told, *inner)]


def _of_bounce(reported: Bounce) -> tuple[Evidence, str]:
    evidence, words = _EVIDENCE[reported.action]
    if reported.action is Action.FAILED:
        return evidence, f"{reported.detail} (the mail came back)".strip()
    return evidence, f"{words} {reported.detail}".strip() if reported.action is Action.DELAYED else words


def _of_disposition(verdict: Verdict) -> tuple[Evidence, str]:
    return (Evidence.READ, "") if verdict.read else (Evidence.UNKNOWN, verdict.reason)


def _inbound(arrived: Arrived, mail: Letter, *, verdict: Verdict, attempt: str, settle: Settle) -> Inbound:
    found = _person(arrived, mail, verdict=verdict, attempt=attempt)
    event = Inbound(
        bearer_id=_bearer_id(mail),
        sender=_sender(mail),
        text=found.text,
        at=arrived.at,
        in_reply_to=attempt,
        doubtful=verdict.doubtful,
        programs_write=True,
        unreadable=found.unreadable,
        raw=found.raw,
        settle=settle,
    )
    if verdict.kind is Kind.PERSON:
        return event
    if verdict.kind is Kind.REACTION:
        return replace(event, text=verdict.written, reaction=True, unreadable="", raw="")
    said = verdict.written or verdict.text
    shown = neutral_line(f"{mail.first('subject')}: {said[:1000]}")[:1000]
    lost = verdict.bounce is not None and verdict.bounce.action >= Action.DELAYED
    return replace(event, text=shown, automatic=verdict.reason, undelivered=lost, unreadable="", raw="")


@dataclass(frozen=True, slots=True)
class _Found:
    text: str
    raw: str = ""
    unreadable: str = ""


def _person(arrived: Arrived, mail: Letter, *, verdict: Verdict, attempt: str) -> _Found:
    """What a person wrote, in the text without the signature and in the subject; else why there is nothing."""
    written = verdict.written[:MOST_TEXT].strip()
    passed_on = cry_passed_on(mail, verdict.text)
    if verdict.unreadable and (written or arrived.octets <= len(arrived.raw)):
        return _Found(_lines(written, passed_on)[:MOST_TEXT], _shown(mail), verdict.unreadable)
    subject = written_in(mail.first("subject"), answers=bool(attempt))
    answer = _answer(mail, written, subject=subject, answers=bool(attempt))
    if passed_on:
        why = "" if choice(answer) else WHY
        return _Found(_lines(answer, passed_on)[:MOST_TEXT], _shown(mail), why)
    if not answer:
        cut = arrived.octets > len(arrived.raw)
        why = "no text in what was read of a very large mail" if cut else "nothing is written in it"
        return _Found("", _shown(mail), why)
    raw = "" if written in answer else written
    if (kept := subject or not_ours(mail.first("subject"))) and kept not in answer:
        raw = f"Subject: {kept}\n\n{written}"
    return _Found(answer if attempt else _with_code(answer, mail.first("subject")), raw)


def _answer(mail: Letter, written: str, *, subject: str, answers: bool) -> str:
    names = _names(mail)
    if not written or is_signature(written, names=names):
        return _lines(subject, written)
    return before(subject, unsigned(written, names=names), answers=answers)


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def _names(mail: Letter) -> frozenset[str]:
    """The words of the sender's own name, and of the address before the @."""
    words = re.findall(r"[^\W\d_]{2,40}", mail.first("from")[:500].lower().rpartition("@")[0])
    return frozenset(words)


def _shown(mail: Letter) -> str:
    """A mail that nobody could read, without its trace: for a person who knows what to do with it."""
    head = [f"{name.title()}: {mail.first(name)}" for name in _TELLING if mail.first(name)]
    body = mail.head.body[:MOST_RAW].decode("utf-8", "backslashreplace").replace("\0", "\ufffd")
    return "\n".join([*head, "", body])[:MOST_RAW]


def _with_code(written: str, subject: str) -> str:
    """The question's code is in our subject, which an answer repeats; in the text it is found by all who look."""
    code = _CODE.search(subject)
    return f"{written} {code[0]}" if code and not _CODE.search(written) else written


def _sender(mail: Letter) -> str:
    """The address in From as a URI; as it stands where it is none that we could write to."""
    for name in ("from", "sender", "return-path"):
        for _, address in getaddresses([mail.first(name)[:500]]):
            try:
                return str(parse_address(f"mailto:{address}"))
            except AddressError:
                continue
    return neutral_line(mail.first("from"))[:200]


def _bearer_id(mail: Letter) -> str:
    digest = hashlib.sha256()
    for name in ("message-id", "from", "date", "subject"):
        digest.update(f"{name}:{mail.first(name)}\n".encode("utf-8", "replace"))
    digest.update(mail.head.body.replace(b"\r\n", b"\n").rstrip())
    return digest.hexdigest()[:32]
