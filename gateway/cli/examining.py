"""`bavn doctor`: asks a running hub about its channels, and says what gateway.doctor found."""

from typing import Any

import typer

from gateway.catalogue import Catalogue
from gateway.cli.desk import ConfigOption, Desk, JsonOption, LangOption, at_desk
from gateway.cli.errors import CommandError, NoHub
from gateway.cli.hub_client import Lost
from gateway.doctor import Finding, Level, examine
from gateway.reasons import in_language

_STYLE = {Level.GOOD: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.WRONG: ("✗", "bold red")}


def doctor(as_json: JsonOption = False, config: ConfigOption = None, lang: LangOption = None) -> None:
    """Examine the installation; say what to do.

    Store, disk, clock, permissions, audit, domains, contacts, and the channels of a running hub. Changes nothing.
    """
    from gateway.clock import wall_clock
    from gateway.config import ConfigError, load

    desk = at_desk(config, lang, as_json=as_json)
    try:
        loaded = load(desk.place.config)
    except ConfigError as error:
        raise CommandError(str(error)) from error
    found = list(examine(loaded, now=wall_clock(), channels=_channels(desk)))
    count = {level: sum(each.level is level for each in found) for level in Level}
    desk.screen.whole({"findings": [_as_json(each, desk.words) for each in found], **_numbers(count)})
    if not as_json:
        _draw(desk, found)
    desk.screen.people(desk.words("doctor.summary", wrong=count[Level.WRONG], warnings=count[Level.WARNING]))
    desk.screen.result(count[Level.WRONG], count[Level.WARNING])
    if count[Level.WRONG]:
        raise typer.Exit(1)


def _numbers(count: dict[Level, int]) -> dict[str, int]:
    return {"wrong": count[Level.WRONG], "warnings": count[Level.WARNING]}


def _channels(desk: Desk) -> list[dict[str, Any]] | None:
    """Every channel after its probe; None when no hub runs."""
    from gateway.cli.channels import channel_path

    try:
        names = [channel["name"] for channel in desk.hub.get("/channels")["channels"]]
        for name in names:
            desk.hub.post(channel_path(name, "test"))
        found: list[dict[str, Any]] = desk.hub.get("/channels")["channels"]
    except (NoHub, Lost):
        return None
    return found


def _texts(finding: Finding, words: Catalogue) -> tuple[str, str]:
    """What was found and what to do, '' when there is nothing to do."""
    fields = dict(finding.fields)
    if isinstance(reason := fields.get("reason"), str):
        fields["reason"] = in_language(reason, words)
    what = words(f"doctor.{finding.key}", **fields)
    return what, "" if finding.level is Level.GOOD else words(f"remedy.{finding.key}", **fields)


def _as_json(finding: Finding, words: Catalogue) -> dict[str, str]:
    what, remedy = _texts(finding, words)
    return {"level": finding.level.value, "check": finding.key, "what": what, "remedy": remedy}


def _draw(desk: Desk, found: list[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    from gateway.cli.drawing import plain

    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in found:
        what, remedy = _texts(finding, desk.words)
        sign, style = _STYLE[finding.level]
        table.add_row(Text(sign, style), plain(what))
        if remedy:
            table.add_row("", Text.assemble(("→ ", style), plain(remedy)))
    desk.screen.show(table)
