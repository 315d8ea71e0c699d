"""What the number in an answer means, for people who did not write the question: `4` is `liv i fare`."""

from messages.answer import Options, read_answer, without_codes
from messages.neutral import neutral_line


def without_its_code(text: str, code: str) -> str:
    """What was written, on one line, without the codes that only say which question it answers."""
    return neutral_line(without_codes(text, code)).strip(" :;,-") or neutral_line(text)


def words_beside(text: str, options: Options, *, code: str = "") -> str:
    """What was written, where more is said beside the option than anybody would write: '' where it is not."""
    return without_its_code(text, code) if read_answer(text, options, code=code).beside else ""


def meaning(text: str, options: Options, *, code: str = "") -> tuple[str, str]:
    """The key that the text names, or begins with, and its meaning; two empty ones where that says nothing more."""
    said, offered = without_its_code(text, code), dict(options)
    key = read_answer(said, options).option or next(iter(said.split()), "")
    what = neutral_line(offered.get(key, ""))
    return (key, what) if what and what.lower() not in said.lower() else ("", "")
