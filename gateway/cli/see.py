"""`bavn show` and `bavn list`: who has it, who has not, what happens next."""

from typing import Annotated, Any

import typer

from gateway.cli import cries
from gateway.cli.desk import AlertArgument, ConfigOption, Desk, JsonOption, LangOption, at_desk
from gateway.cli.errors import CommandError
from gateway.cli.reading import whole_number
from gateway.cli.standing import Json, grouped, missing
from gateway.cli.times import wall_now


def show(
    alert: AlertArgument,
    who: Annotated[
        str | None, typer.Argument(metavar="WHO", help="Only this recipient, with every attempt")
    ] = None,
    attempts: Annotated[
        bool, typer.Option("--attempts", metavar="", help="Every attempt too, with what the network said")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Show who has an alert, who has not, what happens next."""
    desk = at_desk(config, lang, as_json=as_json)
    found = desk.hub.alert(alert)
    if who is not None:
        found = _only(desk, found, who)
    desk.screen.whole(found)
    if not as_json:
        from gateway.cli.drawing import alert_view, recipient_view

        now = wall_now()
        if who is not None:
            desk.screen.show(recipient_view(found, desk.words, now=now))
        else:
            desk.screen.show(alert_view(found, desk.words, now=now, attempts=attempts))
        desk.screen.result(*summary(found))


def _only(desk: Desk, alert: Json, who: str) -> dict[str, Any]:
    """The alert with this recipient alone. CommandError where they are none of its recipients."""
    theirs = [each for each in alert["deliveries"] if each["recipient"] == who]
    if not theirs:
        raise CommandError(desk.words("error.refused", what=desk.words("refused.not_asked", who=who)))
    return {**alert, "deliveries": theirs, "unconfirmed_answers": []}


def summary(alert: Json) -> tuple[object, ...]:
    """For scripts: identifier, code, how many have answered, how many are missing, and who."""
    lacking = missing(alert)
    return alert["id"], alert["code"], len(grouped(alert)["answered"]), len(lacking), ",".join(lacking)


def list_(
    open_only: Annotated[
        bool, typer.Option("--open", metavar="", help="Only alerts that are still under way")
    ] = False,
    limit: Annotated[
        int, typer.Option(parser=whole_number(1, 500), metavar="N", help="At most so many, the newest first")
    ] = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """List the newest alerts, with how many are missing.

    Reached: the wanted evidence is there. Missing: neither reached nor withdrawn.
    """
    desk = at_desk(config, lang, as_json=as_json)
    found = desk.hub.get(f"/alerts?limit={limit}{'&open=1' if open_only else ''}")
    desk.screen.whole(found)
    if waiting := cries.waiting(found["untaken"], desk.words):
        desk.screen.people(waiting)
    if not found["alerts"]:
        desk.screen.people(desk.words("list.none_open" if open_only else "list.none"))
    elif not as_json:
        _show_list(desk, found["alerts"])


def _show_list(desk: Desk, alerts: list[Json]) -> None:
    from gateway.cli.drawing import alert_list

    desk.screen.show(alert_list(alerts, desk.words, now=wall_now()))
    for alert in alerts:
        numbers = (alert["recipients"], alert["reached"], alert["missing"])
        desk.screen.result(alert["id"], alert["code"], *numbers)
