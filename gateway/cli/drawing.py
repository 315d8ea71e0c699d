"""How alerts and channels look at a terminal of 80 columns. Imports rich: only for commands that draw.

All words that came from outside are drawn as Text, never as rich's markup, and without what moves a cursor.
"""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.catalogue import Catalogue
from gateway.cli import cries
from gateway.cli.standing import (
    MISSING,
    Json,
    Row,
    answers,
    asked,
    contradicting,
    differing,
    group,
    grouped,
    missing,
    originals,
    proof,
    rows,
    to_withdrawn,
)
from gateway.cli.times import clock, old
from gateway.reasons import in_language
from messages.answer_number import NUMBER_KEY, is_number
from messages.evidence import Ended
from messages.neutral import neutral, neutral_line

_GROUP_STYLE = {"answered": "green", "has_it": "yellow", "not_known": "magenta", "no_contact": "red"}
_GROUP_STYLE |= {"may_have_it": "magenta", "not_sent": "default"}
_STATE_STYLE = {"up": "green", "degraded": "yellow", "down": "bold red", "starting": "dim"}


def plain(text: object, style: str = "") -> Text:
    """Text from outside as it can safely be shown."""
    return Text(neutral(str(text)), style=style)


def in_line(text: object, style: str = "") -> Text:
    """As `plain`, where it must stay in its line or row: a line end in it is a blank."""
    return Text(neutral_line(str(text)), style=style)


def alert_view(alert: Json, words: Catalogue, *, now: datetime, attempts: bool = False) -> Group:
    """One alert: what it is, the four words, who is missing, and a row for each recipient."""
    parts: list[RenderableType] = [*_head(alert, words, now=now), *_items(alert, words, now=now)]
    if not alert["deliveries"]:
        return Group(*parts)
    parts += [Text(), _four_words(alert, words), Text()]
    if not alert["withdrawn"]:
        parts += [_missing(alert, words), Text()]
    parts.append(_table(rows(alert, words, now=now), words))
    parts += [
        _answers(each, alert, words, now=now)
        for each in alert["deliveries"]
        if differing(each) or (attempts and each["answers"])
    ]
    if alert.get("series"):
        parts += [Text(), _series(alert, words, now=now)]
    elif NUMBER_KEY in alert["answers"]:
        parts += [Text(), _numbers(alert, words, now=now)]
    parts += [_unconfirmed(each, alert, words, now=now) for each in alert["unconfirmed_answers"]]
    if attempts:
        parts += [_attempts(each, words, now=now) for each in alert["deliveries"] if each["attempts"]]
    return Group(*parts)


def recipient_view(alert: Json, words: Catalogue, *, now: datetime) -> Group:
    """One recipient of an alert, and all that was tried; how the others stand is not counted."""
    parts: list[RenderableType] = [*_head(alert, words, now=now), Text()]
    parts.append(_table(rows(alert, words, now=now), words))
    for each in alert["deliveries"]:
        parts += [_answers(each, alert, words, now=now)] if each["answers"] else []
        parts += [_attempts(each, words, now=now)] if each["attempts"] else []
    return Group(*parts)


def _items(alert: Json, words: Catalogue, *, now: datetime) -> list[Text]:
    """Of a notice who has what it asks about, as that all have answered says nothing of it; and what nobody has."""
    lines = []
    for item in alert.get("items", ()):
        style = "bold red" if cries.nobody_has(item) else "green"
        lines.append(in_line(cries.line(item, words, now=now), style))
    if not lines and (waiting := cries.waiting(len(cries.untaken(alert)), words)):
        lines.append(Text(waiting, "bold red"))
    return lines


def _head(alert: Json, words: Catalogue, *, now: datetime) -> list[Text]:
    title = Text.assemble(
        (f"#{alert['code']}", "bold"),
        "  ",
        (words.known("status", alert["status"]), "bold red" if alert["plane"] == "live" else "bold cyan"),
        "  ",
        words(f"precedence.{alert['precedence']}"),
    )
    lines = [title, in_line(alert["headline"], "bold")]
    at, expires = (clock(alert[name], words, now=now) for name in ("accepted_at", "expires_at"))
    lines.append(Text(f"{words('show.accepted', at=at, expires=expires)} · {alert['id']}", "dim"))
    if alert["answers"] and asked(alert):
        options = " ".join(f"{key}={meaning}" for key, meaning in alert["answers"].items())
        lines.append(Text(words("show.options", options=neutral_line(options))))
    if alert["withdrawn"]:
        how = words.known("withdrawn", alert["withdrawn"])
        when = clock(alert["withdrawn_at"], words, now=now)
        lines.append(Text(words("show.withdrawn", how=how, at=when), "bold red"))
    lines += [
        Text(words(f"show.{name}", code=alert[f"{name}_code"]))
        for name in ("replaces", "replaced_by")
        if alert[name]
    ]
    lines += [_jump(each, words, now=now) for each in alert.get("clock_moved", ())]
    if not alert["deliveries"] and alert["status"] in {"Test", "Draft"}:
        lines.append(Text(words("show.not_sent", status=alert["status"])))
    return lines


def _jump(jump: Json, words: Catalogue, *, now: datetime) -> Text:
    """The hub's clock was moved while it was under way: it goes on as before, or that ended it."""
    from datetime import timedelta

    from gateway.durations import in_words

    way = "back" if jump["by_s"] < 0 else "forward"
    by = in_words(timedelta(seconds=round(abs(jump["by_s"]))))
    moved = words(f"show.clock_{way}", by=by, at=clock(jump["at"], words, now=now))
    after = words("show.clock_lapsed" if jump["lapsed"] else "show.clock_goes_on")
    return Text(f"{moved} {after}", "bold red" if jump["lapsed"] else "yellow")


def _four_words(alert: Json, words: Catalogue) -> Table:
    """The words a tired reader needs, with their numbers and names."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, who in grouped(alert).items():
        style = f"bold {_GROUP_STYLE[name]}" if who else "dim"
        table.add_row(Text(str(len(who)), style), Text(words(f"group.{name}"), style), plain(_few(who)))
    return table


def _few(names: Sequence[str], most: int = 12) -> str:
    left_out = len(names) - most
    return ", ".join(names[:most]) + (f" (+{left_out})" if left_out > 0 else "")


def _missing(alert: Json, words: Catalogue) -> RenderableType:
    """The number that counts, large; and how they are missing."""
    lacking, everyone = missing(alert), len([d for d in originals(alert) if d["ended"] != "cancelled"])
    if not lacking:
        style = "bold" if cries.untaken(alert) else "bold white on green"
        found = Text(f" {words('show.nobody_missing', all=everyone)} ", style)
        unproven = sum(group(d) == "not_known" and d["ended"] == Ended.REACHED for d in originals(alert))
        return found.append(f"  {words('show.as_wanted', n=unproven)}", "not bold") if unproven else found
    kinds = list(lacking.values())
    details = [words(f"missing.{kind}", n=kinds.count(kind)) for kind in MISSING if kind in kinds]
    number = Text(f"  {words('show.missing', n=len(lacking), all=everyone)}  ", "bold white on red")
    return Text.assemble(number, "  ", ", ".join(details))


def _table(found: Sequence[Row], words: Catalogue) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", expand=False)
    for name, most in (("recipient", 20), ("how_far", 26), ("way", 12), ("since", 9), ("next", 26)):
        table.add_column(words(f"show.{name}"), overflow="fold", max_width=most)
    for row in found:
        alarming = row.is_to_withdrawn or row.is_urgent
        style = "red" if row.is_missing or alarming else "dim" if row.is_deputy else ""
        how_far = plain(row.how_far, "bold red" if alarming else "")
        table.add_row(plain(row.recipient, style), how_far, *map(plain, (row.way, row.since, row.next)))
    return table


def _unconfirmed(answer: Json, alert: Json, words: Catalogue, *, now: datetime) -> Text:
    """What came from an address that was not asked; red where somebody must act, or acts on what does not hold."""
    at, late = clock(answer["at"], words, now=now), to_withdrawn(answer["at"], alert)
    fields = {name: neutral_line(answer[name]) for name in ("sender", "channel", "text")}
    if answer["kind"] in {"automatic", "bounce"}:
        lines = [words("show.automatic", at=at, **fields)]
    else:
        lines = [words("show.unconfirmed", at=at, number=answer["number"], **fields)]
    if answer.get("urgent"):
        lines.append(cries.line(answer, words, now=now))
    if late:
        lines.append(words("show.to_withdrawn", how=words.known("withdrawn", alert["withdrawn"])))
    cries_on = answer.get("urgent") and not answer["handled_at"]
    return Text("\n".join(lines), "bold red" if late or cries_on else "yellow")


def _answers(delivery: Json, alert: Json, words: Catalogue, *, now: datetime) -> Padding:
    """Every answer of one recipient, oldest first; marked where they contradict each other."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for said in answers(delivery, alert, words, now=now):
        table.add_row(said.at, in_line(said.via), in_line(said.what))
    key, style = ("contradicting", "bold red") if contradicting(delivery, alert) else ("answers", "bold")
    title = in_line(words(f"show.{key}", recipient=delivery["recipient"]), style)
    return Padding(Group(title, table), (1, 0, 0, 0))


def _series(alert: Json, words: Catalogue, *, now: datetime) -> Group:
    """The rounds of a question that is put again and again: each one's latest answer, and how old it is."""
    series = alert["series"]
    title = words("show.series", round=series["round"], rounds=series["rounds"])
    following = clock(series["next_at"], words, now=now)
    after = words("show.series_next", at=following) if following else words("show.series_ended")
    table = Table.grid(padding=(0, 2))
    for row in sorted(series["latest"], key=lambda row: row["answered_at"] or ""):
        answer = in_line(alert["answers"].get(row["answer"], row["answer"] or words("show.series_none")))
        age = old(row["answered_at"], now=now)
        table.add_row(plain(row["recipient"]), answer, age, f"#{row['code']}" if row["code"] else "")
    return Group(Text.assemble((title, "bold"), "  ", (after, "dim")), table)


def _numbers(alert: Json, words: Catalogue, *, now: datetime) -> Group:
    """Who has answered with the number that was asked for, and how old it is; the oldest first."""
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    answered = [
        (*last, each["recipient"])
        for each in alert["deliveries"]
        if group(each) == "answered" and (last := _last_number(each))
    ]
    for at, number, recipient in sorted(answered):
        table.add_row(plain(recipient), number, old(at, now=now))
    title = words("show.numbers", what=neutral_line(alert["answers"][NUMBER_KEY]))
    return Group(in_line(title, "bold"), table if answered else Text(words("show.series_none")))


def _last_number(delivery: Json) -> tuple[str, str] | None:
    """When the last number was said, and which: words that were said after it are none."""
    latest = (delivery["answered_at"], delivery["answer"])
    said = [*((each["at"], each["option"]) for each in reversed(delivery["answers"])), latest]
    numbers = [(at, number) for at, number in said if is_number(number)]
    return max(numbers, key=lambda each: each[0], default=None)


def _attempts(delivery: Json, words: Catalogue, *, now: datetime) -> Padding:
    """Each attempt in two lines: when, over what, to where; then how far, why, and what the network said."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    title = words("show.attempt", recipient=delivery["recipient"], round=delivery["round"])
    for attempt in delivery["attempts"]:
        at = clock(attempt["started_at"] or attempt["queued_at"], words, now=now)
        how_far = proof(attempt["evidence"], attempt["address"], words)
        said = [how_far, words.known("why", attempt["why"]), attempt["receipt"], attempt["detail"]]
        table.add_row(at, Text(f"{neutral_line(attempt['channel'])}  {neutral_line(attempt['address'])}"))
        table.add_row("", in_line(" · ".join(part for part in said if part)))
    return Padding(Group(plain(title, "bold"), table), (1, 0, 0, 0))


def alert_list(alerts: Sequence[Json], words: Catalogue, *, now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", expand=True)
    for name in ("code", "accepted", "plane", "precedence"):
        table.add_column(words(f"list.{name}"), no_wrap=True)
    for name in ("reached", "missing"):
        table.add_column(words(f"list.{name}"), no_wrap=True, justify="right")
    table.add_column(words("list.headline"), overflow="ellipsis", no_wrap=True, ratio=1)
    for alert in alerts:
        lacking = alert["missing"]
        sign = words.known("withdrawn", alert["withdrawn"]) if alert["withdrawn"] else ""
        table.add_row(
            f"#{alert['code']}",
            clock(alert["accepted_at"], words, now=now),
            Text(words.known("status", alert["status"]), "red" if alert["plane"] == "live" else "cyan"),
            words(f"precedence.{alert['precedence']}").split(" ", 1)[1],
            f"{alert['reached']}/{alert['recipients']}",
            Text(str(lacking), "bold red" if lacking else "dim"),
            Text.assemble((f"{sign} " if sign else "", "bold"), in_line(alert["headline"])),
        )
    return table


def channel_list(channels: Sequence[Json], words: Catalogue) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column(words("channels.name"), overflow="fold")
    table.add_column(words("channels.bearer"))
    table.add_column(words("channels.state"), overflow="fold")
    table.add_column(words("channels.planes"), overflow="fold")
    table.add_column(words("channels.domains"), overflow="fold")
    table.add_column(words("channels.waiting"), justify="right")
    table.add_column(words("channels.drained"), justify="right")
    for channel in channels:
        table.add_row(
            plain(channel["name"], "bold"),
            channel["bearer"],
            _state(channel, words),
            "\n".join(words.known("plane", plane) for plane in channel["planes"]),
            plain("\n".join(channel["domains"])),
            str(channel["waiting"]),
            drained(channel),
        )
    return table


def _state(channel: Json, words: Catalogue) -> Text:
    word = words("channels.disabled") if channel["disabled"] else words.known("state", channel["state"])
    text = Text(word, "bold red" if channel["disabled"] else _STATE_STYLE.get(channel["state"], ""))
    reason = channel["reason"].removeprefix("disabled by an operator").removeprefix("disabled: ")
    if reason:
        text.append_text(Text(f": {neutral_line(in_language(reason, words))}", "not bold"))
    return text


def drained(channel: Json) -> str:
    from datetime import timedelta

    from gateway.durations import in_words

    seconds = channel["drained_in_s"]
    return in_words(timedelta(seconds=seconds)) if channel["waiting"] and seconds else ""
