"""`bavn watch`: what happens, while it happens. It goes on over a restart of the hub and ends with Ctrl-C.

At a terminal one picture is drawn anew; elsewhere each change is a line, or with --json each event an object.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import cries
from gateway.cli.changes import Event, changes
from gateway.cli.desk import ConfigOption, Desk, LangOption, at_desk
from gateway.cli.errors import CommandError, NoHub
from gateway.cli.event_lines import event_lines
from gateway.cli.hub_client import Lost, exactly
from gateway.cli.standing import Json, standing
from gateway.cli.times import wall_now
from gateway.reasons import in_language
from messages.danish_time import danish_time

if TYPE_CHECKING:
    from rich.console import RenderableType

OPEN_MOST = 100  # alerts that are followed at once without a name


def watch(
    alert: Annotated[
        str | None, typer.Argument(metavar="ALERT", help="Only this one; ends when it has ended")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="The hub's events, one JSON object a line")
    ] = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Watch what happens to one alert, or to all, until Ctrl-C."""
    desk = at_desk(config, lang, as_json=as_json)
    try:
        if as_json:
            event_lines(desk, alert)
        elif desk.screen.at_terminal:
            _picture(desk, alert)
        else:
            _lines(desk, alert)
    except KeyboardInterrupt:
        return


def _looks(
    desk: Desk, alert: str | None, *, lost: Callable[[], None], back: Callable[[], None]
) -> Iterator[tuple[list[Event], Any]]:
    """What changed and what is now to be seen, again and again; ends when the named alert has ended.

    `lost` hears once that the hub went away, `back` that it is there again.
    """
    away = False

    def went() -> None:
        nonlocal away
        if not away:
            lost()
        away = True

    identifier = desk.hub.alert(alert)["id"] if alert else None
    for events in changes(desk.hub, lost=went):
        if identifier and not _concerns(events, identifier):
            continue
        try:
            seen = desk.hub.alert(exactly(identifier)) if identifier else desk.hub.get("/alerts?limit=20")
        except (NoHub, Lost):
            continue
        if away:
            back()
        away = False
        yield events, seen
        if identifier and all(d["ended"] for d in seen["deliveries"]):
            return


def _concerns(events: Iterable[Event], identifier: str) -> bool:
    return any(e.name == "missed" or e.data.get("id") == identifier for e in events)


# A picture at a terminal.


def _picture(desk: Desk, alert: str | None) -> None:
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    with Live(console=desk.screen.console(), auto_refresh=False, vertical_overflow="ellipsis") as live:

        def lost() -> None:
            warning = Text(f"{desk.words('watch.lost')}\n", "bold red")
            live.update(Group(warning, live.get_renderable()), refresh=True)

        for _, seen in _looks(desk, alert, lost=lost, back=lambda: None):
            live.update(_drawn(desk, seen, one=alert is not None), refresh=True)
    desk.screen.progress(desk.words("watch.done"))


def _drawn(desk: Desk, seen: Any, *, one: bool) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    from gateway.cli.drawing import alert_list, alert_view, channel_list

    quit_line = Text(f"\n{desk.words('watch.quit')}", "dim")
    if one:
        return Group(alert_view(seen, desk.words, now=wall_now()), quit_line)
    waiting = cries.waiting(seen["untaken"], desk.words)
    top = [Text(f"{waiting}\n", "bold red")] if waiting else []
    none = Text(desk.words("list.none"))
    alerts = alert_list(seen["alerts"], desk.words, now=wall_now()) if seen["alerts"] else none
    return Group(*top, alerts, Text(), channel_list(_channels(desk), desk.words), quit_line)


def _channels(desk: Desk) -> list[Json]:
    try:
        found: list[Json] = desk.hub.get("/channels")["channels"]
        return found
    except (NoHub, Lost):
        return []


# A line a change, elsewhere.


def _lines(desk: Desk, alert: str | None) -> None:
    shown: dict[str, dict[str, str]] = {}
    first, untaken = True, 0
    looks = _looks(
        desk,
        alert,
        lost=lambda: desk.screen.progress(desk.words("watch.lost")),
        back=lambda: desk.screen.progress(desk.words("watch.back")),
    )
    for events, seen in looks:
        alerts = [seen] if alert else _changed(desk, events, seen["alerts"])
        if not alert and untaken != (untaken := seen["untaken"]) and untaken:
            _line(f"{_time()} {cries.waiting(untaken, desk.words)}")
        for each in alerts:
            _tell(desk, each, shown, silently=first and alert is None)
        for event in events:
            if event.name == "channel":
                _tell_channel(desk, event.data)
        if first:
            desk.screen.progress(desk.words("watch.quit"))
        first = False
    desk.screen.progress(desk.words("watch.done"))


def _changed(desk: Desk, events: Iterable[Event], listed: list[Json]) -> list[Json]:
    """The alerts to look at: those named, or all that are listed when events were missed."""
    named = [e.data["id"] for e in events if e.name == "alert"]
    if any(e.name == "missed" for e in events):
        named += [each["id"] for each in reversed(listed)]
    found: list[Json] = []
    for identifier in dict.fromkeys(named):
        try:
            found.append(desk.hub.alert(exactly(identifier)))
        except CommandError:
            continue  # the hub went away under way: it is looked at again when it is back
    return found


def _tell(desk: Desk, alert: Json, shown: dict[str, dict[str, str]], *, silently: bool) -> None:
    new = alert["id"] not in shown
    before = shown.setdefault(alert["id"], {})
    if new and not silently:
        _line(desk.words("watch.new", at=_time(), code=alert["code"], headline=alert["headline"]))
    for delivery in alert["deliveries"]:
        who, now = delivery["recipient"], standing(delivery, alert, desk.words)
        if before.get(who) != now and not silently:
            _line(desk.words("watch.change", at=_time(), code=alert["code"], recipient=who, standing=now))
        before[who] = now
    while len(shown) > OPEN_MOST:
        shown.pop(next(iter(shown)))


def _tell_channel(desk: Desk, data: Json) -> None:
    reason = f": {in_language(data['reason'], desk.words)}" if data["reason"] else ""
    state = desk.words.known("state", data["state"])
    _line(desk.words("watch.channel", at=_time(), name=data["name"], state=state, reason=reason))


def _line(text: str) -> None:
    from messages.neutral import neutral_line

    print(neutral_line(text), flush=True)


def _time() -> str:
    """The Danish clock with seconds."""
    now = datetime.now(UTC)
    return f"{danish_time(now).rpartition(' ')[2]}.{now:%S}"
