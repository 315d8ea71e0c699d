"""`bavn inbox`: what came in and needs a person, who has taken it, and what came of it."""

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.catalogue import Catalogue
from gateway.cli.cries import owned
from gateway.cli.desk import ConfigOption, Desk, JsonOption, LangOption, at_desk
from gateway.cli.errors import CommandError
from gateway.cli.login import person
from gateway.cli.reading import one_of, whole_number
from gateway.cli.standing import Json
from gateway.cli.times import clock, wall_now
from gateway.reasons import in_language

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


LIMIT = 100
NUMBER_MOST = 10**15 - 1  # a longer one is in no path of the hub's, and in no inbox
PAGE = 500  # what the hub gives at once


class What(StrEnum):
    TAKE = "take"
    DONE = "done"
    IS = "is"


def inbox(
    number: Annotated[
        int | None,
        typer.Argument(parser=whole_number(1), metavar="NUMBER", help="One message: its number in the list"),
    ] = None,
    what: Annotated[
        What | None,
        typer.Argument(
            parser=one_of(What), metavar="take|done|is", help="Take it, tick it off, or say whose it is"
        ),
    ] = None,
    who: Annotated[str | None, typer.Argument(metavar="WHO", help="With is: the contact's id")] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="NAME",
            help="Who takes it, ticks it off or says whose it is (default: your login)",
        ),
    ] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="With done: what came of it")] = "",
    alert: Annotated[str, typer.Option(metavar="ALERT", help="With is: the alert that it answers")] = "",
    everything: Annotated[bool, typer.Option("--all", metavar="", help="Also what has been handled")] = False,
    limit: Annotated[int, typer.Option(parser=whole_number(1), metavar="N", help="At most so many")] = LIMIT,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """See what came in and needs a person.

    Here stand answers on which somebody must act at once, answers that nobody
    could read, answers from addresses that were not asked, and what matches no
    question. Each stays until it is ticked off. The urgent come first, then what
    contacts wrote.
    """
    _check(number, what, who, by=by, note=note, alert=alert)
    desk = at_desk(config, lang, as_json=as_json)
    if number is not None and number > NUMBER_MOST:
        raise CommandError(desk.words("error.refused", what=desk.words("refused.inbox_none", number=number)))
    if number is None:
        return _list(desk, everything=everything, limit=limit)
    if what is None:
        return _one(desk, _found(desk, number), "inbox.one")
    fields = {
        "by": by.strip()
        or _login(desk, number, _typed(number, what, who, note=note, alert=alert, config=config)),
        "note": note,
        "alert": alert,
        "contact": who or "",
    }
    path = f"/inbox/{number}/{what.value}"
    return _one(desk, desk.hub.post(path, {k: v for k, v in fields.items() if v}), f"inbox.{what.value}")


def _typed(number: int, what: What, who: str | None, *, note: str, alert: str, config: Path | None) -> str:
    """What was typed, to be typed again with more."""
    options = {"--note": note, "--alert": alert, "--config": str(config or "")}
    given = [part for option, value in options.items() if value for part in (option, value)]
    return shlex.join([str(number), what.value, *filter(None, [who]), *given])


def _login(desk: Desk, number: int, said: str) -> str:
    """The others read who has it: a name of nobody (root, the hub's own account) would not tell them."""
    if name := person():
        return name
    _found(desk, number)  # that there is none is said before anybody is asked
    raise CommandError(desk.words("inbox.who", said=said))


def _check(number: int | None, what: What | None, who: str | None, *, by: str, note: str, alert: str) -> None:
    if by and what is None:
        raise typer.BadParameter("goes with take, done and is", param_hint="--by")
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


def _list(desk: Desk, *, everything: bool, limit: int) -> None:
    found = _pages(desk, everything=everything, limit=limit)
    desk.screen.whole(found)
    if not found["items"]:
        desk.screen.people(desk.words("inbox.none"))
    for item in found["items"]:
        if not desk.screen.json:
            desk.screen.show(_drawn(item, desk))
        desk.screen.result(*_fields(item))
    if found["items"]:
        desk.screen.people("")
        desk.screen.people(desk.words("inbox.count", **_counted(found)))
    if (more := found["total"] - len(found["items"])) > 0:
        flags = " --all" if everything else ""
        desk.screen.people(desk.words("inbox.rest", more=more, total=found["total"], all=flags))


def _counted(found: Json) -> dict[str, int]:
    return {name: found[name] for name in ("total", "urgent")}


def _pages(desk: Desk, *, everything: bool, limit: int) -> dict[str, Any]:
    """As many items as are asked for, over as many pages as that takes."""
    path = f"/inbox?{'all=1&' if everything else ''}"
    found: dict[str, Any] = desk.hub.get(f"{path}limit={min(limit, PAGE)}")
    while len(found["items"]) < min(limit, found["total"]):
        offset = len(found["items"])
        page = desk.hub.get(f"{path}limit={min(limit - offset, PAGE)}&offset={offset}")
        if not page["items"]:
            break  # somebody has ticked off the rest
        found["items"] += page["items"]
    return found


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
    at = clock(item["at"], words, now=wall_now())
    head = Text.assemble(
        (f"{item['number']:>4}  {_kind(item, words)}", style),
        f"  {at}  ",
        in_line(_sender(item, words)),
        f"  {words.known('via', item['channel'])}",
    )
    lines: list[RenderableType] = [head]
    if item["alert"]:
        about = words("inbox.about", code=item["alert"]["code"], headline="")
        lines.append(Padding(Text.assemble(about, in_line(item["alert"]["headline"])), (0, 0, 0, 6)))
    lines += [Padding(said, (0, 0, 0, 6)) for said in said_in(item, words)]
    if step := next_step(item, desk.words):
        lines.append(Padding(in_line(step, "dim"), (0, 0, 0, 6)))
    return Group(*lines)


def said_in(item: Json, words: Catalogue) -> "list[Text]":
    """What it says and what of it is missing; what nobody can read as it came, where one item is shown."""
    from gateway.cli.drawing import in_line, plain

    lines = [plain(item["text"] or words("inbox.empty")), *_meant(item)]
    if item["missing"]:
        lines.append(in_line(words("inbox.missing", n=item["missing"]), "bold"))
    if item["unreadable"]:
        said = [plain(item["text"])] if item["text"].strip() else []
        lines = [*said, in_line(words("inbox.unread", why=in_language(item["unreadable"], words)))]
    raw = item.get("raw", "")
    if raw and raw != item["text"] and (item["unreadable"] or not item["text"].strip()):
        lines.append(plain(words("inbox.raw", raw=raw)))
    if item["more"]:
        like_it = "inbox.more" if item["unreadable"] else "inbox.like_it"
        lines.append(in_line(words(like_it, n=item["more"]), "bold"))
    return lines


def _meant(item: Json) -> "list[Text]":
    """What a number stands for, for who did not write the question."""
    from gateway.cli.drawing import in_line
    from messages.answer_meaning import meaning

    if not item["alert"]:
        return []
    alert = item["alert"]
    key, what = meaning(item["text"], tuple(alert["answers"].items()), code=alert["code"])
    return [in_line(f"{key} = {what}")] if key else []


def _kind(item: Json, words: Catalogue) -> str:
    if item["urgent"]:
        return words("inbox.urgent")
    return words("inbox.reading") if _is_to_read(item) else words.known("inbox_kind", item["kind"])


def _is_to_read(item: Json) -> bool:
    """An answer that is open though nobody must act on it: a person has to make out what it says."""
    return bool(item["open"] and not item["urgent"] and item["kind"] == "answer")


def _sender(item: Json, words: Catalogue) -> str:
    """The contact whose answer it is; or the address, and whose that is as far as is known."""
    if item["recipient"]:
        return str(item["recipient"])
    who = ", ".join(item["contacts"])
    return f"{item['sender']} ({who})" if who else item["sender"] or words("inbox.nobody")


def next_step(item: Json, words: Catalogue) -> str:
    """Who has it, or the one step that it waits for."""
    if item["handled_at"] or item["taken_at"]:
        return owned(item, words, now=wall_now())
    if not item["open"]:
        return ""
    if item["kind"] == "unmatched" and not item["urgent"]:
        return _unplaced(item, words)
    if item["kind"] in {"unconfirmed", "doubtful"} and not item["urgent"]:
        only = item["contacts"] if item["kind"] == "doubtful" and len(item["contacts"]) == 1 else []
        return words("inbox.unnamed", number=item["number"], who=next(iter(only), words("inbox.somebody")))
    return words("inbox.read" if _is_to_read(item) else "inbox.untaken", number=item["number"])


def _coded(asked: Json, words: Catalogue) -> str:
    """`#J2 (stopped)` for a question that waits for no answer any more."""
    closed = f" ({words.known('closed', asked['closed'])})" if asked.get("closed") else ""
    return f"#{asked['code']}{closed}"


def _unplaced(item: Json, words: Catalogue) -> str:
    """What to type: with the code of what it may answer, where that is known."""
    number, asked = item["number"], item["asked"]
    if asked:
        codes = ", ".join(_coded(each, words) for each in asked)
        return words("inbox.which", number=number, codes=codes, **asked[0])
    who = item["contacts"][0] if len(item["contacts"]) == 1 else words("inbox.somebody")
    return words("inbox.unplaced", number=number, who=who)
