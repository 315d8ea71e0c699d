"""Of several answers the latest that was said is shown, whichever comes last."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import to_ms
from gateway.store.inbox import Identified, identify
from gateway.store.long_texts import PART_WAIT
from gateway.store.receiving import pass_on_incomplete
from tests.asking import asked, hears
from tests.stores import Bench

S = timedelta(seconds=1)


async def shown(bench: Bench) -> tuple[str | None, int]:
    [row] = await bench.rows("select answer, answered_ms from deliveries")
    return row["answer"], row["answered_ms"]


@pytest.mark.parametrize(
    ("first_s", "second_s", "answer", "said_s"),
    [
        (100, 80, "1", 100),  # by the bearer's clock the second was said before the first
        (100, -1800, "1", 100),  # and long before the question
        (1, -20, "1", 1),
        (100, 98, "4", 98),  # whole seconds, and two clocks
        (100, 97, "1", 100),
        (100, 100, "4", 100),
        (80, 100, "4", 100),
        (9999, 100, "4", 100),  # a clock that runs ahead hides nothing for hours
        (100, 9999, "4", 120),
        (-1800, -3600, "4", 0),  # a clock an hour behind: they count as they come
    ],
)
async def test_the_latest_that_was_said_is_shown(
    tmp_path: Path, first_s: int, second_s: int, answer: str, said_s: int
) -> None:
    async with asked(tmp_path) as (bench, _):
        asked_at = bench.now
        bench.later(S * 100)
        await hears(bench, "1", at=asked_at + S * first_s)
        bench.later(S * 20)
        await hears(bench, "4", at=asked_at + S * second_s)
        assert await shown(bench) == (answer, to_ms(asked_at + S * said_s))
        assert [r["option"] for r in await bench.rows("select option from answers order by id")] == ["1", "4"]


@pytest.mark.parametrize(
    ("between_s", "answer"),
    [(1, "4"), (0, "4"), (-1, "1 alt ok [...]")],
)
async def test_what_lacks_a_part_hides_nothing_that_was_said_after_it(
    tmp_path: Path, between_s: int, answer: str
) -> None:
    async with asked(tmp_path) as (bench, _):
        bench.later(S * 100)
        began = bench.now
        await hears(bench, "1 alt ok ", part=(9, 2, 1))
        bench.later(S * 5)
        await hears(bench, "4", at=began + S * between_s)
        bench.later(PART_WAIT)
        await bench.store.run(pass_on_incomplete, None)
        assert (await shown(bench))[0] == answer


async def test_the_whole_text_is_shown_for_what_lacked_a_part(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, "jeg ved det ikke ", part=(9, 2, 1))
        bench.later(PART_WAIT)
        await bench.store.run(pass_on_incomplete, None)
        assert (await shown(bench))[0] == "jeg ved det ikke [...]"
        await hears(bench, "endnu", part=(9, 2, 2))
        assert (await shown(bench))[0] == "jeg ved det ikke endnu"


async def test_what_staff_take_for_an_answer_was_said_when_it_came(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, "1", sender="loopback:fremmed")
        bench.later(S * 60)
        await hears(bench, "4")
        bench.later(S * 60)
        await bench.store.run(identify, Identified(1, "vagt", "leder", alert=sent.identifier))
        assert (await shown(bench))[0] == "4"
