"""How a preview looks at a terminal of 80 columns: the plan of each recipient, then the text of each channel."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.catalogue import Catalogue
from gateway.cli.drawing import in_line, plain

Json = Mapping[str, Any]
PLANS_MOST = 20  # recipients whose plan is drawn; --json has them all


def preview_view(found: Json, words: Catalogue) -> Group:
    """What would be sent, to whom and as what; that nothing was sent is said first."""
    plane = "bold red" if found["plane"] == "live" else "bold cyan"
    number = found["recipients"]
    who = words("send.one") if number == 1 else words("send.many", n=number)
    title = Text.assemble(
        (words.known("status", found["status"]), plane),
        f"  {words('precedence.' + found['precedence'])}  {who}  ",
        (words("preview.nothing_sent"), "bold"),
    )
    parts: list[RenderableType] = [title, Text(), _plan(found["plan"], words)]
    for each in found["texts"]:
        parts += [Text(), _heading(each, words), Padding(plain(_said(each, words)), (0, 0, 0, 2))]
    return Group(*parts)


def _plan(plan: Sequence[Json], words: Catalogue) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", expand=False)
    for name, most in (("recipient", 20), ("first", 24), ("then", 30)):
        table.add_column(words(f"preview.{name}"), overflow="fold", max_width=most)
    for each in plan[:PLANS_MOST]:
        first = [_way(way, words) for way in each["ways"] if way["at_once"]]
        then = [_way(way, words) for way in each["ways"] if not way["at_once"]]
        none = "" if each["ways"] else words("preview.no_way")
        table.add_row(in_line(each["recipient"]), plain(" + ".join(first) or none), plain(", ".join(then)))
    left_out = len(plan) - PLANS_MOST
    return Group(table, Text(words("preview.more", n=left_out))) if left_out > 0 else table


def _way(way: Json, words: Catalogue) -> str:
    """Its channel, and that an operator has closed it: over that nothing leaves."""
    return f"{way['channel']} ({words('channels.disabled')})" if way["disabled"] else str(way["channel"])


def _heading(text: Json, words: Catalogue) -> Text:
    """`sms-a (sms-modem), 2 modtagere: 1 del, 98 tegn`; a bearer of whole texts has no parts to count."""
    number, signs = text["recipients"], len(text["text"])
    who = words("send.one") if number == 1 else words("send.many", n=number)
    key = "preview.counted_one" if text["parts"] == 1 else "preview.counted"
    counted = "" if text["subject"] or text["problem"] else words(key, parts=text["parts"], signs=signs)
    return Text.assemble((text["channel"], "bold"), f" ({text['bearer']}), {who}", counted)


def _said(text: Json, words: Catalogue) -> str:
    if text["problem"]:
        return words("preview.problem")
    subject = words("preview.subject", subject=text["subject"]) if text["subject"] else ""
    said: str = text["text"].rstrip()
    return f"{subject}\n\n{said}" if subject else said
