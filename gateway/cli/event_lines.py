"""`bavn watch --json`: the hub's events (/api/v1/events), one JSON object a line, for scripts.

`{"event": "alert", "id": ...}`; `missed` after the hub had gone away: look at everything then.
"""

from typing import Any

from gateway.cli.changes import EVERYTHING, Event, changes
from gateway.cli.desk import Desk
from gateway.cli.errors import NoHub
from gateway.cli.hub_client import Lost
from gateway.cli.screen import as_json


def event_lines(desk: Desk, alert: str | None) -> None:
    """Prints until Ctrl-C; with `alert` only what concerns it, until it has ended."""
    identifier = desk.hub.alert(alert)["id"] if alert else None
    away = False

    def lost() -> None:
        nonlocal away
        if not away:
            desk.screen.progress(desk.words("watch.lost"))
        away = True

    for number, events in enumerate(changes(desk.hub, lost=lost)):
        if number == 0:
            desk.screen.progress(desk.words("watch.quit"))
        for event in events:
            if (event is not EVERYTHING or away) and _concerns(event, identifier):
                print(_line(event), flush=True)
        away = False
        if identifier and _has_ended(desk, identifier):
            return


def _concerns(event: Event, identifier: str | None) -> bool:
    return identifier is None or event.name == "missed" or event.data.get("id") == identifier


def _line(event: Event) -> str:
    data: dict[str, Any] = {name: value for name, value in event.data.items() if name != "type"}
    return as_json({"event": event.name, **data})


def _has_ended(desk: Desk, identifier: str) -> bool:
    try:
        return all(delivery["ended"] for delivery in desk.hub.alert(identifier)["deliveries"])
    except (NoHub, Lost):
        return False  # looked at again when the hub is back
