"""Which question an inbound message answers: of many recipients each is found, and not every A4 is a code."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.attempt_names import attempt_name
from gateway.marks import ASKS
from gateway.store.answering import Spoken, answer_by_hand
from gateway.store.candidates import with_contacts
from gateway.store.inbox import Taken, take
from gateway.store.showing import show_alert
from gateway.store.telling import told
from messages.precedence import Precedence
from tests.asking import STATUS, asked, hears, items
from tests.stores import Bench, store_in

MANY = 60
ASKS_NOTHING: dict[str, Any] = {"precedence": Precedence.PRIORITY, "answers": ()}
PEOPLE = [
    {"id": f"p{n}", "name": f"Nr. {n}", "addresses": [f"loopback:p{n}"], "exercise": True}
    for n in range(MANY)
]


async def put(bench: Bench, *to: str, claims: int = 1, **more: Any) -> tuple[str, str]:
    """A question that left for these people: its code and its identifier."""
    known: dict[str, Any] = {"precedence": Precedence.FLASH, "answers": STATUS}
    sent = await bench.accept(*to, **known | more)
    for claimed in await bench.claim(window=claims):
        await bench.conclude(claimed)
    return sent.code, sent.identifier


@pytest.mark.parametrize("text", ["1 #{code}", "{code} 1"])
async def test_of_many_recipients_each_is_found_by_code(tmp_path: Path, text: str) -> None:
    async with store_in(tmp_path, people=PEOPLE) as bench:
        code, name = await put(bench, *(each["id"] for each in PEOPLE), claims=MANY)
        for n in (0, 1, MANY // 2, MANY - 1):
            found = await hears(bench, text.format(code=code), f"loopback:p{n}", bearer_id=f"{n}")
            assert (found.kind, found.alert, found.recipient) == ("answer", name, f"p{n}")


async def test_the_one_unanswered_question_is_found_behind_many_answered_ones(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        _, oldest = await put(bench, "vagt", answers=(*STATUS, ("7", "venter")))
        for number in range(25):
            code, newest = await put(bench, "vagt")
            await hears(bench, f"1 #{code}", bearer_id=f"a{number}")
        found = await hears(bench, "1")
        assert [each.identifier for each in found.several] == [newest, oldest], (
            "it may be said of the newest again"
        )
        assert (await hears(bench, "7")).alert == oldest


@pytest.mark.parametrize(
    ("text", "option"),
    [("{code} 1", "1"), ("1, {code}", "1"), ("1 {code}\n\nMvh Hans", "1"), ("svar på {code}: 1", "1")],
)
async def test_a_bare_code_counts_where_codes_stand(tmp_path: Path, text: str, option: str) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, _]):
        assert (await hears(bench, text.format(code=first.code))).alert == first.identifier
        [answer] = await bench.rows("select option from answers")
        assert answer["option"] == option


@pytest.mark.parametrize(
    "text", ["vi mangler 2 {other} kabler", "1, er ved {other} nu", "{unknown} 1", "1 {unknown}"]
)
async def test_what_only_looks_as_a_code_is_a_word(tmp_path: Path, text: str) -> None:
    """The sender was asked under another; the alert with that code went to somebody else."""
    async with asked(tmp_path) as (bench, [mine]):
        other, _ = await put(bench, "leder")
        found = await hears(bench, text.format(other=other, unknown="Y9"))
        assert (found.kind, found.alert) == ("answer", mine.identifier)


async def test_of_two_questions_a_code_in_the_middle_says_nothing(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        found = await hears(bench, f"kommer, holder ved {first.code} nu")
        assert (found.kind, {each.code for each in found.several}) == ("unmatched", {first.code, second.code})


@pytest.mark.parametrize(("text", "of"), [("1", "question"), ("nej", "question"), ("modtaget", "either")])
async def test_what_asks_nothing_is_no_question(tmp_path: Path, text: str, of: str) -> None:
    """That something is received may be said of what asks nothing; an answer may not."""
    async with store_in(tmp_path) as bench:
        told = await put(bench, "vagt", **ASKS_NOTHING)
        code, name = await put(bench, "vagt")
        later = await put(bench, "vagt", **ASKS_NOTHING)
        found = await hears(bench, text)
        assert found.several == ()  # nobody is asked back for a receipt
        open_ones = (await items(bench), bench.store.world.directory)
        asked_of = {
            each["code"]
            for item in await bench.store.read(with_contacts, open_ones)
            for each in item["asked"]
        }
        assert asked_of == ({told[0], code, later[0]} if of == "either" else set())
        assert found.alert == ("" if of == "either" else name)


async def test_what_has_run_out_is_asked_about_only_if_nothing_else_is_open(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        _, before = await put(bench, "vagt")
        bench.later(timedelta(hours=3))
        _, name = await put(bench, "vagt")
        assert (await hears(bench, "1")).alert == name
        await hears(bench, "4", bearer_id="again")
        assert [row["option"] for row in await bench.rows("select option from answers")] == ["1", "4"]
        bench.later(timedelta(hours=3))
        await put(bench, "vagt", **ASKS_NOTHING)
        assert (await hears(bench, "1", bearer_id="late")).alert == before


@pytest.mark.parametrize("texts", [("1", "4"), ("ja", "nej"), ("1", "ja", "1")])
async def test_a_change_of_mind_counts_for_what_was_answered_last(
    tmp_path: Path, texts: tuple[str, ...]
) -> None:
    async with store_in(tmp_path) as bench:
        old, _ = await put(bench, "vagt")
        await hears(bench, f"#{old} 1")
        await put(bench, "vagt", **ASKS_NOTHING)
        _, name = await put(bench, "vagt")
        for number, text in enumerate(texts):
            bench.later(timedelta(minutes=1))
            assert (await hears(bench, text, bearer_id=f"{number}")).alert == name


async def test_after_an_older_question_was_answered_last_nobody_knows_what_is_changed(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        for sent in (second, first):
            await hears(bench, f"#{sent.code} 1")
            bench.later(timedelta(minutes=1))
        found = await hears(bench, "1", bearer_id="then")
        assert [each.code for each in found.several] == [second.code, first.code], "the newest first"


@pytest.mark.parametrize(("by", "done"), [("leder", False), ("vagt", False), ("vagt", True)])
async def test_a_notice_that_is_taken_waits_for_no_answer(tmp_path: Path, by: str, done: bool) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        urgent = await hears(bench, "HJÆLP", "loopback:fremmed")
        _, notice = await put(bench, "vagt", submitter=ASKS)
        await bench.store.run(told, (urgent.urgent or 0, notice))
        assert len((await hears(bench, "1")).several) == 2
        await bench.store.run(take, Taken(urgent.urgent or 0, by, done=done))
        bench.later(timedelta(minutes=6))
        assert (await hears(bench, "1", bearer_id="then")).alert == sent.identifier


@pytest.mark.parametrize("text", ["1", "nej"])
async def test_of_several_notices_about_one_item_the_newest_stands_for_all(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        urgent = await hears(bench, "HJÆLP", "loopback:fremmed")
        await hears(bench, f"#{sent.code} 1")
        for _ in range(3):
            bench.later(timedelta(minutes=10))
            _, newest = await put(bench, "vagt", submitter=ASKS)
            await bench.store.run(told, (urgent.urgent or 0, newest))
        found = await hears(bench, text)
        assert (found.alert, found.several) == (newest, ())
        owners = [item["owner"] for item in await items(bench)]
        assert owners == ["vagt" if text == "1" else None]


SHARED = [
    {"id": "nat", "name": "Plejehjem Nat", "addresses": ["loopback:stuen", "loopback:nat"], "exercise": True},
    {"id": "dag", "name": "Plejehjem Dag", "addresses": ["loopback:stuen"], "exercise": True},
]


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        (("1", "4"), {"dag": ["1", "4"]}),
        (("1", "#{code} 4"), {"dag": ["1", "4"]}),
        (("1, Plejehjem Nat", "4, dag", "1"), {"nat": ["1"], "dag": ["4", "1"]}),
        (("1 Dag", "4 plejehjem nat.", "liv i fare - Dag"), {"nat": ["4"], "dag": ["1", "4"]}),
    ],
)
async def test_over_a_shared_telephone_no_correction_becomes_the_colleagues(
    tmp_path: Path, texts: tuple[str, ...], answers: dict[str, list[str]]
) -> None:
    async with store_in(tmp_path, people=SHARED) as bench:
        code, name = await put(bench, "nat", "dag", claims=9)
        for number, text in enumerate(texts):
            bench.later(timedelta(minutes=1))
            await hears(bench, text.format(code=code), "loopback:stuen", bearer_id=f"{number}")
        shown = (await bench.store.read(show_alert, name))["deliveries"]
        said = {each["recipient"]: [a["option"] for a in each["answers"]] for each in shown}
        assert {who: options for who, options in said.items() if options} == answers
        assert [each["shared"] for each in shown] == [["nat", "dag"]] * 2


async def test_who_answered_from_an_address_of_their_own_leaves_the_telephone_to_the_other(
    tmp_path: Path,
) -> None:
    async with store_in(tmp_path, people=SHARED) as bench:
        _, name = await put(bench, "dag", "nat", claims=9)
        await bench.store.run(answer_by_hand, Spoken(name, "nat", "1", "voice"))
        shown = (await bench.store.read(show_alert, name))["deliveries"]
        assert [each["shared"] for each in shown] == [[], []]
        assert (await hears(bench, "4", "loopback:stuen")).recipient == "dag"


@pytest.mark.parametrize(
    ("sender", "claimed", "kind", "who"),
    [
        ("loopback:leder", False, "answer", "leder"),
        ("loopback:leder", True, "unconfirmed", ""),
        ("loopback:fremmed", False, "unconfirmed", ""),
    ],
)
async def test_who_replies_to_a_colleagues_copy_answers_for_themselves(
    tmp_path: Path, sender: str, claimed: bool, kind: str, who: str
) -> None:
    async with store_in(tmp_path) as bench:
        await put(bench, "leder", claims=2)
        _, name = await put(bench, "vagt", "leder", claims=2)
        [copy] = await bench.rows(
            "select attempts.id from attempts join deliveries on deliveries.id = delivery_id"
            " join alerts on alerts.id = alert_id where recipient = 'vagt' and identifier = :name",
            name=name,
        )
        reply = attempt_name(name, copy["id"])
        found = await hears(bench, "1", sender, in_reply_to=reply, claimed=claimed)
        assert (found.kind, found.recipient) == (kind, who)


async def test_the_inbox_names_what_its_sender_had_been_asked_when_it_came(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        for text, sender in (("1", "loopback:vagt"), ("2", "loopback:leder"), ("3", "loopback:fremmed")):
            await hears(bench, text, sender)
        bench.later(timedelta(minutes=1))
        await put(bench, "vagt", "leder", claims=2)
        given = (await items(bench), bench.store.world.directory)
        asked_of = {each["text"]: each["asked"] for each in await bench.store.read(with_contacts, given)}
        known = [{"who": "vagt", "code": sent.code} for sent in (second, first)]
        assert asked_of == {"1": known, "2": [], "3": []}
