"""What words choose as far as they show it without the question: to tell an answer from other words. Pure."""

import re

from messages.answer import Kind, read_answer

_KEY = re.compile(
    r"\W*(?:#?\s?[A-Za-z]\d{1,3}\s+)?(\d{1,2})(?!\w|[.,:/-]\d|\s*=)"
)  # behind a code too: `#K7 1`


def choice(text: str) -> str:
    """`1`, `yes`, `no`, `seen` or `help`; '' for words that show no choice."""
    if not text.strip():
        return ""
    kind = read_answer(text, ()).kind
    if kind is not Kind.HELP and (key := _KEY.match(text)):
        return key[1]
    return "" if kind in {Kind.UNREAD, Kind.REACTION} else kind.value


def cries(text: str) -> bool:
    """Whether somebody calls for help in it."""
    return choice(text) == Kind.HELP.value
