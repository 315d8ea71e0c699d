"""A cry for help in a mail that somebody passes on: it is heard, and answers nothing. Pure.

What is passed on is what a forwarding mail quotes, or has in it whole (message/rfc822); of our own mails nothing is.
"""

from channels.email_choice import cries
from channels.email_mime import Letter, letter
from channels.email_subject import cries_shortly, is_passed_on, not_ours
from channels.email_text import seen
from messages.answer_over import titles_a_document
from messages.passed_on import is_ours, passed_on, says_forwarded
from messages.reply_text import reply_text, unsigned

WHY = "it passes on what somebody else wrote"
_MOST_INNER = 5


def cry_passed_on(mail: Letter, text: str) -> str:
    """The words that cry for help in what is passed on, each line behind a mark; '' where none does.

    `text` is what a reader sees of the mail.
    """
    found, title = _inner(mail), mail.first("subject")
    if is_passed_on(title) or says_forwarded(text):
        found += passed_on(text) or [(not_ours(title), "")]
    crying = [
        (subject, words)
        for subject, words in found
        if cries(_below(subject, words)) or cries_shortly(not_ours(subject))
    ]
    lines = [line for each in crying for said in each if said for line in said.split("\n")]
    return "\n".join(f"> {line}" for line in lines)


def _below(subject: str, words: str) -> str:
    """A newsletter or an instruction that is passed on is read as one."""
    return f"{subject}\n{words}" if titles_a_document(subject) else words


def _inner(mail: Letter) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for part in [each for each in mail.parts if each.content_type == "message/rfc822"][:_MOST_INNER]:
        inner = letter(part.octets())
        text = seen(inner).text
        if "x-bavn-attempt" not in inner.head.fields and not is_ours(text):
            found += [(inner.first("subject"), unsigned(reply_text(text))), *passed_on(text)]
    return found
