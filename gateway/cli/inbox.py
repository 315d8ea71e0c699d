"""`bavn inbox`: what came in and needs a person, who has taken it, and what came of it."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.catalogue import Catalogue
from gateway.cli.desk import ConfigOption, Desk, JsonOption, LangOption, at_desk
from gateway.cli.send import one_of
from gateway.cli.standing import Json, clock, wall_now

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


class What(StrEnum):
    TAKE = "take"
    DONE = "done"
    IS = "is"


def inbox(
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", min=1, help="One message: its number in the list")
    ] = None,
    what: Annotated[
        What | None,
        typer.Argument(
            parser=one_of(What), metavar="[take|done|is]", help="Take it, tick it off, or say whose it is"
        ),
    ] = None,
    who: Annotated[str | None, typer.Argument(metavar="[WHO]", help="With is: the contact's id")] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who takes it or ticks it off")] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="With done: what came of it")] = "",
    alert: Annotated[str, typer.Option(metavar="ALERT", help="With is: the alert that it answers")] = "",
    everything: Annotated[bool, typer.Option("--all", metavar="", help="Also what has been handled")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """See what came in and needs a person.

    Here stand answers on which somebody must act at once, answers from addresses that were not asked, and what
    matches no question. Each stays until it is ticked off.
    """
    _check(number, what, who, note=note, alert=alert)
    desk = at_desk(config, lang, as_json=as_json)
    if number is None:
        return _list(desk, everything=everything)
    if what is None:
        return _one(desk, _found(desk, number), "inbox.one")
    fields = {"by": by, "note": note, "alert": alert, "contact": who or ""}
    path = f"/inbox/{number}/{what.value}"
    return _one(desk, desk.hub.post(path, {k: v for k, v in fields.items() if v}), f"inbox.{what.value}")


def _check(number: int | None, what: What | None, who: str | None, *, note: str, alert: str) -> None:
    if what is What.IS and not who:
        raise typer.BadParameter(f"is missing: write bavn inbox {number} is souschef", param_hint="WHO")
    if who and what is not What.IS:
        raise typer.BadParameter(f"goes with is: write bavn inbox {number} is {who}", param_hint="WHO")
    if note and what is not What.DONE:
        raise typer.BadParameter("goes with done", param_hint="--note")
    if alert and what is not What.IS:
        raise typer.BadParameter("goes with is", param_hint="--alert")


def _found(desk: Desk, number: int) -> Json:
    item: Json = desk.hub.get(f"/inbox/{number}")
    return item


def _list(desk: Desk, *, everything: bool) -> None:
    found = desk.hub.get(f"/inbox{'?all=1' if everything else ''}")
    desk.screen.whole(found)
    if not found["items"]:
        desk.screen.people(desk.words("inbox.none"))
    for item in found["items"]:
        if not desk.screen.json:
            desk.screen.show(_drawn(item, desk))
        desk.screen.result(*_fields(item))


def _one(desk: Desk, item: Json, key: str) -> None:
    desk.screen.whole(dict(item))
    if not desk.screen.json:
        desk.screen.show(_drawn(item, desk))
    desk.screen.result(*_fields(item))
    if key != "inbox.one":
        desk.screen.people(
            desk.words(key, number=item["number"], owner=item["owner"] or "", who=item["recipient"] or "")
        )


def _fields(item: Json) -> tuple[object, ...]:
    state = "urgent" if item["urgent"] and item["open"] else "open" if item["open"] else "handled"
    return item["number"], state, item["kind"], item["sender"], item["recipient"] or "", item["owner"] or ""


def _drawn(item: Json, desk: Desk) -> "RenderableType":
    """What it is and whose; what it says; who has it."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    from gateway.cli.drawing import in_line

    words, style = (
        desk.words,
        "bold red" if item["urgent"] and item["open"] else "bold" if item["open"] else "dim",
    )
    kind = words("inbox.urgent") if item["urgent"] else words.known("inbox_kind", item["kind"])
    at = clock(item["at"], words, now=wall_now())
    sender = item["recipient"] or item["sender"] or words("inbox.nobody")
    head = Text.assemble(
        (f"{item['number']:>4}  {kind}", style), "  ", in_line(sender), f"  {item['channel']}  {at}"
    )
    lines: list[RenderableType] = [head]
    if item["alert"]:
        about = words("inbox.about", code=item["alert"]["code"], headline="")
        lines.append(Padding(Text.assemble(about, in_line(item["alert"]["headline"])), (0, 0, 0, 6)))
    lines += [Padding(said, (0, 0, 0, 6)) for said in said_in(item, words)]
    if standing := _standing(item, desk):
        lines.append(Padding(in_line(standing, "dim"), (0, 0, 0, 6)))
    return Group(*lines)


def said_in(item: Json, words: Catalogue) -> "list[Text]":
    """What it says and what of it is missing; what nobody can read as it came, where one item is shown."""
    from gateway.cli.drawing import in_line, plain

    lines = [plain(item["text"] or words("inbox.empty"))]
    if item["missing"]:
        lines.append(in_line(words("inbox.missing", n=item["missing"]), "bold"))
    if item["unreadable"]:
        lines[0] = in_line(words("inbox.unread", why=item["unreadable"]))
    if item.get("raw") and (item["unreadable"] or not item["text"].strip()):
        lines.append(plain(words("inbox.raw", raw=item["raw"])))
    if item["more"]:
        lines.append(in_line(words("inbox.more", n=item["more"]), "bold"))
    return lines


def _standing(item: Json, desk: Desk) -> str:
    now, words = wall_now(), desk.words
    if item["handled_at"]:
        at = clock(item["handled_at"], words, now=now)
        return words("inbox.handled", owner=item["owner"] or "", at=at, note=item["note"] or "")
    if item["owner"]:
        return words("inbox.taken", owner=item["owner"], at=clock(item["taken_at"], words, now=now))
    return words("inbox.untaken", number=item["number"]) if item["open"] else ""
