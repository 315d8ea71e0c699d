"""What somebody wrote into the subject of an answer, beside the subject that we wrote. Pure.

Our own subject is `ØVELSE Name: headline #K7 ØVELSE`, and answering programs put `SV:` before it. Nothing of it may
count as an answer, whatever the headline says: what counts stands before the `SV:`, behind the code, or is alone there
and reads as an answer.

| subject                             | somebody wrote |
|-------------------------------------|----------------|
| `1 SV: Strømsvigt #K7`              | `1`            |
| `SV: Strømsvigt #K7 ØVELSE - JA`    | `JA`           |
| `SV: JA`, `JA #K7`                  | `JA`           |
| `SV: Strømsvigt #K7`, `Strømsvigt`  |                |

It stands before what they wrote below, except where that is an answer which it could only blur: `Vandstand`, `På vej`.
"""

import re

from channels.email_choice import choice, cries
from messages.answer import Kind, read_answer
from messages.answer_phrases import HELP
from messages.answer_sense import words_of
from messages.neutral import neutral_line
from messages.render import EXERCISE_MARK

_ANSWERS = re.compile(
    r"(?:^|(?<=\s))(?:(?:re|sv|aw|vs|svar|antw|fwd?|vb|wg|videresendt)\s?(?:\[\d+\])?\s?:\s*)+", re.IGNORECASE
)
_PASSED_ON = re.compile(r"\W*(?:fwd?|vs|videresendt|vb|wg)\s?:", re.IGNORECASE)
_CODE = re.compile(r"#\s?[A-Za-z0-9]{2,8}(?![A-Za-z0-9])")
_TAG = re.compile(r"\[[^\]]{0,40}\]|\*{2,}[^*]{0,40}\*{2,}|\((?:gentaget|repeated)\)", re.IGNORECASE)
_FILTERED = re.compile(r"(?:ekstern\w*|external|ext|e?kst|spam\??|advarsel|warning|caution)", re.IGNORECASE)
_HURRIES = re.compile(r"^\W*haster\b\W*[:!-]\s*(?=\w)", re.IGNORECASE)  # how offices mark any title
_NUMBER = re.compile(r"\W*\d{1,2}\W*")
_DIGIT = re.compile(r"\W*\d{1,2}(?:\W*|[,.:;!-]\s.*)")
_MOST = 200
_FEW_WORDS = 3  # of a cry for help that is no headline about one


def written_in(subject: str, *, answers: bool) -> str:
    """What the sender wrote there; '' for our own. `answers`: the mail names a mail of ours that it answers."""
    line = _TAG.sub(" ", neutral_line(subject[:500])).strip()
    if _PASSED_ON.match(line):
        return ""
    prefix = _ANSWERS.search(line)
    if prefix is None and not answers:
        return _HURRIES.sub("", line)[:_MOST]  # a mail of its own: all of it is theirs
    if prefix is not None and (before := _bare(line[: prefix.start()])):
        return before[:_MOST]
    rest = line[prefix.end() :] if prefix is not None else line
    code = next(reversed(list(_CODE.finditer(rest))), None)  # `RETTELSE #K3. ... #K7`
    if code is not None and (behind := _bare(rest[code.end() :])):
        return behind[:_MOST]
    alone = _bare(rest[: code.start()] if code else rest)
    if code is not None and _tells_of_distress(alone):
        return ""
    return alone[:_MOST] if _reads_as_answer(alone) else ""


def before(subject: str, body: str, *, answers: bool) -> str:
    """`body` with what `written_in` found before it; `body` alone where that is an answer which it could only blur.

    A mail of its own may have any title: `1. påmindelse` is no answer.
    """
    titled = not answers and choice(subject).isdigit() and not _NUMBER.fullmatch(subject)
    answered = choice(body) not in {"", Kind.HELP}  # a cry stays one, whatever stands before it
    same = answered and choice(subject) == choice(body)
    if titled or same or (answered and choice(subject) in {"", Kind.YES, Kind.SEEN}):
        return body
    return f"{subject}\n{body}" if subject else body


def cries_shortly(subject: str) -> bool:
    """Whether it is a cry for help, and no headline about one."""
    return len(subject.split()) <= _FEW_WORDS and cries(subject)


def is_passed_on(subject: str) -> bool:
    return _PASSED_ON.match(_TAG.sub(" ", neutral_line(subject[:500])).strip()) is not None


def not_ours(subject: str) -> str:
    """The subject where no code shows that we wrote it: it may tell something that the text does not."""
    line = neutral_line(subject[:_MOST])
    return "" if _CODE.search(line) else _ANSWERS.sub("", line, count=1).strip()


def _bare(text: str) -> str:
    """Without our marks and what only joins; '' without a letter or a digit."""
    bare = text.replace(EXERCISE_MARK, " ").strip(" \t-–—:|/,;")
    return bare if any(map(str.isalnum, bare)) and not _FILTERED.fullmatch(bare) else ""


def _tells_of_distress(text: str) -> bool:
    """`Gasudslip #K7` is our headline: with our code behind it only the very words of a cry are somebody's."""
    return read_answer(text, ()).kind is Kind.HELP and " ".join(words_of(text)) not in HELP


def _reads_as_answer(text: str) -> bool:
    if not text:
        return False
    kind = read_answer(text, ()).kind
    if kind is Kind.HELP:
        return cries_shortly(text)
    return bool(_DIGIT.fullmatch(text)) or kind not in {Kind.UNREAD, Kind.REACTION}
