"""A channel that keeps to a pace of its own: what waits for it waits in the queue, and nobody has refused it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hubs import Desk, hub_in, until


def pace(desk: Desk, *pauses_s: float) -> None:
    """The channel asks for these pauses one after the other, and for the last one from then on."""
    left: Iterator[float] = iter(pauses_s)
    channel: Any = desk.channel()
    channel.pause_s = lambda: next(left, pauses_s[-1])


async def test_all_but_flash_waits_and_no_attempt_is_refused(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        pace(desk, 60.0)
        waiting = await desk.send("vagt", precedence="immediate", want="submitted")
        await desk.send("leder", precedence="flash", want="submitted")
        await until(lambda: desk.arrived() == ["leder"])
        [attempt] = (await desk.deliveries(waiting["id"]))["vagt"]["attempts"]
        assert (attempt["evidence"], attempt["started_at"], attempt["detail"]) == ("queued", None, None)


async def test_it_goes_by_itself_when_the_pace_allows_it(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        pace(desk, 0.02, 0.02, 0.02, 0.0)
        waiting = await desk.send("vagt")
        [attempt] = (await desk.ended(waiting["id"]))["vagt"]["attempts"]
        assert attempt["evidence"] == "submitted"
