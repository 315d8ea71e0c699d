"""Whether a program wrote a mail: for certain, perhaps, or by no sign at all. Pure.

| sign                                                                       | says                     |
|----------------------------------------------------------------------------|--------------------------|
| RFC 5965 feedback, another multipart/report, Auto-Submitted other than no  | a program                |
| X-Autoreply and its sisters, Precedence: auto_reply, null return path      | a program                |
| an inbox rule of the sender's own mailbox (Exchange)                       | a program                |
| From an address that takes no answers                                      | a program                |
| the subject or the first words of an automatic answer                      | a program                |
| Precedence: bulk, list or junk; List-*                                     | perhaps: groups add them |
| such a subject behind `SV:`                                                | perhaps: it is answered  |
| the words of an absence, of a receipt; a ticket's number in the subject    | perhaps: people say them |
| X-Auto-Response-Suppress                                                   | nothing: Outlook adds it |

Sources: RFC 3834 2 and 5, RFC 2919 (List-Id), RFC 2369 (List-*), MS-OXCMAIL 2.2.3.2.14 (X-Auto-Response-Suppress), and
what Exchange, Notes, Gmail and vacation(1) write.
"""

import re
from dataclasses import dataclass

from channels.email_automatic_words import ABSENT, FIRST_WORDS, PERHAPS, SUBJECT
from channels.email_bounce import has_null_path
from channels.email_mime import Letter
from messages.answer import Kind, read_answer
from messages.quote_marks import GREETING

_LISTS = ("list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "mailing-list")
_VACATION = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-vacation",
)
_RULES = "x-ms-exchange-inbox-rules-loop"  # also on what somebody's rule only passes on
_PRECEDENCE = frozenset({"auto_reply", "auto-reply"})
_BULK = frozenset({"bulk", "junk", "list"})
_ABSENT_WITHIN = 250  # characters
_KEY = re.compile(r"\W*\d{1,2}(?:\W*$|\s*[,;:]\s)")
_NOBODY = re.compile(
    r"(?:^|[<\s._-])(?:(?:do[-_.]?)?(?:no|not)[-_.]?reply|ingen-?svar|svar-?ikke)[^@\s]{0,40}@", re.IGNORECASE
)
_COMPLAINT = re.compile(r"\W*complaint about (?:message|e-?mail) from", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signs:
    """`certain`: why a program wrote it; `doubtful`: why one may have. Each '' where nothing says so."""

    certain: str = ""
    doubtful: str = ""


def signs(mail: Letter, *, text: str, written: str) -> Signs:
    """`text` is what a reader sees of it, `written` what stands above the quotation."""
    if certain := _by_fields(mail) or _by_words(mail, text):
        return Signs(certain)
    return Signs("", _perhaps(mail, written))


def is_complaint(mail: Letter) -> bool:
    """RFC 5965, and what looks like it."""
    told = mail.of_type("message/feedback-report") is not None
    return told or _COMPLAINT.match(mail.first("subject")) is not None


def _by_fields(mail: Letter) -> str:
    fields = mail.head.fields
    submitted = mail.first("auto-submitted").lower()
    if submitted and submitted.partition("(")[0].partition(";")[0].strip() != "no":
        return f"Auto-Submitted: {submitted[:60]}"
    if vacation := next((name for name in _VACATION if name in fields), ""):
        return f"it has a field {vacation}"
    if (mailbox := mail.first(_RULES).lower()) and mailbox in mail.first("from").lower():
        return "an inbox rule of the sender wrote it"
    if (precedence := mail.first("precedence").lower()) in _PRECEDENCE:
        return f"Precedence: {precedence}"
    if mail.head.content_type == "multipart/report":
        return f"a report ({mail.head.parameters.get('report-type', 'of no type')[:40]})"
    return "sent with the null return path" if has_null_path(mail) else ""


def _by_words(mail: Letter, text: str) -> str:
    if _NOBODY.search(mail.first("from")[:500]):
        return "from an address that takes no answers"
    subject = SUBJECT.match(mail.first("subject")[:200])
    if subject is not None and not subject["answered"]:
        return "its subject is that of an automatic answer"
    return "its first words are those of an automatic answer" if FIRST_WORDS.match(text[:400]) else ""


def _perhaps(mail: Letter, written: str) -> str:
    if (precedence := mail.first("precedence").lower()) in _BULK:
        return f"Precedence: {precedence}"
    if listed := next((name for name in _LISTS if name in mail.head.fields), ""):
        return f"from a list ({listed})"
    if SUBJECT.match(mail.first("subject")[:200]):
        return "its subject is that of an answer to an automatic answer"
    if PERHAPS.match(mail.first("subject")[:200]):
        return "its subject is that of a receipt"
    absent = ABSENT.search(written[:_ABSENT_WITHIN]) is not None and not _begins_as_answer(written)
    return "it speaks as an automatic answer does" if absent else ""


def _begins_as_answer(written: str) -> bool:
    """`2`, `Nej`, and below it why: no program begins so."""
    lines = (line for line in written.split("\n") if line.strip() and not GREETING.fullmatch(line))
    first = next(lines, "")
    clause = re.split(r"[,.;!]", first, maxsplit=1)[0]
    return _KEY.match(first) is not None or any(
        read_answer(each, ()).kind in {Kind.YES, Kind.NO} for each in (first, clause)
    )
