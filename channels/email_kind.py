"""What kind of mail came in: a report, an automatic one, or what a person wrote. Pure.

In this order, so that nothing automatic passes for an answer:

| kind        | by what                                                                                         |
|-------------|-------------------------------------------------------------------------------------------------|
| OWN         | X-Bavn-Attempt in its own head: a mail of ours that came back whole, or went round              |
| BOUNCE      | `email_bounce`                                                                                  |
| DISPOSITION | RFC 8098: message/disposition-notification                                                      |
| AUTOMATIC   | RFC 5965 feedback; RFC 3834 Auto-Submitted; a vacation field; Precedence; List-*; null path; subject |
| PERSON      | what is left                                                                                    |

Source of the automatic ones: RFC 3834 2 and 5, RFC 2919 (List-Id), RFC 2369 (List-*), and what Exchange, Notes,
Gmail and vacation(1) write.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from channels.email_bounce import Bounce, bounce, has_null_path
from channels.email_mime import Letter, fields_of
from messages.html_text import html_text
from messages.reply_text import unflowed


class Kind(Enum):
    OWN = auto()
    BOUNCE = auto()
    DISPOSITION = auto()
    AUTOMATIC = auto()
    PERSON = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` says why no person wrote it, '' for PERSON; `read` that a person opened it (DISPOSITION)."""

    kind: Kind
    text: str  # what a reader sees of it
    reason: str = ""
    bounce: Bounce | None = None
    read: bool = False


_LISTS = ("list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "mailing-list")
_VACATION = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-vacation",
    "x-ms-exchange-inbox-rules-loop",
)
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_SUBJECT = re.compile(
    r"""(?:\W*(?:re|sv|aw|vs|svar)\s*:)*\W*(?:
    auto(?:matisk|matic|matique|matische|maattinen|matiskt)?\s?-?(?:svar|reply|response|antwort|vastaus|responder)
    |automatisch\w*\s|réponse\sautomatique|respuesta\sautomática|risposta\sautomatica|autosvar|autoreply
    |out[ -]of[ -](?:the[ -])?office|ooo\b|away\s(?:from|until)|on\s(?:vacation|leave|holiday)\b|vacation\b
    |i\s?am\s(?:away|out)\b|ikke\s(?:til\sstede|på\skontor|på\sarbejde)|fraværende|fravær(?:sbesked)?\b
    |feriebesked|på\sferie\b|ferie(?:svar|autosvar)
    |frånvarande|frånvaro|poissa\b|abwesen|absence\b|ausência|fuori\ssede|afwezig
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FIRST_WORDS = re.compile(
    r"""\W*(?:
    auto(?:matisk|matic|matique|matische|maattinen|matiskt)\s?-?(?:svar|reply|response|antwort|vastaus|genereret|generated)
    |autosvar|auto-?reply|out[ -]of[ -](?:the[ -])?office\b
    |(?:dette|det\sher)\ser\s(?:et|en)\sauto|this\sis\san\sauto|denne\s(?:mail|besked)\ser\s(?:sendt\s)?auto
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_NOBODY = re.compile(
    r"(?:^|[<\s._-])(?:(?:do[-_.]?)?(?:no|not)[-_.]?reply|ingen-?svar|svar-?ikke)[^@\s]{0,40}@", re.IGNORECASE
)
_COMPLAINT = re.compile(r"\W*complaint about (?:message|e-?mail) from", re.IGNORECASE)


def judge(mail: Letter) -> Verdict:
    """The kind of a mail, by its own marks alone."""
    text = _seen(mail)
    if "x-bavn-attempt" in mail.head.fields:
        return Verdict(Kind.OWN, text, "a mail of our own")
    if mail.of_type("message/feedback-report") or _COMPLAINT.match(mail.first("subject")):
        return Verdict(Kind.AUTOMATIC, text, "a complaint about a mail (RFC 5965)")
    if reported := bounce(mail, text=text):
        return Verdict(
            Kind.BOUNCE, text, f"a delivery report: {reported.action.name.lower()}", bounce=reported
        )
    if notification := mail.of_type("message/disposition-notification"):
        return _disposition(notification.text(), text)
    reason = _automatic(mail, text)
    return Verdict(Kind.AUTOMATIC if reason else Kind.PERSON, text, reason)


def _disposition(notification: str, text: str) -> Verdict:
    """Only a person's own display is READ: `automatic-action` is a program's (RFC 8098 3.2.6.1)."""
    said = " ".join(fields_of(notification).get("disposition", ("",))).lower()
    modes, _, kind = said.partition(";")
    read = kind.strip().startswith("displayed") and "manual-action" in modes
    return Verdict(Kind.DISPOSITION, text, f"a read receipt: {said[:100]}", read=read)


def _automatic(mail: Letter, text: str) -> str:
    """Why no person wrote it; '' where a person may have."""
    fields = mail.head.fields
    submitted = mail.first("auto-submitted").lower()
    if submitted and submitted.partition("(")[0].partition(";")[0].strip() != "no":
        return f"Auto-Submitted: {submitted[:60]}"
    if vacation := next((name for name in _VACATION if name in fields), ""):
        return f"it has a field {vacation}"
    if (precedence := mail.first("precedence").lower()) in _PRECEDENCE:
        return f"Precedence: {precedence}"
    if listed := next((name for name in _LISTS if name in fields), ""):
        return f"from a list ({listed})"
    if has_null_path(mail):
        return "sent with the null return path"
    if _NOBODY.search(mail.first("from")[:500]):
        return "from an address that takes no answers"
    if _SUBJECT.match(mail.first("subject")[:200]):
        return "its subject is that of an automatic answer"
    return "its first words are those of an automatic answer" if _FIRST_WORDS.match(text[:400]) else ""


def _seen(mail: Letter) -> str:
    """The plain text, else the text of the HTML; '' without either."""
    part = mail.of_type("text/plain")
    if part is not None and not part.is_attachment and (said := part.text()).strip():
        flowed = part.parameters.get("format", "").lower() == "flowed"
        return unflowed(said, delsp=part.parameters.get("delsp", "").lower() == "yes") if flowed else said
    page = mail.of_type("text/html")
    return html_text(page.text()) if page is not None and not page.is_attachment else ""
