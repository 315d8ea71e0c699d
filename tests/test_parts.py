"""An SMS in parts: doubts about one part keep no other here, for a phone shows the whole message or nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from channels.base import Receipt, Report, Unknown, Withdrawn
from channels.parts import Parts, in_parts
from channels.sms_modem import SmsModemChannel, SmsModemConfig
from gateway.delivery import FellSilent
from gateway.store.reporting import report
from gateway.store.sending import Claimed, Outcome, conclude
from hardware.errors import MaybeSent, ModemDown, NeverToThis, NotNow
from hardware.gsm_state import State
from messages.address import parse_address
from messages.evidence import Evidence
from tests.gsm import Bench, until
from tests.memory_bench import virtually
from tests.outgoing import outgoing, words
from tests.stores import store_in
from tests.test_gsm_late import NEVER, LivelyModem
from tests.virtual_time import run_virtually

TO = "sms:+4500000001"
THREE = words(text="Mød på kommandostationen på Æblevej kl. 10. " * 8)


def submitted(*answers: tuple[float, str]) -> tuple[Receipt | Unknown, int, list[Report]]:
    """Three parts to a modem that answers them so: what became of them, how many left, and what was told late."""

    async def scenario() -> tuple[Receipt | Unknown, int, list[Report]]:
        lively = LivelyModem(*answers)
        config = SmsModemConfig.model_validate({"bearer": "sms-modem", "port": "in memory"})
        async with Bench(lively) as bench, SmsModemChannel("sms-a", config, opener=bench.opener) as sms:
            await until(lambda: sms._modem.state is State.READY, limit_s=60)
            result: Receipt | Unknown
            try:
                result = await sms.submit(outgoing(TO, THREE))
            except Unknown as unknown:
                result = unknown
            await until(lambda: sms._modem.state is State.READY, limit_s=200)
            reports = [event for event in sms._feed._waiting if isinstance(event, Report)]
            return result, len(lively.handed_at), reports

    told: tuple[Receipt | Unknown, int, list[Report]] = run_virtually(scenario())
    return told


@pytest.mark.parametrize("answers", [
    [(3, "+CMGS: 7|OK"), (3, "+CMGS: 8|OK"), (3, "+CMGS: 9|OK")],
    [(75, "+CMGS: 7|OK"), (3, "+CMGS: 8|OK"), (3, "+CMGS: 9|OK")],
    [(3, "+CMGS: 7|OK"), (100, "+CMGS: 8|OK"), (3, "+CMGS: 9|OK")],
])  # fmt: skip
def test_a_reference_that_comes_late_takes_its_place_among_the_parts(
    answers: list[tuple[float, str]],
) -> None:
    result, left, reports = submitted(*answers)
    assert (result, left, reports) == (Receipt(("7", "8", "9"), detail="3 parts"), 3, [])


@pytest.mark.parametrize("answer", [(NEVER, "OK"), (3, "+CMS ERROR: 500"), (3, "OK")])
def test_the_rest_leaves_after_a_first_part_that_is_uncertain(answer: tuple[float, str]) -> None:
    result, left, reports = submitted(answer, (3, "+CMGS: 8|OK"), (3, "+CMGS: 9|OK"))
    assert isinstance(result, Unknown)
    assert (result.references, result.parts, left, reports) == (("8", "9"), 3, 3, [])
    assert result.reason.startswith("part 1 of 3: ")
    assert "nothing left" not in result.reason


def test_the_reference_of_the_last_part_comes_as_a_report() -> None:
    result, left, (report,) = submitted((3, "+CMGS: 7|OK"), (3, "+CMGS: 8|OK"), (90, "+CMGS: 9|OK"))
    assert isinstance(result, Unknown)
    assert (result.references, left) == (("7", "8"), 3)
    assert (report.reference, report.evidence, report.address) == (
        "9",
        Evidence.SUBMITTED,
        parse_address(TO),
    )


def part(*outcomes: str | Exception) -> Callable[[], object]:
    """A part that ends so, the next time so."""
    rest = list(outcomes)

    async def send() -> str:
        outcome = rest.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return send


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (NeverToThis("barred"), "part 1 of 3: no word; nothing left after part 1: barred"),
        (Withdrawn("cancelled"), "part 1 of 3: no word; withdrawn after part 1: cancelled"),
    ],
)
@virtually
async def test_what_did_not_leave_after_an_uncertain_part_is_said(second: Exception, reason: str) -> None:
    with pytest.raises(Unknown) as raised:
        await in_parts([part(MaybeSent("no word")), part(second), part("9")], pause_s=5)  # type: ignore[list-item]
    assert (raised.value.reason, raised.value.references, raised.value.parts) == (reason, (), 3)


@pytest.mark.parametrize(("down_for", "result"), [(40, ("7", "8")), (60, None)])
@virtually
async def test_a_modem_that_is_not_fit_for_the_next_part_is_waited_for(
    down_for: int, result: tuple[str, ...] | None
) -> None:
    down = [ModemDown("recovering")] * (down_for // 5)
    leaving = in_parts([part("7"), part(*down, "8")], pause_s=5, patience_s=50)  # type: ignore[list-item]
    if result is not None:
        assert (await leaving).references == result
        return
    with pytest.raises(Unknown, match="nothing left after part 1: recovering") as raised:
        await leaving
    assert raised.value.references == ("7",)


@virtually
async def test_a_refused_part_is_tried_three_times_and_a_first_one_once() -> None:
    busy = [NotNow("busy", code=42)] * 3
    with pytest.raises(Unknown) as raised:
        await in_parts([part("7"), part(*busy)], pause_s=5)  # type: ignore[list-item]
    assert raised.value.code == "42"
    assert (await in_parts([part("7"), part(*busy[:2], "8")], pause_s=5)).references == ("7", "8")  # type: ignore[list-item]


def test_a_late_reference_belongs_to_the_first_part_that_misses_one() -> None:
    parts = Parts(3, {2: "8"}, {1: MaybeSent("a"), 3: MaybeSent("b")})
    assert (parts.late("7"), parts.references, list(parts.doubts)) == (True, {1: "7", 2: "8"}, [3])
    assert not Parts(1, {1: "7"}).late("8")


TOLD = (
    ("8", Evidence.DELIVERED),
    ("9", Evidence.DELIVERED),
    ("7", Evidence.SUBMITTED),
    ("7", Evidence.DELIVERED),
)


def _uncertain(claimed: Claimed) -> Outcome:
    """Of three parts the references of the second and third are known."""
    return Outcome(
        delivery_id=claimed.delivery_id,
        attempt_id=claimed.attempt_id,
        channel="loop",
        address=claimed.address,
        verb="unknown",
        event=FellSilent(claimed.attempt_id),
        references=("8", "9"),
        parts=3,
    )


async def test_a_message_counts_as_delivered_once_the_part_in_doubt_has_its_reference_too(
    tmp_path: Path,
) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt")
        (claimed,) = await bench.claim()
        await bench.store.run(conclude, _uncertain(claimed))
        seen = []
        for reference, evidence in TOLD:
            event = Report(
                reference=reference,
                evidence=evidence,
                at=bench.now,
                address=parse_address(claimed.address),
            )
            assert await bench.store.run(report, ("loop", event))
            (row,) = await bench.rows("select evidence from deliveries")
            seen.append(Evidence(row["evidence"]))
    assert seen == [Evidence.UNKNOWN, Evidence.UNKNOWN, Evidence.SUBMITTED, Evidence.DELIVERED]
