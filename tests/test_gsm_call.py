"""Ringing a number over a GSM modem: how calls end, and whom nobody may ring."""

import asyncio
from typing import Any

import pytest

from hardware.emulators.gsm_calls import Callee
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow
from hardware.gsm import GsmModem
from hardware.gsm_call import CallOutcome, outcome_of
from hardware.gsm_state import State
from tests.gsm import Bench, until
from tests.virtual_time import run_virtually

NUMBER = "+4500000001"


async def rung(
    emulated: GsmEmulator, seconds: float = 20, number: str = NUMBER
) -> tuple[CallOutcome, float, Bench]:
    async with Bench(emulated) as bench, GsmModem(bench.opener) as modem:
        await until(lambda: modem.state is State.READY, limit_s=60)
        began = asyncio.get_running_loop().time()
        outcome = await modem.ring(number, seconds)
        return outcome, asyncio.get_running_loop().time() - began, bench


@pytest.mark.parametrize(
    ("callee", "after_s", "outcome", "least_s", "most_s"),
    [
        (Callee.RINGS, None, CallOutcome.RANG, 20, 21),
        (Callee.RINGS, 10, CallOutcome.NO_ANSWER, 10, 11),
        (Callee.BUSY, 2, CallOutcome.BUSY, 2, 3),
        (Callee.ABSENT, 3, CallOutcome.NO_CARRIER, 3, 4),
        (Callee.ANSWERS, 7, CallOutcome.PICKED_UP, 7, 8.5),
    ],
)
def test_a_call_ends_in_what_became_of_it(
    callee: Callee, after_s: float | None, outcome: CallOutcome, least_s: float, most_s: float
) -> None:
    emulated = GsmEmulator()
    emulated.calls.callees[NUMBER] = (callee, after_s)
    said, seconds, bench = run_virtually(rung(emulated))
    assert said is outcome
    assert least_s <= seconds <= most_s
    assert emulated.calls.listed() == []
    assert bench.commands("D") == [f"ATD{NUMBER};"]
    assert next(line["state"] for line in emulated.journal.of("call")) == "dialled"


class HoldingModem(GsmEmulator):
    """Says nothing after ATD until the call has ended, and then how: as data modems and some old phones do."""

    final = "BUSY"

    async def perform(self, called: Any) -> str:
        if called.command.name != "D":
            return await super().perform(called)
        await self.sleep(3)
        return self.final


@pytest.mark.parametrize(
    ("final", "outcome"),
    [
        ("BUSY", CallOutcome.BUSY), ("NO ANSWER", CallOutcome.NO_ANSWER), ("NO CARRIER", CallOutcome.NO_CARRIER),
        ("NO DIALTONE", CallOutcome.NO_CARRIER), ("CONNECT 9600", CallOutcome.PICKED_UP),
    ],
)  # fmt: skip
def test_the_end_of_a_call_is_also_heard_as_the_answer_to_the_dialling(
    final: str, outcome: CallOutcome
) -> None:
    emulated = HoldingModem()
    emulated.final = final
    said, seconds, bench = run_virtually(rung(emulated))
    assert (said, bench.commands("H")[-1]) == (outcome, "ATH")
    assert seconds < 4


def test_a_dialling_that_is_held_for_too_long_is_broken_off() -> None:
    emulated = HoldingModem()
    said, _, bench = run_virtually(rung(emulated, seconds=2))
    assert (said, bench.commands("H")[-1]) == (CallOutcome.RANG, "ATH")


@pytest.mark.parametrize("final", ["ERROR", "+CME ERROR: 3"])
def test_a_modem_that_cannot_call_says_so(final: str) -> None:
    emulated = HoldingModem()
    emulated.final = final
    with pytest.raises(NotNow, match="not dialled"):
        run_virtually(rung(emulated))


def test_a_modem_without_a_list_of_calls_still_hears_their_end() -> None:
    class NoList(GsmEmulator):
        async def perform(self, called: Any) -> str:
            return "ERROR" if called.command.name == "+CLCC" else await super().perform(called)

    emulated = NoList()
    emulated.calls.callees[NUMBER] = (Callee.BUSY, 4)
    assert run_virtually(rung(emulated))[0] is CallOutcome.BUSY


def test_a_modem_that_falls_silent_after_the_dialling_may_have_rung() -> None:
    async def scenario() -> tuple[type[HardwareError], State]:
        emulated = GsmEmulator()
        async with Bench(emulated) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            emulated.later(1.5, emulated.hang)
            try:
                await modem.ring(NUMBER, 20)
            except HardwareError as error:
                return type(error), modem.state
        raise AssertionError("it rang")

    assert run_virtually(scenario()) == (MaybeSent, State.RECOVERING)


def test_messages_leave_while_a_phone_rings() -> None:
    async def scenario() -> tuple[CallOutcome, int]:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            ringing = asyncio.create_task(modem.ring(NUMBER, 20))
            await asyncio.sleep(3)
            await modem.send(bytes.fromhex("01000A9154000000100000024834"), before=lambda: None)
            sent = len(bench.sent())
            return await ringing, sent

    assert run_virtually(scenario()) == (CallOutcome.RANG, 1)


@pytest.mark.parametrize(
    "number",
    [
        "112", "+45112", "0045112", "114", "110", "113", "911", "999", "*100#", "#31#+4500000001", "*21*+4500000001#",
        "12", "", "+", "+45 00000001", "+4500000001;", "+4500000001\r", "+4500000001\rAT+CFUN=0", "0500p12", "T112",
        "+45٠٠٠٠٠٠٠١", "+45０００００００１", "1" * 16, "ABC",
    ],
)  # fmt: skip
async def test_nobody_rings_emergency_services_or_dials_codes(number: str) -> None:
    async with Bench() as bench, GsmModem(bench.opener) as modem:
        with pytest.raises(NeverToThis):
            await modem.ring(number, 5)
        assert bench.commands("D") == []


@pytest.mark.parametrize("seconds", [0, -1, 181, float("nan")])
async def test_a_phone_does_not_ring_for_ever(seconds: float) -> None:
    async with Bench() as bench, GsmModem(bench.opener) as modem:
        with pytest.raises(ValueError, match="180 s at most"):
            await modem.ring(NUMBER, seconds)


async def test_what_is_withdrawn_before_the_dialling_does_not_ring() -> None:
    async with Bench() as bench, GsmModem(bench.opener) as modem:
        with pytest.raises(KeyError):
            await modem.ring(NUMBER, 5, before=lambda: {}["withdrawn"])
        assert bench.commands("D") == []


def test_without_a_network_or_a_modem_nothing_is_dialled() -> None:
    async def scenario() -> None:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            bench.modem.cover(False)
            await until(lambda: modem.state is State.SEARCHING)
            with pytest.raises(NotNow):
                await modem.ring(NUMBER, 5)
            bench.pull()
            await until(lambda: modem.state is State.CLOSED)
            with pytest.raises(ModemDown):
                await modem.ring(NUMBER, 5)

    run_virtually(scenario())


@pytest.mark.parametrize("text", ["OK", "BUSY now", "RING", "+CREG: 1", "NO CARRIERS"])
def test_nothing_else_is_the_end_of_a_call(text: str) -> None:
    assert outcome_of(text) is None
