"""What a person wrote in an answering mail: without the quotation, what programs add, and the signature. Pure.

The text above a quotation is the answer. Where nothing but a greeting stands above one marked by >, the answer stands
below or between, and the lines without > are it. In doubt too much is kept rather than too little: it is a person who
reads what no rule understood.
"""

from collections.abc import Set

from messages.neutral import neutral
from messages.quote_marks import (
    ADDRESS,
    BANNER,
    BELOW,
    CLOCK,
    DATE,
    DEVICE,
    DIVIDER,
    FROM_LABELS,
    GREETING,
    LABEL,
    MARKED_OUTSIDE,
    OTHER_LABELS,
    POINTER,
    RULE,
    SIGNATURE,
    WARNS,
    WHOLE_BANNER,
    WROTE,
)
from messages.signature import without_signature

MOST_CHARACTERS = 64_000
_MOST_LINES = 2_000
_LONGEST_LINE = 1_000  # of one that could be a mark
_ATTRIBUTION_LINES = 4  # a long one is wrapped
_BANNER_LINES = 4  # a long one is wrapped
_MOST_BANNERS = 3  # the organisation's, and its mail program's
_HEAD_LINES = 6  # within which the second label of a head stands


def reply_text(text: str) -> str:
    """What was written in `text`, with how it is signed; '' where nothing was. At most `MOST_CHARACTERS` are read."""
    lines = neutral(text[:MOST_CHARACTERS]).split("\n")[:_MOST_LINES]
    lines = _without_banner([line.rstrip() for line in lines])
    return "\n".join(_without_end(_written(lines))).strip()


def unsigned(text: str, *, names: Set[str] = frozenset()) -> str:
    """The answer in what `reply_text` found; `names`: the words of the sender's own name, in lower case."""
    return "\n".join(without_signature(text.split("\n"), names=names)).strip()


def unflowed(text: str, *, delsp: bool = False) -> str:
    """`text` in format=flowed with its paragraphs on one line each (RFC 3676 4.1 to 4.5)."""
    lines: list[str] = []
    joins = False
    for line in text.split("\n"):
        line = line.rstrip("\r")
        bare = line.lstrip(">")
        depth, said = len(line) - len(bare), bare.removeprefix(" ")
        flows = said.endswith(" ") and said != "-- "
        if joins and _depth(lines[-1]) == depth and said != "-- ":
            lines[-1] += said
        else:
            lines.append(f"{'>' * depth} {said}" if depth else said)
        if flows and delsp:
            lines[-1] = lines[-1][:-1]
        joins = flows
    return "\n".join(lines)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(">"))


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith((">", "|>"))


def _written(lines: list[str]) -> list[str]:
    """The lines outside of the quotation."""
    for place, line in enumerate(lines):
        if len(line) > _LONGEST_LINE:
            continue
        if _is_quoted(line):
            return _around(lines, above=place, below=place)
        if length := _attribution(lines, place):
            return _around(lines, above=place, below=place + length)
        if is_head(lines, place) or DIVIDER.fullmatch(line):
            return _without_rules(lines[:place])
    return lines


def _around(lines: list[str], *, above: int, below: int) -> list[str]:
    """Above the quotation, unless that says to look below, or nothing but a greeting stands there."""
    before = _without_rules(lines[:above])
    said = [line for line in before if line.strip()]
    answers_above = bool(said) and not (len(said) == 1 and GREETING.fullmatch(said[0]))
    if answers_above and not any(BELOW.search(line) for line in said):
        return before
    after = lines[below:]
    if not any(map(_is_quoted, after)):
        return before  # a quotation without marks: nobody can tell where it ends
    return [line for line in before if not POINTER.fullmatch(line[:_LONGEST_LINE])] + _unquoted(after)


def _unquoted(lines: list[str]) -> list[str]:
    """What is not quoted, down to a head that quotes the rest. Blank lines inside of a quotation are dropped."""
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if is_head(lines, place) or DIVIDER.fullmatch(line[:_LONGEST_LINE]):
            break
        if _is_quoted(line):
            place += 1
        elif length := _attribution(lines, place):
            place += length
        else:
            kept.append(line)
            place += 1
    return kept


def _attribution(lines: list[str], place: int) -> int:
    """How many lines from here say who wrote when, right before what they wrote; 0 if these do not."""
    first = lines[place].strip()
    if not first or len(first) > _LONGEST_LINE:
        return 0
    joined = ""
    for length, line in enumerate(lines[place : place + _ATTRIBUTION_LINES], start=1):
        if not line.strip() and length > 1:
            return 0
        joined = f"{joined} {line.strip()}"[:_LONGEST_LINE]
        if _says_who_wrote(joined.strip(), quoted=_quotation_follows(lines, place + length)):
            return 0 if _begins_later(lines, place, length) else length
    return 0


def _begins_later(lines: list[str], place: int, length: int) -> bool:
    """Whether the first of these lines is the end of the answer: those after it say who wrote when without it."""
    rests = (" ".join(lines[n : place + length]) for n in range(place + 1, place + length))
    return any(DATE.search(rest) and _says_who_wrote(rest.strip(), quoted=False) for rest in rests)


def _says_who_wrote(line: str, *, quoted: bool) -> bool:
    verb, address = WROTE.search(line), ADDRESS.search(line)
    if verb is None:  # `30.09.2017, 18.30, "Navn" <a@b>:`
        return bool(address and line.endswith(">:") and DATE.search(line) and CLOCK.search(line))
    ends = line.endswith(":") or line[verb.end() :].strip(" :") == ""
    return ends and (quoted or bool(DATE.search(line) or address))


def _quotation_follows(lines: list[str], place: int) -> bool:
    following = next((line for line in lines[place : place + 3] if line.strip()), "")
    return _is_quoted(following)


def is_head(lines: list[str], place: int) -> bool:
    """A line `From:` (`Fra:`, `Von:`) with another such label soon after it, one of which is not From."""
    if label_of(lines[place]) not in FROM_LABELS:
        return False
    following = [label_of(line) for line in lines[place + 1 : place + _HEAD_LINES] if line.strip()]
    others = [label for label in following if label in OTHER_LABELS]
    return len(set(others)) >= 2 or (bool(others) and ADDRESS.search(lines[place]) is not None)


def label_of(line: str) -> str:
    match = LABEL.match(line[:200])
    return match[1].lower().strip() if match else ""


def _without_rules(lines: list[str]) -> list[str]:
    """Without blank lines and drawn ones at the end."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or RULE.fullmatch(lines[end - 1])):
        end -= 1
    return lines[:end]


def _without_end(lines: list[str]) -> list[str]:
    """Without signature and what a phone adds; a mark on the first line that says something ends nothing."""
    said = False
    for place, line in enumerate(lines):
        marks = SIGNATURE.fullmatch(line) or RULE.fullmatch(line) or DEVICE.fullmatch(line[:_LONGEST_LINE])
        if marks and said:
            return lines[:place]
        said = said or (bool(line.strip()) and not marks)
    return [line for line in lines if not DEVICE.fullmatch(line[:_LONGEST_LINE])]


def _without_banner(lines: list[str]) -> list[str]:
    """Without the warnings of filters above what was written."""
    for _ in range(_MOST_BANNERS):
        below = lines[_banner(lines) :]
        if not any(line.strip() for line in below):
            return lines
        lines = below
    return _without_mark(lines)


def _without_mark(lines: list[str]) -> list[str]:
    """`[EKSTERN] Kommer` is `Kommer`; a mark alone is all that was written."""
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    mark = MARKED_OUTSIDE.match(lines[first][:200]) if lines else None
    if mark is None or not lines[first][mark.end() :].strip():
        return lines
    return [lines[first][mark.end() :], *lines[first + 1 :]]


def _banner(lines: list[str]) -> int:
    """How many lines a filter put on top: one that is whole by itself, or the first paragraph; 0 without one."""
    start = next((n for n, line in enumerate(lines) if line.strip()), 0)
    end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    for below in range(start + 1, min(start + _BANNER_LINES, end) + 1):
        said = " ".join(line.strip() for line in lines[start:below])
        if len(said) < _LONGEST_LINE and WHOLE_BANNER.fullmatch(said):
            return below
    paragraph = " ".join(lines[start:end])
    warns = len(paragraph) < _LONGEST_LINE and (BANNER.match(paragraph) or WARNS.match(paragraph))
    return end if warns and end < len(lines) else 0
