"""An inbound mail as an event for the hub. Pure; never answers anybody, whatever it reads.

| mail                                          | of an attempt of ours    | of none                      |
|-----------------------------------------------|--------------------------|------------------------------|
| delivery report: delivered                    | Report DELIVERED         | Inbound, automatic           |
| delivery report: relayed, expanded            | Report SUBMITTED         | Inbound, automatic           |
| delivery report: delayed                      | Report UNKNOWN           | Inbound, automatic           |
| delivery report: failed                       | Report REFUSED           | Inbound, automatic           |
| read receipt: displayed by a person           | Report READ              | Inbound, automatic           |
| read receipt: deleted, by a program, others   | Report UNKNOWN           | Inbound, automatic           |
| automatic answer, list                        | Inbound, automatic       | Inbound, automatic           |
| a mail of our own                             | Inbound, automatic, about nothing                       |
| a person's words                              | Inbound, `in_reply_to`   | Inbound                      |
| nothing written above the quotation           | Inbound, automatic       | Inbound, automatic           |

An attempt is ours where the mail brings its tag back (`email_names`): in In-Reply-To, References, the quoted or
returned original, or the report's own fields. Where it does not, the code in the text or in the subject is left.
`bearer_id` is a digest of what is the same in every copy of a mail: the trace fields that servers add are left out, so
that a mail which came twice counts once; two mails with one Message-ID are still two.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import getaddresses

from channels.base import Inbound, Report
from channels.email_bounce import Action, Bounce
from channels.email_kind import Kind, Verdict, judge
from channels.email_mime import Letter, letter
from channels.email_names import Names
from messages.address import AddressError, parse_address
from messages.evidence import Evidence
from messages.neutral import neutral_line
from messages.reply_text import reply_text

MOST_TEXT = 10_000  # characters of an answer that are kept
_MOST_SEARCHED = 200_000  # characters in which a name is looked for
_CODE = re.compile(r"#\s?[A-Za-z0-9]{2,8}(?![A-Za-z0-9])")
_ANSWERS = re.compile(r"\W*(?:re|sv|aw|vs|svar|antw)\s*:", re.IGNORECASE)

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
    written = reply_text(verdict.text)[:MOST_TEXT].strip()
    reason = verdict.reason
    if verdict.kind is Kind.PERSON and not written:
        written = "" if attempt else _subject_alone(mail)
        if not written:
            cut = arrived.octets > len(arrived.raw)
            reason = "no text in what was read of a very large mail" if cut else "nothing is written in it"
    elif verdict.kind is not Kind.PERSON:
        written = neutral_line(f"{mail.first('subject')}: {written or verdict.text[:1000]}")[:1000]
    if not attempt and not reason:
        written = _with_code(written, mail.first("subject"))
    return Inbound(
        bearer_id=_bearer_id(mail),
        sender=_sender(mail),
        text=written,
        at=arrived.at,
        in_reply_to=attempt,
        automatic=reason,
        settle=settle,
    )


def _subject_alone(mail: Letter) -> str:
    """Some write the answer into the subject of a new mail; that of an answer is our own."""
    subject = neutral_line(mail.first("subject"))
    return "" if _ANSWERS.match(subject) else subject[:200]


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
