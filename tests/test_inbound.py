"""The way back: reports raise evidence and never lower it; answers are matched, kept, and never lost."""

from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from channels.base import Inbound, Report
from gateway.attempt_names import attempt_name
from gateway.store.accepting import Accepted
from gateway.store.answering import Matched
from gateway.store.receiving import receive
from gateway.store.reporting import let_go, report
from gateway.store.sending import look, recover
from messages.address import parse_address
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.stores import PEOPLE, Bench, a_way, store_in

SHARED = [*PEOPLE, {"id": "nabo", "name": "Naboen", "addresses": ["loopback:vagt"], "exercise": True}]
QUESTION = (("1", "kommer"), ("2", "kommer ikke"))


async def asked(bench: Bench, *to: str) -> Accepted:
    """A question that has left for these people."""
    sent = await bench.accept(*to, precedence=Precedence.FLASH, answers=QUESTION)
    for claimed in await bench.claim(window=9):
        await bench.conclude(claimed)
    return sent


async def hears(
    bench: Bench, text: str, sender: str = "loopback:vagt", number: str = "", **more: object
) -> Matched:
    event = Inbound(bearer_id=number or text, sender=sender, text=text, at=bench.now, **more)  # type: ignore[arg-type]
    return await bench.store.run(receive, ("loop", event))


async def evidence(bench: Bench) -> list[Evidence]:
    return [Evidence(r["evidence"]) for r in await bench.rows("select evidence from deliveries order by id")]


# Reports

LADDER = (Evidence.DELIVERED, Evidence.READ, Evidence.UNKNOWN, Evidence.REFUSED)


@pytest.mark.parametrize("order", list(permutations(LADDER)), ids=lambda o: "-".join(e.word[:2] for e in o))
async def test_reports_in_any_order_end_at_the_best_and_never_fall(
    tmp_path: Path, order: tuple[Evidence, ...]
) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        seen = [Evidence.SUBMITTED]
        for each in (*order, *order):
            assert await bench.store.run(
                report, ("loop", Report(reference="ref-1", evidence=each, at=bench.now))
            )
            seen += await evidence(bench)
        assert seen == sorted(seen)
        assert seen[-1] is Evidence.READ


@pytest.mark.parametrize(
    ("channel", "reference", "address", "days"),
    [
        ("other", "ref-1", "loopback:vagt", 0),
        ("loop", "ref-9", "loopback:vagt", 0),
        ("loop", "ref-1", "loopback:leder", 0),
        ("loop", "ref-1", "loopback:vagt", 9),
    ],
)
async def test_a_report_about_something_else_raises_nothing(
    tmp_path: Path, channel: str, reference: str, address: str, days: int
) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        bench.later(timedelta(days=days))
        event = Report(
            reference=reference, evidence=Evidence.DELIVERED, at=bench.now, address=parse_address(address)
        )
        assert not await bench.store.run(report, (channel, event))
        assert await evidence(bench) == [Evidence.SUBMITTED]


async def hears_of(bench: Bench, evidence: Evidence, reference: str = "", **more: object) -> bool:
    event = Report(reference=reference, evidence=evidence, at=bench.now, **more)  # type: ignore[arg-type]
    return await bench.store.run(report, ("loop", event))


async def test_a_report_that_overtook_its_receipt_is_told_when_the_receipt_comes(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt")
        [claimed] = await bench.claim()
        assert not await hears_of(bench, Evidence.DELIVERED, f"ref-{claimed.attempt_id}")
    async with store_in(tmp_path) as bench:  # a restart forgets nothing
        await bench.conclude(claimed)
        assert await evidence(bench) == [Evidence.DELIVERED]
        assert await bench.rows("select id from early_reports") == []


async def test_a_report_that_overtook_a_late_receipt_is_told_too(tmp_path: Path) -> None:
    """The modem fell silent, the phone's report came, then the modem said that it had gone."""
    phone = parse_address("loopback:vagt")
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt")
        [claimed] = await bench.claim()
        await bench.conclude(claimed, "unknown")
        assert not await hears_of(bench, Evidence.DELIVERED, "17", address=phone)
        assert await evidence(bench) == [Evidence.UNKNOWN]
        assert await hears_of(bench, Evidence.SUBMITTED, "17", address=phone)
        assert await evidence(bench) == [Evidence.DELIVERED]


async def test_a_report_for_which_nothing_came_is_let_go_and_noted(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt")
        await bench.claim()
        assert not await hears_of(bench, Evidence.DELIVERED, "of somebody else")
        bench.later(timedelta(minutes=16))
        await bench.store.run(let_go, None)
        assert await bench.rows("select id from early_reports") == []
        [noted] = await bench.rows("select record from audit where record like '%report_unmatched%'")
        assert "of somebody else" in noted["record"]


@pytest.mark.parametrize("verb", ["submitted", "unknown"])
async def test_a_report_that_names_our_attempt_needs_no_reference(tmp_path: Path, verb: str) -> None:
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt")
        [claimed] = await bench.claim()
        await bench.conclude(claimed, verb)
        name = attempt_name(sent.identifier, claimed.attempt_id)
        assert await hears_of(bench, Evidence.DELIVERED, attempt=name)
        assert await evidence(bench) == [Evidence.DELIVERED]


async def test_a_report_that_names_our_attempt_may_overtake_its_outcome(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt")
        [claimed] = await bench.claim()
        name = attempt_name(sent.identifier, claimed.attempt_id)
        assert not await hears_of(bench, Evidence.DELIVERED, attempt=name)
        await bench.conclude(claimed, "unknown")
        assert await evidence(bench) == [Evidence.DELIVERED]


@pytest.mark.parametrize("reported", [Evidence.DELIVERED, Evidence.READ, Evidence.SUBMITTED])
async def test_a_report_whose_receipt_a_crash_took_counts_after_the_restart(
    tmp_path: Path, reported: Evidence
) -> None:
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt", "leder")
        claimed, other = await bench.claim(window=3)
        name = attempt_name(sent.identifier, claimed.attempt_id)
        assert not await hears_of(bench, reported, "M1", attempt=name)
    async with store_in(tmp_path) as bench:
        await bench.store.run(recover, None)
        rows = await bench.rows("select id, evidence from attempts")
        assert {r["id"]: r["evidence"] for r in rows} == {claimed.attempt_id: reported, other.attempt_id: 2}
        assert await bench.rows("select id from early_reports") == []


async def test_a_late_receipt_of_another_part_is_a_part_of_its_own(tmp_path: Path) -> None:
    """Both parts of a message are there only when both are reported."""
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt")
        [claimed] = await bench.claim()
        await bench.conclude(claimed, "unknown", references=("ref-1",), parts=2)
        name = attempt_name(sent.identifier, claimed.attempt_id)
        for reference, known in (("ref-1", Evidence.UNKNOWN), ("ref-2", Evidence.DELIVERED)):
            assert await hears_of(bench, Evidence.DELIVERED, reference, attempt=name)
            assert await evidence(bench) == [known]


@pytest.mark.parametrize("name", ["somebody-elses", "{a}", "{a}.999", "x"])
async def test_a_report_with_a_name_that_is_not_ours_is_known_by_its_reference(
    tmp_path: Path, name: str
) -> None:
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt")
        [claimed] = await bench.claim()
        name = name.format(a=sent.identifier)
        assert not await hears_of(bench, Evidence.DELIVERED, "early", attempt=name)
        await bench.conclude(claimed, references=("early",))
        assert await evidence(bench) == [Evidence.DELIVERED]
        assert await hears_of(bench, Evidence.READ, "early", attempt=name)
        assert await evidence(bench) == [Evidence.READ]


@pytest.mark.parametrize("name", ["another.{n}", "{a}.999", "{a}", "{a}.{n}x", "{a}.-1", "æ.{n}"])
async def test_a_name_that_is_not_one_of_ours_raises_nothing(tmp_path: Path, name: str) -> None:
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt")
        [claimed] = await bench.claim()
        await bench.conclude(claimed)
        wrong = name.format(a=sent.identifier, n=claimed.attempt_id)
        assert not await hears_of(bench, Evidence.DELIVERED, attempt=wrong)
        assert await evidence(bench) == [Evidence.SUBMITTED]


# Answers


@pytest.mark.parametrize(
    ("text", "option"),
    [("1", "1"), ("kommer ikke", "2"), ("K7 jeg er på vej", "1"), ("K7 hvem spørger?", "")],
)
async def test_an_answer_from_an_address_that_was_asked_acknowledges(
    tmp_path: Path, text: str, option: str
) -> None:
    async with store_in(tmp_path) as bench:
        sent = await asked(bench, "vagt")
        text = text.replace("K7", f"#{sent.code}")
        assert (await hears(bench, text)).kind == "answer"
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]
        [kept] = await bench.rows("select option from answers")
        assert kept["option"] == option


async def test_the_same_message_again_counts_once(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        found = [(await hears(bench, "1", number="7")).kind for _ in range(2)]
        assert found == ["answer", "repeated"]
        assert len(await bench.rows("select id from answers")) == 1


async def test_a_message_is_known_by_each_name_that_it_may_have_come_with(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        await hears(bench, "1", number="1-12")
        found = [
            (await hears(bench, "1", number=f"1-{n}", also=("1-11", "1-12")[: n - 13])).kind for n in (14, 15)
        ]
        assert found == ["answer", "repeated"]


async def test_contradicting_answers_are_kept_beside_each_other(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        await hears(bench, "1")
        await hears(bench, "2")
        assert [r["option"] for r in await bench.rows("select option from answers order by id")] == ["1", "2"]
        assert (await bench.rows("select answer from deliveries"))[0]["answer"] == "2"


async def test_a_thumb_is_seen_and_answers_nothing(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        assert (await hears(bench, "👍")).kind == "reaction"
        assert await evidence(bench) == [Evidence.READ]


async def test_a_thumb_from_the_phone_says_nothing_about_the_mail(tmp_path: Path) -> None:
    both = ["loopback:telefon", "loopback:postkasse"]
    people = [{"id": "vagt", "name": "Vagt", "addresses": both, "exercise": True}]
    async with store_in(tmp_path, people=people) as bench:
        await asked(bench, "vagt")
        bench.later(timedelta(minutes=2))
        await bench.store.run(look, None)
        for claimed in await bench.claim(window=9):
            await bench.conclude(claimed)
        await hears(bench, "👍", sender="loopback:telefon")
        tried = await bench.rows("select address, evidence from attempts order by id")
        assert [tuple(row.values()) for row in tried] == [(both[0], Evidence.READ), (both[1], 3)]


async def test_an_empty_message_after_an_answer_does_not_hide_it(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        await hears(bench, "1")
        await hears(bench, "")
        assert (await bench.rows("select answer from deliveries"))[0]["answer"] == "1"


async def test_a_stranger_with_the_code_is_shown_as_unconfirmed_and_proves_nothing(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        sent = await asked(bench, "vagt")
        found = await hears(bench, f"#{sent.code} 1", sender="loopback:fremmed")
        assert found.kind == "unconfirmed"
        assert await evidence(bench) == [Evidence.SUBMITTED]


@pytest.mark.parametrize("sender", ["loopback:fremmed", "BANKEN", "", "loopback:leder"])
async def test_what_matches_no_question_is_kept(tmp_path: Path, sender: str) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        assert (await hears(bench, "1", sender=sender)).kind == "unmatched"
        assert [r["text"] for r in await bench.rows("select text from inbound")] == ["1"]


async def test_of_two_open_questions_only_the_code_says_which(tmp_path: Path) -> None:
    async with store_in(tmp_path, a_way()) as bench:
        first, second = await asked(bench, "vagt"), await asked(bench, "vagt")
        assert (await hears(bench, "1")).kind == "unmatched"
        assert (await hears(bench, f"#{first.code} 1")).alert == first.identifier
        assert (await hears(bench, "2")).alert == second.identifier  # now only one is open


async def test_a_question_that_is_only_leaving_is_not_the_one_that_is_answered(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        first = await asked(bench, "vagt")
        await bench.accept("vagt", precedence=Precedence.FLASH, answers=QUESTION)
        assert await bench.claim()
        assert await hears(bench, "1") == Matched("answer", first.identifier, "vagt")


async def test_a_phone_that_two_share_answers_for_one_of_them_by_its_code(tmp_path: Path) -> None:
    async with store_in(tmp_path, people=SHARED) as bench:
        sent = await asked(bench, "nabo")
        assert (await hears(bench, f"{sent.code} 1")).recipient == "nabo"


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
async def test_parts_are_joined_in_whatever_order_they_come(tmp_path: Path, order: tuple[int, ...]) -> None:
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        texts = {1: "kommer, ", 2: "er der ", 3: "om 20"}
        found = [(await hears(bench, texts[n], part=(9, 3, n))).kind for n in order]
        assert found == ["part", "part", "answer"]
        assert (await bench.rows("select text from answers"))[0]["text"] == "kommer, er der om 20"


async def test_a_new_long_message_is_not_joined_with_parts_of_an_old_one(tmp_path: Path) -> None:
    """The reference has 8 bits and phones may count from the same number every time."""
    async with store_in(tmp_path) as bench:
        await asked(bench, "vagt")
        for n, text in enumerate(("jeg ", "kommer"), start=1):
            await hears(bench, text, part=(9, 2, n), number=f"a{n}")
        found = [
            await hears(bench, text, part=(9, 2, n), number=f"b{n}")
            for n, text in ((1, "nej "), (2, "desværre"))
        ]
        assert [each.kind for each in found] == ["part", "answer"]
        texts = [r["text"] for r in await bench.rows("select text from answers order by id")]
        assert texts == ["jeg kommer", "nej desværre"]
