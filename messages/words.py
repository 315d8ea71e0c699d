"""What an alert says to one recipient, before any bearer's limits, and the fixed words that Bavn puts around it.

The words belong to the message: they follow the language of the alert, not that of the staff (`gateway.catalogue`).
"""

from dataclasses import dataclass
from datetime import datetime

from messages.alert_model import MsgType, Withdrawal
from messages.neutral import fold

EXERCISE_MARK = "ØVELSE"
CUT_SIGN = "(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an alert says to one recipient, before a bearer's limits. Codes are without the #: K7."""

    exercise: bool
    msg_type: MsgType
    withdrawal: Withdrawal
    sender_name: str
    headline: str
    text: str
    radio_text: str
    long_text: str
    answers: tuple[tuple[str, str], ...]  # (key, meaning)
    code: str  # what an answer is known by; '': none is asked for
    replaces_code: str  # the code of the alert that is corrected, withdrawn or updated; '': none
    repeated: bool  # sent before over the same channel
    language: str
    sent: datetime
    expires_at: datetime
    two_way: bool = True  # an answer can come back over the bearer; else none is asked for over it
    answer_over: tuple[str, ...] = ()  # schemes over which this recipient can answer instead


@dataclass(frozen=True, slots=True)
class Catalogue:
    kinds: dict[Withdrawal, str]
    answer: str
    answer_by_mail: str
    answer_otherwise: str  # on a bearer that carries no answer back
    not_by_mail: str
    bearers: dict[str, str]  # what a scheme is called; one without a name is never offered
    either: str
    repeated: str
    sent: str
    valid_until: str
    exercise_note: str


DANISH = Catalogue(
    kinds={
        Withdrawal.CORRECTION: "RETTELSE",
        Withdrawal.ALL_CLEAR: "AFVARSLING",
        Withdrawal.UPDATE: "OPDATERING",
    },
    answer="Svar",
    answer_by_mail="Svar på denne mail med",
    answer_otherwise="Svar på {bearers}",
    not_by_mail="Svar ikke på denne mail. Svar på {bearers} med",
    bearers={"sms": "SMS", "sds": "radio", "sbd": "satellit"},
    either="eller",
    repeated="(gentaget)",
    sent="Sendt",
    valid_until="Gælder til",
    exercise_note="Dette er en øvelse.",
)
ENGLISH = Catalogue(
    kinds={
        Withdrawal.CORRECTION: "CORRECTION",
        Withdrawal.ALL_CLEAR: "ALL CLEAR",
        Withdrawal.UPDATE: "UPDATE",
    },
    answer="Reply",
    answer_by_mail="Reply to this mail with",
    answer_otherwise="Reply by {bearers}",
    not_by_mail="Do not reply to this mail. Reply by {bearers} with",
    bearers={"sms": "SMS", "sds": "radio", "sbd": "satellite"},
    either="or",
    repeated="(repeated)",
    sent="Sent",
    valid_until="Valid until",
    exercise_note="This is an exercise.",
)


def catalogue_of(language: str) -> Catalogue:
    """Danish unless the alert is written in something else; then English is what a stranger most likely reads."""
    return DANISH if language.lower().partition("-")[0] in {"", "da"} else ENGLISH


def kind_of(words: Words, catalogue: Catalogue) -> str:
    """`RETTELSE #K7.`: what this is, and of what. A Cancel that does not say is a correction: the safer reading."""
    withdrawal = words.withdrawal
    if withdrawal is Withdrawal.NONE and words.msg_type is MsgType.CANCEL:
        withdrawal = Withdrawal.CORRECTION
    if withdrawal is Withdrawal.NONE and words.msg_type is MsgType.UPDATE:
        withdrawal = Withdrawal.UPDATE
    if withdrawal is Withdrawal.NONE:
        return ""
    kind = catalogue.kinds[withdrawal]
    return f"{kind} #{fold(words.replaces_code)}." if words.replaces_code else f"{kind}."


def asked(words: Words) -> bool:
    """An answer is asked for only where one can come back: over this bearer, or over another of the recipient's."""
    return words.two_way or any(scheme in DANISH.bearers for scheme in words.answer_over)


def otherwise(words: Words, ask: str) -> str:
    catalogue = catalogue_of(words.language)
    names = [catalogue.bearers[scheme] for scheme in words.answer_over if scheme in catalogue.bearers]
    return ask.format(bearers=f" {catalogue.either} ".join(names))


def signed(beginning: str) -> str:
    return f"{beginning.rstrip()} {CUT_SIGN}".lstrip()


def whole_words(body: str, length: int) -> str:
    """At most `length` characters of `body`, back to the end of a word where one is near."""
    if length <= 0:
        return ""
    if length >= len(body) or body[length] == " ":
        return body[:length]
    space = body.rfind(" ", 0, length)
    return body[:space] if space > 0 and length - space <= 15 else body[:length]
