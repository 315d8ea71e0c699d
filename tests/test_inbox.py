"""The inbox: what needs a person stays until somebody ticks it off."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.attempt_names import attempt_name
from gateway.catalogue import catalogue
from gateway.cli.standing import standing
from gateway.errors import Conflict, NotFound
from gateway.store.answering import Matched, Spoken, answer_by_hand
from gateway.store.inbox import Identified, Listed, Taken, identify, inbox_page, take
from gateway.store.showing import show_alert
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import asked, evidence, hears, items
from tests.stores import store_in


@pytest.mark.parametrize(
    ("text", "sender", "kind", "urgent"),
    [
        ("1", "loopback:vagt", None, False),
        ("👍", "loopback:vagt", None, False),
        ("4", "loopback:vagt", "answer", True),
        ("BRUG FOR HJÆLP", "loopback:vagt", "answer", True),
        ("#{code} 4 ilt mangler", "loopback:vagt", "answer", True),
        ("liv i fare ved broen", "loopback:vagt", "answer", True),
        ("kan ikke komme, har brug for hjælp", "loopback:vagt", "answer", True),
        ("vi er 4 her", "loopback:vagt", "answer", False),
        ("1?", "loopback:vagt", "answer", False),
        ("1, hvor mødes vi?", "loopback:vagt", "answer", False),
        ("hvem er det?", "loopback:fremmed", "unmatched", False),
        ("#{code} 1", "loopback:fremmed", "unconfirmed", False),
        ("{code} 1", "loopback:fremmed", "unconfirmed", False),
        ("4", "loopback:fremmed", "unmatched", False),
        ("BRUG FOR HJÆLP", "loopback:fremmed", "unmatched", True),
        ("#{code} 4", "loopback:fremmed", "unconfirmed", True),
    ],
)
async def test_what_needs_a_person_stands_in_the_inbox(
    tmp_path: Path, text: str, sender: str, kind: str | None, urgent: bool
) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, text.format(code=sent.code), sender)
        found = [(item["kind"], item["urgent"], item["open"]) for item in await items(bench)]
        assert found == ([(kind, urgent, True)] if kind else [])


async def test_the_urgent_come_first_and_the_rest_as_they_came(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for text, sender in (("a", "loopback:x"), ("4", "loopback:vagt"), ("b", "loopback:y")):
            await hears(bench, text, sender)
        assert [item["text"] for item in await items(bench)] == ["4", "a", "b"]


async def test_a_page_has_the_contacts_before_strangers_and_says_how_many_there_are(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for number in range(5):
            await hears(bench, f"spam {number}", f"loopback:fremmed{number}")
        await hears(bench, "hvem er det?", "loopback:leder")
        await hears(bench, "SOS", "loopback:fremmed9")
        directory = bench.store.world.directory
        pages = [
            await bench.store.read(inbox_page, Listed(False, 3, offset, directory)) for offset in (0, 3, 6, 9)
        ]
        assert [[item["text"] for item in page["items"]] for page in pages] == [
            ["SOS", "hvem er det?", "spam 0"], ["spam 1", "spam 2", "spam 3"], ["spam 4"], []
        ]  # fmt: skip
        assert {(page["total"], page["urgent"]) for page in pages} == {(7, 1)}


async def test_of_the_urgent_those_that_nobody_has_taken_come_first(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for text in ("4", "BRUG FOR HJÆLP"):
            await hears(bench, text)
        await bench.store.run(take, Taken((await items(bench))[0]["number"], "vagt"))
        assert [item["text"] for item in await items(bench)] == ["BRUG FOR HJÆLP", "4"]


async def test_who_ticks_it_off_has_handled_it_whoever_had_taken_it(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        number = (await hears(bench, "4")).urgent or 0
        await bench.store.run(take, Taken(number, "vagt"))
        await bench.store.run(take, Taken(number, "leder", done=True))
        await bench.store.run(take, Taken(number, "vagt", done=True, note="ringet op"))
        [kept] = await items(bench, everything=True)
        assert (kept["owner"], kept["note"]) == ("leder", "ringet op")


async def test_who_takes_it_has_it_until_it_is_ticked_off(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, "4")
        [item] = await items(bench)
        await bench.store.run(take, Taken(item["number"], "vagt"))
        with pytest.raises(Conflict, match="taken by vagt"):
            await bench.store.run(take, Taken(item["number"], "leder"))
        await bench.store.run(take, Taken(item["number"], "leder", done=True, note="ringet op"))
        assert await items(bench) == []
        [kept] = await items(bench, everything=True)
        assert (kept["owner"], kept["note"], kept["handled_at"] is None) == ("leder", "ringet op", False)
        with pytest.raises(Conflict, match="handled already"):
            await bench.store.run(take, Taken(item["number"], "leder"))


async def test_what_waits_for_nobody_cannot_be_taken(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, "1")
        [item] = await items(bench, everything=True)
        with pytest.raises(Conflict, match="waits for nobody"):
            await bench.store.run(take, Taken(item["number"], "vagt"))


async def test_a_number_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        with pytest.raises(NotFound, match="77"):
            await bench.store.run(take, Taken(77, "vagt"))


@pytest.mark.parametrize("text", ["#{code} 1", "1"])
async def test_one_step_says_whose_message_it_is_and_then_it_is_an_answer(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, text.format(code=sent.code), "loopback:laant-telefon")
        [item] = await items(bench)
        matched = await bench.store.run(identify, Identified(item["number"], "vagt", "leder"))
        assert matched == Matched("answer", sent.identifier, "vagt")
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]
        assert await items(bench) == []
        with pytest.raises(Conflict, match="already"):
            await bench.store.run(identify, Identified(item["number"], "vagt", "leder"))


@pytest.mark.parametrize(
    ("contact", "error", "reason"),
    [
        ("ingen", NotFound, "no contact"),
        ("leder", NotFound, "not among the recipients"),
    ],
)
async def test_a_message_is_not_taken_for_an_answer_of_somebody_who_was_not_asked(
    tmp_path: Path, contact: str, error: type[Exception], reason: str
) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, f"#{sent.code} 1", "loopback:fremmed")
        [item] = await items(bench)
        with pytest.raises(error, match=reason):
            await bench.store.run(identify, Identified(item["number"], contact, "leder"))


async def test_to_say_whose_it_is_is_not_to_take_it_on(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, f"#{sent.code} 4", "loopback:fremmed")
        [item] = await items(bench)
        matched = await bench.store.run(identify, Identified(item["number"], "vagt", "leder"))
        [named] = await items(bench)
        assert matched.urgent == named["number"]
        assert (named["recipient"], named["owner"], named["taken_at"]) == ("vagt", None, None)
        await bench.store.run(take, Taken(item["number"], "vagt"))
        assert [each["owner"] for each in await items(bench)] == ["vagt"]


async def test_with_two_open_questions_staff_say_which_one_is_meant(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, _]):
        await hears(bench, "1", "loopback:fremmed")
        [item] = await items(bench)
        with pytest.raises(Conflict, match=f"#{first.code}"):
            await bench.store.run(identify, Identified(item["number"], "vagt", "leder"))
        said = Identified(item["number"], "vagt", "leder", first.identifier)
        assert (await bench.store.run(identify, said)).alert == first.identifier


async def test_a_message_answers_nothing_that_was_asked_after_it_came(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await hears(bench, "1", "loopback:laant-telefon")
        bench.later(timedelta(minutes=5))
        sent = await bench.accept("vagt", precedence=Precedence.FLASH)
        [claimed] = await bench.claim()
        await bench.conclude(claimed)
        [item] = await items(bench)
        with pytest.raises(NotFound, match="--alert"):
            await bench.store.run(identify, Identified(item["number"], "vagt", "leder"))
        said = Identified(item["number"], "vagt", "leder", sent.identifier)
        assert (await bench.store.run(identify, said)).alert == sent.identifier


async def test_an_urgent_answer_said_by_voice_stands_there_too(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        matched = await bench.store.run(answer_by_hand, Spoken(sent.identifier, "vagt", "4", "voice"))
        [item] = await items(bench)
        assert (item["number"], item["channel"], item["urgent"]) == (matched.urgent, "voice", True)


async def test_what_no_person_wrote_answers_nothing_and_troubles_nobody(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        found = await hears(bench, f"#{sent.code} 1", automatic="out of office")
        assert (found.kind, await items(bench)) == ("automatic", [])
        assert await evidence(bench) == [Evidence.SUBMITTED]
        [kept] = await items(bench, everything=True)
        assert kept["automatic"] == "out of office"


async def test_an_out_of_office_lets_the_next_way_start_at_once(tmp_path: Path) -> None:
    both = ["loopback:postkasse", "loopback:telefon"]
    people = [{"id": "vagt", "name": "Vagt", "addresses": both, "exercise": True}]
    async with store_in(tmp_path, people=people) as bench:
        sent = await bench.accept("vagt", precedence=Precedence.IMMEDIATE)
        [claimed] = await bench.claim()
        await bench.conclude(claimed)
        name = attempt_name(sent.identifier, claimed.attempt_id)
        await hears(bench, "Jeg er på ferie", both[0], automatic="out of office", in_reply_to=name)
        tried = await bench.rows("select address, why from attempts order by id")
        assert [tuple(row.values()) for row in tried] == [(both[0], "first"), (both[1], "given-up")]
        assert await evidence(bench) == [Evidence.SUBMITTED]


async def test_of_the_only_way_show_says_that_it_was_given_up(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        [row] = await bench.rows("select id from attempts")
        before = (await bench.store.read(show_alert, sent.identifier))["deliveries"][0]
        name = attempt_name(sent.identifier, row["id"])
        await hears(bench, "Jeg er på ferie", automatic="out of office", in_reply_to=name)
        after = (await bench.store.read(show_alert, sent.identifier))["deliveries"][0]
        assert [each["attempts"][0]["given_up"] for each in (before, after)] == [False, True]
        assert standing(after, {"answers": {}}, catalogue("da")) == "Sendt, men opgivet"


async def test_a_reply_that_names_our_message_answers_it_though_two_are_open(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        [number, *_] = [row["id"] for row in await bench.rows("select id from attempts order by id")]
        name = attempt_name(first.identifier, number)
        assert (await hears(bench, "1", in_reply_to=name)).alert == first.identifier
        bare = f"1, {second.code} papir mangler"  # a bare code may be a word
        assert (await hears(bench, bare, in_reply_to=name)).alert == first.identifier
        assert (await hears(bench, f"1 #{second.code}", in_reply_to=name)).alert == second.identifier
        stranger = await hears(bench, "ja", "loopback:fremmed", in_reply_to=name)
        assert stranger.kind == "unconfirmed"


@pytest.mark.parametrize(
    ("text", "more", "kind"),
    [
        ("1", {"in_reply_to": "{name}"}, "answer"),
        ("1 #{code}", {}, "answer"),
        ("1", {}, "unmatched"),
        ("1", {"in_reply_to": "made up"}, "unmatched"),
        ("1", {"in_reply_to": "{code}.999"}, "unmatched"),
        ("1 #YY9", {}, "unmatched"),
    ],
)
async def test_a_sender_that_is_only_claimed_counts_beside_what_it_was_asked_with(
    tmp_path: Path, text: str, more: dict[str, str], kind: str
) -> None:
    """Whoever may write to a topic can say that they are anybody; only who read the question knows its name."""
    async with asked(tmp_path) as (bench, [sent]):
        [row] = await bench.rows("select id from attempts")
        known = {"name": attempt_name(sent.identifier, row["id"]), "code": sent.code}
        given = {key: value.format(**known) for key, value in more.items()}
        assert (await hears(bench, text.format(**known), claimed=True, **given)).kind == kind
