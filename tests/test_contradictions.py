"""A report about what was refused: somebody in between, such as a proxy, refused, and the text had left."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.attempt_names import attempt_name
from gateway.delivery import Drop, End, HandedOver, Reported, TurnedDown
from gateway.store.sending import look
from messages.evidence import Ended, Evidence
from messages.precedence import Precedence
from tests.deliveries import SDS, SMS, case, rung
from tests.stores import store_in
from tests.test_inbound import evidence, hears, hears_of

FLASH, _, _, ROUTINE = Precedence
REPORTED = (Evidence.DELIVERED, Evidence.READ, Evidence.SUBMITTED)


@pytest.mark.parametrize("reported", REPORTED)
@pytest.mark.parametrize("early", [True, False])
async def test_a_report_about_what_was_refused_counts_and_both_are_shown(
    tmp_path: Path, reported: Evidence, *, early: bool
) -> None:
    """The refusal came from somebody in between, such as a proxy."""
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt")
        [claimed] = await bench.claim()
        name = attempt_name(sent.identifier, claimed.attempt_id)
        if early:
            await hears_of(bench, reported, "M1", attempt=name)
        await bench.conclude(claimed, "refused", "it answered 400")
        if not early:
            assert await hears_of(bench, reported, "M1", attempt=name)
        [kept] = await bench.rows("select evidence, detail from attempts where id = 1")
        assert kept == {
            "evidence": reported,
            "detail": f"it answered 400; but it was reported {reported.word}",
        }
        assert await evidence(bench) == [reported]


async def test_what_waits_for_the_same_way_as_a_refused_text_that_came_says_so(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt", precedence=Precedence.FLASH)
        [claimed] = await bench.claim()
        await bench.conclude(claimed, "refused")
        bench.later(timedelta(minutes=3))
        await bench.store.run(look, None)  # the next round waits
        name = attempt_name(sent.identifier, claimed.attempt_id)
        await hears_of(bench, Evidence.DELIVERED, "M1", attempt=name)
        assert [again.repeated for again in await bench.claim()] == [True]


@pytest.mark.parametrize(
    ("text", "names", "kind"),
    [("#{code} 1", False, "answer"), ("1", True, "answer"), ("1", False, "unmatched")],
)
async def test_an_answer_that_names_what_was_refused_counts(
    tmp_path: Path, text: str, kind: str, *, names: bool
) -> None:
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt", answers=(("1", "kommer"),))
        [claimed] = await bench.claim()
        await bench.conclude(claimed, "refused")
        name = attempt_name(sent.identifier, claimed.attempt_id) if names else ""
        assert (await hears(bench, text.format(code=sent.code), in_reply_to=name)).kind == kind
        assert (await evidence(bench) == [Evidence.ACKNOWLEDGED]) is (kind == "answer")


async def test_a_code_of_what_has_not_left_answers_nothing(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        sent = await bench.accept("vagt", answers=(("1", "kommer"),))
        assert (await hears(bench, f"#{sent.code} 1")).kind == "unconfirmed"


@pytest.mark.parametrize("reported", REPORTED)
def test_a_refused_text_that_came_is_not_tried_again_in_its_round(reported: Evidence) -> None:
    c = case(FLASH, SMS, SDS, want=Evidence.ACKNOWLEDGED)
    refused = c.send("sms-modem").id
    c.hear(TurnedDown(refused, permanent=False))
    assert "sms-modem" in c.waiting()
    c.hear(Reported(refused, reported))
    assert "sms-modem" not in c.waiting()
    assert any(isinstance(e, Drop) for e in c.effects)


def test_a_refused_correction_that_came_is_not_owed_any_more() -> None:
    c = case(ROUTINE, rung("email", must=True), rung("sms-modem", must=True))
    refused = c.send("sms-modem").id
    c.hear(TurnedDown(refused, permanent=False))
    c.hear(HandedOver(c.send("email").id))
    assert c.waiting() == ["sms-modem"]
    c.hear(Reported(refused, Evidence.DELIVERED))
    assert c.waiting() == []


def test_who_could_not_be_reached_is_reached_by_a_report_about_what_was_refused() -> None:
    c = case(ROUTINE, SMS)
    refused = c.send("sms-modem").id
    c.hear(TurnedDown(refused, permanent=True))
    assert c.delivery.ended is Ended.FAILED
    c.hear(Reported(refused, Evidence.DELIVERED))
    assert End(Ended.REACHED) in c.effects
