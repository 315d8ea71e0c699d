"""What came and cannot be read stands open for a person, with its octets; of a flood only the first are kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.base import Inbound
from gateway.catalogue import catalogue
from gateway.cli.inbox import said_in
from gateway.store.answering import Matched
from gateway.store.floods import UNREADABLE_MOST
from gateway.store.inbox import Listed, Taken, inbox_item, list_inbox, take
from gateway.store.people import erase
from gateway.store.receiving import RAW_MOST, receive
from messages.evidence import Evidence
from tests.asking import asked
from tests.stores import Bench


async def comes(bench: Bench, name: str = "n", **more: Any) -> Matched:
    known: dict[str, Any] = {"sender": "", "text": "", "raw": "07FF", "unreadable": "it is no PDU"}
    item = Inbound(bearer_id=name, at=bench.now, **known | more)
    return await bench.store.run(receive, ("loop", item))


async def items(bench: Bench) -> list[dict[str, Any]]:
    return await bench.store.read(list_inbox, Listed())


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "it is no PDU"),
        ({"unreadable": ""}, "it has no text"),
        ({"unreadable": "", "sender": "loopback:vagt", "text": " \n"}, "it has no text"),
        ({"sender": "loopback:vagt"}, "it is no PDU"),
        ({"part": (1, 2, 1)}, "it is no PDU"),
    ],
)
async def test_what_nobody_can_read_stands_open_as_it_came_and_answers_nothing(
    tmp_path: Path, more: dict[str, Any], why: str
) -> None:
    async with asked(tmp_path) as (bench, _):
        assert await comes(bench, **more) == Matched("unreadable")
        [item] = await items(bench)
        assert (item["kind"], item["unreadable"], item["open"], item["urgent"]) == (
            "unreadable",
            why,
            True,
            False,
        )
        assert (await bench.store.read(inbox_item, item["number"]))["raw"] == "07FF"
        assert (await bench.rows("select evidence from deliveries"))[0]["evidence"] == Evidence.SUBMITTED
        assert await comes(bench, **more) == Matched("repeated")


async def test_it_is_shown_at_the_alert_that_it_is_probably_about(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await comes(bench, sender="loopback:vagt")
        await comes(bench, "m", sender="loopback:fremmed")
        assert [item["alert"] and item["alert"]["id"] for item in await items(bench)] == [
            sent.identifier,
            None,
        ]


@pytest.mark.parametrize("sender", ["loopback:vagt", "loopback:fremmed", ""])
async def test_a_cry_for_help_is_heard_in_what_could_be_made_out_also_in_a_flood(
    tmp_path: Path, sender: str
) -> None:
    async with asked(tmp_path) as (bench, _):
        for n in range(UNREADABLE_MOST):
            await comes(bench, f"n{n}")
        assert (await comes(bench, text="BRUG FOR HJÆLP", sender=sender)).urgent == UNREADABLE_MOST + 1
        first, *_ = await items(bench)
        assert (first["kind"], first["urgent"], first["text"]) == ("unreadable", True, "BRUG FOR HJÆLP")
        assert (await bench.rows("select evidence from deliveries"))[0]["evidence"] == Evidence.SUBMITTED


async def test_what_came_is_kept_beside_what_it_says(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, text="1", sender="loopback:vagt", unreadable="", raw='{"text": "1"}')
        assert [row["raw"] for row in await bench.rows("select raw from inbound")] == ['{"text": "1"}']


async def test_no_more_of_it_is_kept_than_a_person_reads_and_no_half_sign(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, raw="x" + "æ" * RAW_MOST + "\ud800")
        [row] = await bench.rows("select raw from inbound")
        assert row["raw"] == "x" + "æ" * (RAW_MOST // 2 - 1)


async def test_a_flood_of_strangers_hides_no_contact(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for n in range(UNREADABLE_MOST + 1):
            await comes(bench, f"n{n}", sender="loopback:fremmed")
        for n in range(UNREADABLE_MOST + 5):
            await comes(bench, f"v{n}", sender="loopback:vagt")
        senders = [row["sender"] for row in await bench.rows("select sender from inbound")]
        assert senders.count("loopback:vagt") == senders.count("loopback:fremmed") == UNREADABLE_MOST


async def test_of_a_flood_the_first_are_kept_and_the_others_counted(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for n in range(UNREADABLE_MOST + 5):
            await comes(bench, f"n{n}")
        found = await items(bench)
        assert [item["more"] for item in found] == [0] * (UNREADABLE_MOST - 1) + [5]
        await bench.store.run(take, Taken(found[0]["number"], "vagt", done=True))
        await comes(bench, "after one was handled")
        bench.later(timedelta(hours=1))
        await comes(bench, "an hour later")
        assert len(await items(bench)) == UNREADABLE_MOST + 1


async def test_what_the_channel_itself_only_counted_is_counted_with_it(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for n in range(UNREADABLE_MOST + 2):
            await comes(bench, f"n{n}", more=3)
        assert [item["more"] for item in await items(bench)] == [3] * (UNREADABLE_MOST - 1) + [3 + 2 * 4]


async def test_what_is_open_is_found_without_reading_what_is_not(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        found = await bench.rows("explain query plan select id from inbound where open = 1")
        assert "ix_inbound_open" in str(found)


async def test_a_number_in_what_nobody_could_read_is_erased_with_its_person(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, "a", raw='{"from": "vagt", "text": 1}')
        await comes(bench, "b", raw='{"from": "en anden"}')
        await bench.store.run(erase, "vagt")
        assert [row["raw"] for row in await bench.rows("select raw from inbound order by id")] == [
            "",
            '{"from": "en anden"}',
        ]


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        ({"text": "ja", "raw": "07FF"}, ["ja"]),
        ({"text": " ", "raw": "07FF"}, [" ", "As it came: 07FF"]),
        ({"unreadable": "no JSON", "raw": "\x1b[2J{'"}, ["Cannot be read: no JSON", "As it came: ␛[2J{'"]),
        (
            {"unreadable": "a\nb", "more": 7},
            ["Cannot be read: a b", "At least 7 more that cannot be read either are only counted"],
        ),
        ({"text": "ja [...]", "missing": 1}, ["ja [...]", "Incomplete: 1 part(s) of the text have not come"]),
    ],
)
def test_it_is_shown_as_it_came_and_harmless(item: dict[str, Any], shown: list[str]) -> None:
    known: dict[str, Any] = {"text": "", "unreadable": "", "missing": 0, "more": 0, "alert": None}
    assert [line.plain for line in said_in(known | item, catalogue("en"))] == shown
