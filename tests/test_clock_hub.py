"""A hub under which the clock is moved says so to the watcher, to the operator, to the log and to the doctor."""

import logging
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from gateway.catalogue import catalogue
from gateway.cli.drawing import alert_view
from gateway.clock import wall_clock
from gateway.config import load
from gateway.doctor import Level, examine
from tests.hubs import Desk, hub_in

H = timedelta(hours=1)


async def ready(desk: Desk) -> dict[str, str]:
    async with desk.session().get("/readyz") as answer:
        found: dict[str, str] = await answer.json()
        return found


def drawn(shown: dict[str, object], language: str, *, now: timedelta) -> str:
    out = StringIO()
    view = alert_view(shown, catalogue(language), now=wall_clock() + now)
    Console(file=out, width=200).print(view)
    return out.getvalue()


@pytest.mark.parametrize(
    ("by", "said", "danish", "english"),
    [
        (3 * H, "forward by 3 h", "ur blev stillet 3 h frem", "set forward by 3 h"),
        (-3 * H, "back by 3 h", "ur blev stillet 3 h tilbage", "set back by 3 h"),
    ],
)
async def test_a_clock_that_is_moved_ends_nothing_and_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, by: timedelta, said: str, danish: str, english: str
) -> None:
    moved = [timedelta()]
    async with hub_in(tmp_path, clock=lambda: wall_clock() + moved[0]) as desk:
        sent = await desk.send("vagt", precedence="flash")
        assert "warning" not in await ready(desk)
        moved[0] = by
        with caplog.at_level(logging.WARNING, "gateway.hub"):
            await ready(desk)
            assert f"the clock was moved {said}" in (await ready(desk))["warning"]
        shown = await desk.show(sent["id"])
        assert [(each["by_s"], each["lapsed"]) for each in shown["clock_moved"]] == [
            (pytest.approx(by.total_seconds(), abs=1), False)
        ]
        assert [delivery["ended"] for delivery in shown["deliveries"]] == [None]
        for language, words in (("da", danish), ("en", english)):
            assert words in drawn(shown, language, now=by)
    assert f"{said}" in caplog.text
    assert "1 alerts under way go on" in caplog.text


async def test_an_alert_that_lapsed_by_it_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    moved = [timedelta()]
    async with hub_in(tmp_path, clock=lambda: wall_clock() + moved[0]) as desk:
        at = (wall_clock() + 2 * H).strftime("%Y-%m-%dT%H:%M:%SZ")
        sent = await desk.send("vagt", precedence="flash", expires=at)
        stays = await desk.send("vagt", precedence="flash", expires="2h")
        moved[0] = 3 * H
        await ready(desk)
        await desk.ended(sent["id"])
        shown = await desk.show(sent["id"])
        assert [delivery["ended"] for delivery in shown["deliveries"]] == ["expired"]
        assert "Dermed var det udløb, afsenderen skrev, passeret" in drawn(shown, "da", now=3 * H)
        assert (await desk.deliveries(stays["id"]))["vagt"]["ended"] is None
    assert "1 alerts lapsed by it" in caplog.text


async def test_the_doctor_says_it_for_a_day(tmp_path: Path) -> None:
    moved = [timedelta()]
    async with hub_in(tmp_path, clock=lambda: wall_clock() + moved[0]) as desk:
        moved[0] = -timedelta(minutes=10)
        await ready(desk)
        config = load(tmp_path / "bavn.toml")
        for later, said in ((timedelta(), True), (timedelta(days=2), False)):
            found = {f.key: f for f in examine(config, now=wall_clock() + later, channels=())}
            assert ("clock_moved" in found) is said
            if said:
                assert (found["clock_moved"].level, found["clock_moved"].fields["by"]) == (
                    Level.WARNING,
                    "-10 min",
                )
