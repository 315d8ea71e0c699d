"""The urgent items beside an alert: what of its answers somebody must act on at once, and whether anybody has it. Pure.

Works on the JSON of `GET /alerts/{id}`, as gateway.cli.standing does.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from gateway.catalogue import Catalogue
from gateway.cli.times import clock

Json = Mapping[str, Any]


def owned(item: Json, words: Catalogue, *, now: datetime) -> str:
    """Who has an item of the inbox, or has handled it; or that nobody has it."""
    if item["handled_at"]:
        at = clock(item["handled_at"], words, now=now)
        note = f": {item['note']}" if item["note"] else ""
        return words("inbox.handled", owner=item["owner"] or "", at=at, note=note)
    if item["taken_at"]:
        return words("inbox.taken", owner=item["owner"] or "", at=clock(item["taken_at"], words, now=now))
    return words("inbox.untaken", number=item["number"])


def line(item: Json, words: Catalogue, *, now: datetime) -> str:
    """`HASTEMELDING 54: Taget af Anna kl. 03.31`"""
    return f"{words('inbox.urgent')} {item['number']}: {owned(item, words, now=now)}"


def of_delivery(delivery: Json) -> list[Json]:
    """What this recipient answered on which somebody must act at once, and what has not been handled yet."""
    return [item for item in delivery.get("items", ()) if not item["handled_at"]]


def nobody_has(item: Json) -> bool:
    return not (item["taken_at"] or item["handled_at"])


def untaken(alert: Json) -> list[Json]:
    """The urgent items of an alert that nobody has: those that it asks about, and those that it was answered with."""
    return [item for item in _items(alert) if nobody_has(item)]


def _items(alert: Json) -> Iterator[Json]:
    yield from alert.get("items", ())
    for delivery in alert["deliveries"]:
        yield from delivery.get("items", ())
    yield from (each for each in alert["unconfirmed_answers"] if each.get("urgent"))


def waiting(number: int, words: Catalogue) -> str:
    """How many urgent items nobody has, for the top of a list; '' if none."""
    if not number:
        return ""
    return words("inbox.waits") if number == 1 else words("inbox.wait", n=number)
