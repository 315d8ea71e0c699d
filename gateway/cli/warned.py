"""The warnings of an accepted or previewed alert, in the words of the catalogue: who has no way, what is left out."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.catalogue import Catalogue
from messages.neutral import neutral_line

Json = Mapping[str, Any]
_CONTENT, _AROUND = ("headline", "text", "radio_text"), ("sender_name", "answers")


def lines(warnings: Iterable[Json], words: Catalogue) -> list[str]:
    """One line a warning. A kind that this program does not know yet stands in the hub's own sentence."""
    return [neutral_line(_line(each, words)) for each in warnings]


def _line(warning: Json, words: Catalogue) -> str:
    kind = warning["kind"]
    if kind in {"no_route", "all_down"}:
        who = ", ".join(warning["recipients"])
        return words(f"send.{kind}", who=who, why=reason(warning, words))
    if kind == "shortened":
        ways, over = ", ".join(warning["channels"]), warning["over"]
        return words("warning.shortened", ways=ways, what=shortening(warning, words), over=over)
    if kind == "not_carried":
        return words("warning.not_carried", ways=", ".join(warning["channels"]))
    if kind == "cannot_prove":
        who, ways = ", ".join(warning["recipients"]), ", ".join(warning["channels"])
        key = "cannot_answer" if warning["want"] == "acknowledged" else "cannot_prove"
        return words(f"warning.{key}", who=who, ways=ways, want=words.known("evidence", warning["want"]))
    if kind == "not_here":
        return words("warning.not_here", what=", ".join(warning["references"]))
    if kind == "left_out":
        return words("warning.left_out", who=", ".join(warning["recipients"]))
    if kind == "as_correction":
        earlier, code = warning["codes"]
        return words("warning.as_correction", n=warning["count"], earlier=earlier, code=code)
    return words("check.doubt", what=warning["detail"])


def reason(found: Json, words: Catalogue) -> str:
    """Why there is no way: {"why", "about"} in words."""
    key = f"no_way.{found['why']}"
    return words(key, about=", ".join(found["about"])) if key in words else found["why"]


def shortening(found: Json, words: Catalogue) -> str:
    """What a short text carries and what it leaves out."""
    lost = [words(f"warning.{name}") for name in _CONTENT if name in found["left_out"]]
    pieces = [words(f"warning.without_{name}") for name in _AROUND if name in found["left_out"]]
    if found["cut"]:
        pieces.insert(0, words("warning.cut"))
    elif lost:
        both = f" {words('warning.and')} "
        carried = [words(f"warning.{name}") for name in found["carries"]]
        pieces.insert(0, words("warning.only", carried=both.join(carried), lost=both.join(lost)))
    return ", ".join(pieces)
