"""What kind of mail came in: a report, an automatic one, or what a person wrote. Pure.

In this order, so that nothing automatic passes for an answer:

| kind        | by what                                                                                         |
|-------------|-------------------------------------------------------------------------------------------------|
| OWN         | X-Bavn-Attempt in its own head: a mail of ours that came back whole, or went round              |
| BOUNCE      | `email_bounce`                                                                                  |
| DISPOSITION | RFC 8098: message/disposition-notification                                                      |
| REACTION    | `email_reaction`                                                                                |
| AUTOMATIC   | RFC 5965 (complaints, looked for first); `email_automatic`, for certain                         |
| PERSON      | what is left; `doubtful` and `unreadable` say how sure that is                                  |
"""

from dataclasses import dataclass
from enum import Enum, auto

from channels.email_automatic import is_complaint, signs
from channels.email_bounce import Bounce, bounce
from channels.email_choice import choice
from channels.email_mime import Letter, fields_of
from channels.email_reaction import reaction
from channels.email_text import seen
from messages.reply_text import reply_text


class Kind(Enum):
    OWN = auto()
    BOUNCE = auto()
    DISPOSITION = auto()
    REACTION = auto()
    AUTOMATIC = auto()
    PERSON = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` says why no person wrote it, '' for PERSON and REACTION; `read` that a person opened it (DISPOSITION).

    Of a PERSON's mail `doubtful` says why a program may have written it, `unreadable` why its text is none.
    """

    kind: Kind
    text: str  # what a reader sees of it
    written: str = ""  # of that, what stands above the quotation
    reason: str = ""
    bounce: Bounce | None = None
    read: bool = False
    doubtful: str = ""
    unreadable: str = ""


def judge(mail: Letter) -> Verdict:
    """The kind of a mail, by its own marks alone."""
    found = seen(mail)
    text = found.text
    if "x-bavn-attempt" in mail.head.fields:
        return Verdict(Kind.OWN, text, reason="a mail of our own")
    if is_complaint(mail):
        return Verdict(Kind.AUTOMATIC, text, reason="a complaint about a mail (RFC 5965)")
    if reported := bounce(mail, text=text):
        reason = f"a delivery report: {reported.action.name.lower()}"
        return Verdict(Kind.BOUNCE, text, reason=reason, bounce=reported)
    if notification := mail.of_type("message/disposition-notification"):
        return _disposition(notification.text(), text)
    written = reply_text(text) or _typed_behind_a_mark(text)
    by = signs(mail, text=text, written=written)
    if not by.certain and (shown := reaction(mail, written=written)):
        return Verdict(Kind.REACTION, text, shown)
    if by.certain:
        return Verdict(Kind.AUTOMATIC, text, written, by.certain)
    return Verdict(Kind.PERSON, text, written, doubtful=by.doubtful, unreadable=found.unreadable)


def _disposition(notification: str, text: str) -> Verdict:
    """Only a person's own display is READ: `automatic-action` is a program's (RFC 8098 3.2.6.1)."""
    said = " ".join(fields_of(notification).get("disposition", ("",))).lower()
    modes, _, kind = said.partition(";")
    read = kind.strip().startswith("displayed") and "manual-action" in modes
    return Verdict(Kind.DISPOSITION, text, reason=f"a read receipt: {said[:100]}", read=read)


def _typed_behind_a_mark(text: str) -> str:
    """`> 1`, where nothing else stands: there is no quotation of one line that is an answer."""
    bare = text.strip().lstrip(">").strip()
    return bare if "\n" not in bare and choice(bare) else ""
