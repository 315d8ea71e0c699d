"""What the hub says of itself: the duty officer is told of what is urgent, and who may mean several is asked back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.accept import Submission
from gateway.catalogue import catalogue
from gateway.cli.standing import owned
from gateway.duty import Duty
from gateway.marks import ASKS, TELLS
from gateway.store.accepting import Accepted
from gateway.store.answering import Spoken, answer_by_hand
from gateway.store.inbox import Identified, Taken, identify, take
from gateway.store.showing import show_alert
from gateway.store.telling import told
from gateway.strict_json import read_object
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import asked, hears, items
from tests.stores import Bench


class Sent:
    """Takes what the hub sends, once a key, as the intake does."""

    def __init__(self) -> None:
        self.alerts: dict[str, dict[str, Any]] = {}
        self.submitters: set[str] = set()

    async def __call__(self, body: bytes, submission: Submission) -> Accepted:
        self.alerts.setdefault(submission.key, read_object(body))
        self.submitters.add(submission.submitter)
        return Accepted(identifier=f"id-{len(self.alerts)}", code="Z9", recipients=1, no_route=())


def with_duty(bench: Bench, duty: str = "leder") -> Duty:
    bench.store.attach(replace(bench.store.world, duty=duty), lambda changes: None)
    sent = Sent()
    made = Duty(bench.store, sent, lambda: bench.now)
    made.sent = sent  # type: ignore[attr-defined]
    return made


def sent_by(duty: Duty) -> list[dict[str, Any]]:
    return list(duty.sent.alerts.values())  # type: ignore[attr-defined]


async def test_the_duty_officer_is_told_of_an_urgent_answer_once(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        duty = with_duty(bench)
        matched = await hears(bench, "4, vi har brug for ilt")
        for _ in range(2):
            await duty.heard(matched)
        await duty.catch_up()
        [alert] = sent_by(duty)
        assert alert["to"] == ["leder"]
        assert (alert["precedence"], alert["status"]) == ("flash", "Exercise")
        assert f"HASTEMELDING #{sent.code} fra Vagthavende: 4, vi har brug for ilt" in alert["headline"]


async def test_after_a_restart_the_duty_officer_is_told_of_what_was_left(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, "4")
        duty = with_duty(bench)
        await duty.catch_up()
        assert len(sent_by(duty)) == 1


async def test_without_a_duty_officer_it_stands_in_the_inbox_and_is_told_when_there_is_one(
    tmp_path: Path,
) -> None:
    async with asked(tmp_path) as (bench, _):
        matched = await hears(bench, "4")
        await with_duty(bench, "").heard(matched)
        duty = with_duty(bench)
        await duty.catch_up()
        assert len(sent_by(duty)) == len(await items(bench)) == 1


async def noticed(
    bench: Bench, text: str = "SOS", *, to: tuple[str, ...] = ("vagt",), author: str = "fremmed"
) -> tuple[int, str]:
    """A cry for help of which the duty officer was told: its number in the inbox, and the code of the notice."""
    if not (await bench.rows("select 1 from answers")):
        await hears(bench, "alt ok")  # to the question that was open
    matched = await hears(bench, text, f"loopback:{author}")
    taking = (("1", "jeg tager den"),)
    asks = await bench.accept(*to, precedence=Precedence.FLASH, answers=taking, submitter=ASKS)
    await bench.store.run(told, (matched.urgent or 0, asks.identifier))
    await leaves(bench)
    return matched.urgent or 0, asks.code


async def leaves(bench: Bench) -> None:
    for claimed in await bench.claim(window=9):
        await bench.conclude(claimed)


async def asked_to_take(bench: Bench) -> list[str]:
    rows = await bench.rows(
        "select recipient from deliveries join alerts on alerts.id = alert_id where submitter = :asks"
        " order by deliveries.id",
        asks=ASKS,
    )
    return [row["recipient"] for row in rows]


@pytest.mark.parametrize("text", ["1", "ja", "ok", "jeg tager den", "1, er der om 20"])
async def test_who_answers_the_hub_that_they_take_it_has_it(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, _):
        await noticed(bench)
        await hears(bench, text)
        [item] = await items(bench)
        assert (item["owner"], item["taken_at"] is None) == ("vagt", False)
        assert await asked_to_take(bench) == ["vagt"]


@pytest.mark.parametrize("text", ["nej", "kan ikke", "senere", "modtaget", "hvem?", "1?", "om en time"])
async def test_any_other_answer_than_a_yes_goes_on_to_the_deputy_at_once(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, _):
        number, _ = await noticed(bench)
        await hears(bench, text)
        [owner] = [item["owner"] for item in await items(bench) if item["number"] == number]
        assert owner is None
        assert await asked_to_take(bench) == ["vagt", "leder"]


async def test_a_thumb_neither_takes_it_nor_passes_it_on(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await noticed(bench)
        await hears(bench, "👍")
        assert [item["owner"] for item in await items(bench)] == [None]
        assert await asked_to_take(bench) == ["vagt"]


async def test_who_has_it_and_then_says_no_has_it_no_longer(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        _, code = await noticed(bench)
        await hears(bench, "1")
        await hears(bench, f"nej, kan ikke #{code}")
        assert [item["owner"] for item in await items(bench)] == [None]
        assert await asked_to_take(bench) == ["vagt", "leder"]


async def test_a_no_to_one_of_two_notices_lets_the_deputy_hear_of_both(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for text in ("SOS", "BRUG FOR HJÆLP"):
            await noticed(bench, text)
        found = await hears(bench, "nej, kan ikke")
        assert len(found.several) == 2, "and is asked back"
        assert await asked_to_take(bench) == ["vagt", "vagt", "leder", "leder"]


async def test_what_is_asked_after_a_yes_takes_nothing_back(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        number, code = await noticed(bench)
        await hears(bench, "1")
        await hears(bench, f"{code}: hvor er det?")
        assert [x["owner"] for x in await items(bench) if x["number"] == number] == ["vagt"]
        assert await asked_to_take(bench) == ["vagt"]


async def test_a_cry_for_help_is_told_though_it_may_answer_two_questions(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, _):
        duty = with_duty(bench)
        for text in ("BRUG FOR HJÆLP", "4"):
            await duty.heard(await hears(bench, text))
        assert [(alert["to"], alert["headline"]) for alert in sent_by(duty)] == [
            (["leder"], "HASTEMELDING fra Vagthavende: BRUG FOR HJÆLP"),
            (["leder"], "HASTEMELDING fra Vagthavende: 4"),
        ]


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("SOS", "HASTEMELDING fra fremmed (ikke i kontakterne): SOS"),
        ("#{code} 4", "HASTEMELDING #{code} fra fremmed (ikke i kontakterne): liv i fare"),
        ("{code}: liv i fare", "HASTEMELDING #{code} fra fremmed (ikke i kontakterne): liv i fare"),
        (
            "#{code} 4 ilt mangler",
            "HASTEMELDING #{code} fra fremmed (ikke i kontakterne): 4 ilt mangler (4=liv i fare)",
        ),
    ],
)
async def test_of_a_stranger_the_duty_officer_is_told_what_is_known(
    tmp_path: Path, text: str, headline: str
) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        duty = with_duty(bench)
        await duty.heard(await hears(bench, text.format(code=sent.code), "loopback:fremmed"))
        [alert] = sent_by(duty)
        assert (alert["headline"], alert["status"]) == (headline.format(code=sent.code), "Exercise")


async def test_who_is_named_after_it_was_told_is_not_told_again(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        duty = with_duty(bench)
        found = await hears(bench, "BRUG FOR HJÆLP", "loopback:fremmed")
        await duty.heard(found)
        await duty.heard(await bench.store.run(identify, Identified(found.urgent or 0, "vagt", "leder")))
        assert len(sent_by(duty)) == 1


async def test_the_same_words_again_are_taken_with_the_first(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        duty = with_duty(bench)
        for number in range(9):
            await duty.heard(await hears(bench, "4", bearer_id=f"{number}"))
        assert len(sent_by(duty)) == 1
        assert len({item["told"] for item in await items(bench)}) == 1


async def test_who_cries_again_without_having_been_heard_is_told_of_again(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        duty = with_duty(bench)
        for number in range(3):
            await duty.heard(await hears(bench, "HJÆLP", bearer_id=f"{number}"))
            bench.later(timedelta(minutes=6))
        assert len(sent_by(duty)) == 2


async def test_a_flood_of_strangers_is_told_of_within_bounds_and_stands_in_the_inbox(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        duty = with_duty(bench)
        for number in range(20):
            await duty.heard(await hears(bench, f"SOS {number}", f"loopback:fremmed{number // 5}"))
        assert (len(sent_by(duty)), len(await items(bench))) == (10, 20)
        await duty.heard(await hears(bench, "BRUG FOR HJÆLP"))
        assert f"#{sent.code} fra Vagthavende" in sent_by(duty)[-1]["headline"]


async def test_what_may_answer_two_questions_is_asked_back_once(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        duty = with_duty(bench)
        for text in ("1", "ja"):
            await duty.heard(await hears(bench, text))
        [alert] = sent_by(duty)
        assert (alert["to"], alert["want"], alert["precedence"]) == (["vagt"], "delivered", "flash")
        assert f"#{first.code}" in alert["text"]
        assert f"#{second.code}" in alert["text"]
        assert "answers" not in alert


async def test_nothing_answers_what_the_hub_only_tells(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await bench.accept("vagt", precedence=Precedence.FLASH, want=Evidence.DELIVERED, submitter=TELLS)
        for claimed in await bench.claim():
            await bench.conclude(claimed)
        assert (await hears(bench, "1")).alert == sent.identifier


async def test_a_stranger_is_never_written_to(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, _):
        duty = with_duty(bench)
        for text in ("1", "hvem er det?", "4"):
            await duty.heard(await hears(bench, text, "loopback:fremmed"))
        assert sent_by(duty) == []


GROUP = [
    {"id": "v1", "name": "Vagt et", "addresses": ["loopback:v1"], "groups": ["vagter"], "deputy": "v3"},
    {"id": "v2", "name": "Vagt to", "addresses": ["loopback:v2"], "groups": ["vagter"]},
    {"id": "v3", "name": "Stedfortræder", "addresses": ["loopback:v3"]},
    {"id": "finn", "name": "Finn", "addresses": ["loopback:finn"]},
    {"id": "vagt", "name": "Vagthavende", "addresses": ["loopback:vagt"]},
]


class Keeps(Sent):
    """Takes what the hub sends into the store, and hands it over."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench, self.names = bench, dict[str, str]()

    async def __call__(self, body: bytes, submission: Submission) -> Accepted:
        alert = read_object(body)
        accepted = await self.bench.accept(
            *self.bench.store.world.directory.expand(alert["to"]).contacts and alert["to"],
            key=submission.key,
            submitter=submission.submitter,
            headline=alert["headline"],
            precedence=Precedence.parse(alert["precedence"]),
            want=Evidence.parse(alert["want"]) if "want" in alert else None,
            answers=tuple(alert.get("answers", {}).items()),
        )
        self.alerts.setdefault(submission.key, alert)
        await leaves(self.bench)
        return accepted


@asynccontextmanager
async def on_duty(folder: Path, duty: str = "vagter") -> AsyncIterator[tuple[Bench, Duty]]:
    """Finn was asked for a status. The duty officers are v1, with the deputy v3, and v2."""
    people = [{**each, "exercise": True} for each in GROUP]
    async with asked(folder, people=people, to="finn") as (bench, _):
        bench.store.attach(replace(bench.store.world, duty=duty), lambda changes: None)
        made = Duty(bench.store, Keeps(bench), lambda: bench.now)
        made.sent = made._send  # type: ignore[attr-defined]
        yield bench, made


async def says(bench: Bench, duty: Duty, *said: str) -> None:
    """`v1: 1` for each, and the hub does what it calls for. Each names the first notice."""
    for each in said:
        who, _, text = each.partition(": ")
        [heard] = await bench.rows("select count(*) as so_far from inbound")
        name = f"{who}-{heard['so_far']}"
        codes = await bench.rows("select code from alerts where submitter = :asks order by id", asks=ASKS)
        text = text.format(code=codes[0]["code"] if codes else "", last=codes[-1]["code"] if codes else "")
        await duty.heard(await hears(bench, text, f"loopback:{who}", bearer_id=name))
        await leaves(bench)


async def owner(bench: Bench) -> str | None:
    """Of the first item."""
    return min(await items(bench), key=lambda item: item["number"])["owner"]


def told_to(duty: Duty) -> list[tuple[list[str], str]]:
    return [(alert["to"], alert["headline"].partition(":")[0]) for alert in sent_by(duty)]


@pytest.mark.parametrize(
    "words", ["nej, kan ikke alligevel", "nej", "er blevet syg", "BRUG FOR HJÆLP", "kan ikke nå det"]
)
async def test_who_has_it_and_lets_it_go_leaves_it_to_the_others_at_once(tmp_path: Path, words: str) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(
            bench, duty, "finn: BRUG FOR HJÆLP", "v2: {code} 1", "v1: {code} 1", f"v2: {{code}} {words}"
        )
        assert await owner(bench) is None
        asked_anew = [to for to, what in told_to(duty) if what == "IKKE TAGET"]
        assert asked_anew == [["v1"]]
        await says(bench, duty, "v1: {last} 1")
        assert await owner(bench) == "v1"


@pytest.mark.parametrize("words", ["hvor er det?", "modtaget", "er på vej"])
async def test_who_has_it_and_asks_or_confirms_keeps_it(tmp_path: Path, words: str) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v2: {code} 1", f"v2: {{code}} {words}")
        assert await owner(bench) == "v2"


async def test_what_nobody_takes_is_told_of_every_ten_minutes_in_one_notice(tmp_path: Path) -> None:
    async with on_duty(tmp_path, "v2") as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v2: {code} nej")
        for minutes in (3, 3, 3, 3, 9, 9):
            bench.later(timedelta(minutes=minutes))
            await duty.look()
        assert told_to(duty) == [
            (["v2"], what) for what in ("HASTEMELDING #A2 fra Finn", *["IKKE TAGET"] * 2)
        ]
        await says(bench, duty, "v2: {code} 1")  # the first notice counts as well
        assert await owner(bench) == "v2"
        bench.later(timedelta(minutes=30))
        await duty.look()
        assert len(sent_by(duty)) == 3


async def test_of_many_that_nobody_takes_one_notice_tells_and_a_yes_takes_all(tmp_path: Path) -> None:
    async with on_duty(tmp_path, "v2") as (bench, duty):
        await says(bench, duty, *(f"fremmed{number}: SOS {number}" for number in range(5)))
        bench.later(timedelta(minutes=11))
        for _ in range(2):
            await duty.look()
        [*_, again] = sent_by(duty)
        assert len(sent_by(duty)) == 6
        assert again["headline"].startswith(
            "IKKE TAGET, 5 HASTEMELDINGER: fremmed0 (ikke i kontakterne): SOS 0;"
        )
        assert again["headline"].endswith("; 2 til")
        await says(bench, duty, "v2: {last} ja")
        assert {item["owner"] for item in await items(bench)} == {"v2"}


async def waiting_for(bench: Bench) -> set[str]:
    rows = await bench.rows(
        "select recipient from deliveries join alerts on alerts.id = alert_id"
        " where ended is null and submitter = :asks",
        asks=ASKS,
    )
    return {row["recipient"] for row in rows}


@pytest.mark.parametrize("how", ["v2", "take", "done", "by hand"])
async def test_when_somebody_has_it_nobody_else_is_asked_any_more(tmp_path: Path, how: str) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP")
        assert await waiting_for(bench) == {"v1", "v2"}
        number = (await items(bench))[0]["number"]
        if how == "v2":
            await says(bench, duty, "v2: {code} 1")
        elif how == "by hand":
            spoken = Spoken((await items(bench))[0]["told"], "v2", "1", "voice")
            await duty.heard(await bench.store.run(answer_by_hand, spoken))
        else:
            await duty.closed(await bench.store.run(take, Taken(number, "v2", done=how == "done")))
        assert await waiting_for(bench) == set()
        what = "HÅNDTERET af Vagt to" if how == "done" else "TAGET af Vagt to"
        assert told_to(duty)[1:] == [(["v1"], what)]


async def test_show_of_a_notice_says_who_has_what_it_is_about(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v1: {code} nej")
        notice, words = (await items(bench))[0]["told"], catalogue("da")
        for said, owned_by in (
            ("v2: {code} nej", "Ingen har taget den: bavn"),
            ("v2: {code} 1", "Taget af v2"),
        ):
            await says(bench, duty, said)
            [item] = (await bench.store.read(show_alert, notice))["items"]
            assert owned(item, words, now=bench.now).startswith(owned_by)


async def test_who_takes_it_late_hears_once_who_has_it(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v1: {code} nej", "v2: {code} 1", "v3: {code} 1")
        assert await owner(bench) == "v2"
        assert told_to(duty)[1:] == [(["v3"], "TAGET af Vagt to")], "v1 has said no"


async def test_a_notice_about_two_is_asked_on_while_one_of_them_is_nobodys(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "finn: BRUG FOR HJÆLP")
        [first, second] = [item["number"] for item in await items(bench)]
        assert await bench.store.run(take, Taken(first, "Kim")) is None
        assert await waiting_for(bench) == {"v1", "v2"}
        closed = await bench.store.run(take, Taken(second, "Kim"))
        assert (closed.recipients, await waiting_for(bench)) == (("v1", "v2"), set())


@pytest.mark.parametrize(
    ("duty_is", "who", "to"),
    [
        ("v1", "v1", ["v3"]),
        ("vagter", "v1", ["v2", "v3"]),
        ("vagter", "v2", ["v1"]),
        ("v2", "v2", ["v1"]),  # no deputy: the others of the group
        ("vagter", "finn", ["vagter"]),
    ],
)
async def test_of_the_duty_officers_own_cry_the_others_are_told(
    tmp_path: Path, duty_is: str, who: str, to: list[str]
) -> None:
    async with on_duty(tmp_path, duty_is) as (bench, duty):
        await says(bench, duty, f"{who}: BRUG FOR HJÆLP")
        assert [alert["to"] for alert in sent_by(duty)] == [to]


async def test_who_cries_for_help_does_not_take_it_themselves(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v1: BRUG FOR HJÆLP", "v1: {code} 1")
        assert [item["owner"] for item in await items(bench)] == [None, "v1"]
