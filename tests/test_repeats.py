"""A message without a name of its own: a redelivery counts once, and a change of mind back counts."""

from datetime import timedelta
from pathlib import Path

import pytest

from channels.base import Inbound, Unnamed
from gateway.store.receiving import receive
from gateway.store.repeats import SAME_AGAIN
from tests.asking import asked
from tests.stores import Bench

STEP = timedelta(seconds=1)


async def says(bench: Bench, text: str, packet: int, *, again: bool = False, who: str = "vagt") -> str:
    unnamed = Unnamed(content=text.encode().hex(), packet=str(packet), redelivered=again)
    item = Inbound(bearer_id=who, sender=f"loopback:{who}", text=text, at=bench.now, unnamed=unnamed)
    return (await bench.store.run(receive, ("loop", item))).kind


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ([("1", 1), ("4", 2), ("1", 3)], ["1", "4", "1"]),  # a change of mind back
        ([("1", 1), ("1", 2)], ["1"]),  # its sender sent it twice
        ([("1", 1), ("1", 1, "DUP")], ["1"]),
        ([("1", 1), ("4", 2), ("1", 1, "DUP"), ("4", 2, "DUP")], ["1", "4"]),  # both were committed
        ([("1", 1), ("4", 2), ("1", 3, "DUP")], ["1", "4", "1"]),  # the third was not
        ([("1", 1), ("4", 1)], ["1", "4"]),  # brokers count from the same number again
        ([("1", 1), ("4", 2), ("1", 1)], ["1", "4", "1"]),
    ],
)
@pytest.mark.parametrize("step", [timedelta(0), STEP, -STEP])
async def test_what_is_said_counts_as_often_as_it_was_said(
    tmp_path: Path, said: list[tuple[str, int] | tuple[str, int, str]], options: list[str], step: timedelta
) -> None:
    async with asked(tmp_path) as (bench, _):
        for text, packet, *again in said:
            await says(bench, text, packet, again=bool(again))
            bench.later(step)
        found = await bench.rows("select option from answers order by id")
        assert [row["option"] for row in found] == options


async def test_the_same_words_later_are_said_a_second_time(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        found = [await says(bench, "BRUG FOR HJÆLP", 1)]
        bench.later(SAME_AGAIN - STEP)
        found += [await says(bench, "BRUG FOR HJÆLP", 2)]
        bench.later(STEP)
        found += [await says(bench, "BRUG FOR HJÆLP", 3)]
        assert found == ["answer", "repeated", "answer"]


async def test_another_sender_is_not_compared_with(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        found = [await says(bench, "1", 1, who=who) for who in ("vagt", "vag", "vagt.1", "vagt/")]
        assert found == ["answer", "unmatched", "unmatched", "unmatched"]


async def test_what_nobody_can_read_is_only_compared_with_what_the_bearer_brings_again(
    tmp_path: Path,
) -> None:
    """A button that is pressed twice sends the same octets twice."""
    async with asked(tmp_path) as (bench, _):
        for packet, again in ((1, False), (2, False), (2, True)):
            unnamed = Unnamed(content="a", packet=str(packet), redelivered=again)
            item = Inbound(
                bearer_id="x", sender="", text="", at=bench.now, unreadable="no JSON", unnamed=unnamed
            )
            await bench.store.run(receive, ("loop", item))
        assert len(await bench.rows("select id from inbound")) == 2
