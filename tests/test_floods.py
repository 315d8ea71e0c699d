"""Of what strangers write no more stands open than a person reads; the rest is counted, and hides no contact."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.store import floods
from gateway.store.answering import Matched
from gateway.store.inbox import Taken, inbox_item, take
from gateway.store.long_texts import PART_WAIT
from gateway.store.receiving import pass_on_incomplete
from tests.asking import asked, hears, items
from tests.stores import Bench

MOST, CRIES = 6, 8


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in {"STRANGERS_MOST": MOST, "CRIES_MOST": CRIES, "RAW_OF_STRANGERS": 2}.items():
        monkeypatch.setattr(floods, name, most)


async def flood(bench: Bench, count: int, text: str = "hej", **more: Any) -> list[Matched]:
    return [
        await hears(bench, text, f"loopback:f{n}", **{"bearer_id": f"{text} {n}", "raw": "as it came"} | more)
        for n in range(count)
    ]


async def test_of_strangers_the_first_stand_open_and_the_rest_is_counted(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        assert await flood(bench, MOST + 3) == [Matched("unmatched")] * (MOST + 3)
        found = await items(bench)
        assert [item["more"] for item in found] == [0] * (MOST - 1) + [3]
        raws = [(await bench.store.read(inbox_item, item["number"]))["raw"] for item in found]
        assert raws == ["as it came"] * 2 + [""] * (MOST - 2)
        await bench.store.run(take, Taken(found[0]["number"], "vagt", done=True))
        await flood(bench, 1, "after one was handled")
        bench.later(timedelta(hours=1))
        await flood(bench, 1, "an hour later")
        assert len(await items(bench)) == MOST + 1


@pytest.mark.parametrize(
    ("text", "more", "kind"),
    [
        ("hvad nu?", {"sender": "loopback:vagt", "bearer_id": "b"}, "unmatched"),
        ("BRUG FOR HJÆLP", {"sender": "loopback:f1"}, "unmatched"),
        ("hej #{code}", {"sender": "loopback:f1"}, "unconfirmed"),
        ("hej", {"sender": "loopback:f1", "channel": "anden"}, "unmatched"),
        ("hej", {"sender": "loopback:vagt", "claimed": True}, "unmatched"),
    ],
)
async def test_a_flood_of_strangers_hides_no_contact_no_cry_and_nothing_about_an_alert(
    tmp_path: Path, text: str, more: dict[str, Any], kind: str
) -> None:
    async with asked(tmp_path, questions=2) as (bench, [sent, _]):
        await flood(bench, MOST + 3)
        said = text.format(code=sent.code)
        assert (await hears(bench, said, **{"bearer_id": "after"} | more)).kind == kind
        assert [said, kind] in [[item["text"], item["kind"]] for item in await items(bench)]


async def test_who_only_says_to_be_a_contact_hides_nobody_else(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for n in range(MOST + 3):
            await hears(bench, f"{n}", "loopback:vagt", claimed=True)
        await hears(bench, "a", "loopback:leder", claimed=True)
        await hears(bench, "b", "loopback:fremmed", claimed=True)
        found = {item["text"]: item["more"] for item in await items(bench)}
        assert (len(found), found["a"], found["b"], found[str(MOST - 1)]) == (MOST + 2, 0, 0, 3)


async def test_cries_are_kept_longer_and_then_counted_too(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        heard = await flood(bench, CRIES + 2, "HJÆLP")
        assert [each.urgent is None for each in heard] == [False] * CRIES + [True] * 2
        assert [item["more"] for item in await items(bench)] == [0] * (CRIES - 1) + [2]


async def test_cries_in_what_nobody_can_read_are_bounded_as_well(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        heard = await flood(bench, CRIES + 2, "HJÆLP", unreadable="no JSON")
        assert [each.urgent is None for each in heard] == [False] * CRIES + [True] * 2
        assert (await hears(bench, "HJÆLP", bearer_id="v", unreadable="no JSON")).urgent is not None
        assert sum(item["more"] for item in await items(bench)) == 2


async def test_of_a_long_text_too_many_its_parts_go_as_well(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await flood(bench, MOST)
        for number in (1, 2):
            await hears(bench, f"del {number}", "loopback:x", part=(7, 2, number))
        assert (await bench.rows("select count(*) as n from inbound"))[0]["n"] == MOST


async def test_the_rest_of_a_text_that_stands_open_goes_into_it(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, "vi er ", "loopback:x", part=(7, 2, 1))
        bench.later(PART_WAIT)
        await bench.store.run(pass_on_incomplete, None)
        await flood(bench, MOST)
        await hears(bench, "her", "loopback:x", part=(7, 2, 2))
        assert (await items(bench))[0]["text"] == "vi er her"
