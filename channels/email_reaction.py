"""A reaction to a mail: a thumb that Gmail, Outlook or a phone sends instead of words. Pure.

| program           | what comes                                                                              |
|-------------------|-----------------------------------------------------------------------------------------|
| Gmail             | a part `text/vnd.google.email-reaction+json` beside "👍" and who reacted                 |
| Outlook           | "Hans Hansen reacted to your message:" above the quotation, or such a subject           |
| phones            | `Liked "..."`, `Synes godt om "..."`, `Loved an image`: messages.answer knows them       |

It shows that somebody opened the mail, and it is no answer: a dislike is no no. Google's form: "Reactions to emails",
developers.google.com/gmail/reactions/format, read in November 2026.
"""

import re

from channels.email_mime import Letter
from messages.answer import Kind, read_answer
from messages.neutral import neutral_line

_GMAIL = "text/vnd.google.email-reaction+json"
_REACTED = re.compile(
    r"""\W{0,6}(?:[^\n"“]{1,80}?\s)?(?:
    (?:dis)?liked\s(?:your|a|an|the)\s(?:message|e-?mail|mail|image|photo)
    |(?:loved|hearted|laughed\sat|emphasi[sz]ed|questioned|celebrated)\s(?:your|a|an|the)\s(?:message|e-?mail|mail|image|photo|movie)
    |reacted\s(?:with\s)?.{0,20}?\s?(?:to\s(?:your|a|an|the)\s(?:message|e-?mail|mail)|via\sgmail)
    |(?:har\s)?reageret\s(?:med\s)?.{0,20}?\s?(?:på\s(?:din|en)\s(?:besked|mail|e-?mail|meddelelse)|via\sgmail)
    |reagerede\s(?:med\s)?.{0,20}?\s?(?:på\s(?:din|en)\s(?:besked|mail|e-?mail|meddelelse)|via\sgmail)
    |syn(?:e|te)s\s(?:ikke\s)?godt\som\s(?:din|en|et|dit)\s(?:besked|mail|e-?mail|meddelelse|billede|foto)
    |(?:elsker|elskede|fremhævede|lo\sad|grinede\sad)\s(?:din|en|et|dit)\s(?:besked|mail|e-?mail|meddelelse|billede|foto)
    )\b(?:\s*<[^>\n]{0,200}>)?[^\w\n]*""",
    re.IGNORECASE | re.VERBOSE,
)


def reaction(mail: Letter, *, written: str) -> str:
    """What to show of a reaction; '' for what is none. `written` is what stands above the quotation."""
    if mail.of_type(_GMAIL) is not None:
        return neutral_line(written)[:200] or "Gmail"
    if _REACTED.fullmatch(written[:400] or _subject(mail)):
        return neutral_line(written or mail.first("subject"))[:200]
    return neutral_line(written)[:200] if read_answer(written, ()).kind is Kind.REACTION else ""


def _subject(mail: Letter) -> str:
    return neutral_line(mail.first("subject"))[:400]
