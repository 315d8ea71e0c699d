"""Reports that are told at once (+CDS) are acknowledged in time, or the modem is told again to tell them."""

import asyncio
from typing import Any

import pytest

from hardware.codecs.tpdu import StatusReport, decode_received, submits
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.gsm import GsmModem
from hardware.gsm_events import Reported, StateChanged
from hardware.gsm_state import State
from tests.gsm import Bench, Heard, Settling, until
from tests.virtual_time import run_virtually

(HELLO,) = submits("Mød nu", "+4500000001", reference=0)
ARMED = [2, 1, 0, 1, 0]


def references(heard: Heard) -> list[int]:
    reports = (decode_received(event.tpdu) for event in heard.of(Reported))
    return [report.reference for report in reports if isinstance(report, StatusReport)]


async def _ready(bench: Bench, modem: GsmModem) -> None:
    """With one message in the network, which reports can be about."""
    await until(lambda: modem.state is State.READY, limit_s=60)
    await modem.send(HELLO, before=lambda: None)
    await asyncio.sleep(3)


def _report_in_a_message_of(seconds: float) -> tuple[bool, list[int], float, list[Any]]:
    """One report comes in the middle of it and one after it: was the first given up, which were told, how long the
    modem told none, and what became of its state.
    """

    async def scenario() -> tuple[bool, list[int], float, list[Any]]:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem, Settling(modem) as heard:
            await _ready(bench, modem)
            bench.modem.network.latency_s = seconds
            bench.modem.later(1, lambda: bench.modem.network.report(0, 0x30))
            await modem.send(HELLO, before=lambda: None)
            ended = asyncio.get_running_loop().time()
            await until(lambda: bench.modem.device.settings.routing == ARMED, limit_s=120)
            unarmed_s = asyncio.get_running_loop().time() - ended
            bench.modem.network.report(1, 0)
            await until(lambda: 1 in references(heard), limit_s=20)
            given_up = any(line.get("unanswered") for line in bench.modem.journal.of("report"))
            troubles = [event for event in heard.of(StateChanged) if event.state is State.RECOVERING]
            return given_up, references(heard), unarmed_s, troubles

    told: tuple[bool, list[int], float, list[Any]] = run_virtually(scenario())
    return told


@pytest.mark.parametrize("seconds", [5, 12])
def test_a_report_in_the_middle_of_a_message_is_acknowledged_in_time(seconds: float) -> None:
    given_up, told, _, _ = _report_in_a_message_of(seconds)
    assert (given_up, told) == (False, [0, 1])


@pytest.mark.parametrize("seconds", [17, 20, 40])
def test_a_modem_that_stopped_telling_reports_is_told_again_as_soon_as_it_listens(seconds: float) -> None:
    given_up, told, unarmed_s, troubles = _report_in_a_message_of(seconds)
    assert (given_up, told, troubles) == (True, [0, 1], [])
    assert unarmed_s < 1


def test_a_report_that_nobody_took_in_time_costs_no_later_one() -> None:
    """The caller was busy for a minute."""

    async def scenario() -> list[int]:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem, Heard(modem) as heard:
            await _ready(bench, modem)
            bench.modem.network.report(0, 0)
            await asyncio.sleep(60)
            await until(lambda: modem.state is State.READY, limit_s=60)
            bench.modem.network.report(0, 0x30)
            await until(lambda: len(heard.of(Reported)) == 2, limit_s=10)
            return references(heard)

    assert run_virtually(scenario()) == [0, 0]


class Unlucky(GsmEmulator):
    """Its cable is pulled when it is asked for the operator, right after a report."""

    armed = False

    async def perform(self, called: Any) -> Any:
        if self.armed and called.command.name == "+COPS":
            self.armed = False
            self.network.report(0, 0)
            self.cable(1)
        return await super().perform(called)


def test_a_report_that_came_just_before_the_port_was_lost_is_told() -> None:
    async def scenario() -> list[int]:
        unlucky = Unlucky()
        async with Bench(unlucky) as bench, GsmModem(bench.opener) as modem, Heard(modem) as heard:
            await _ready(bench, modem)
            unlucky.armed = True
            await until(lambda: modem.state is State.CLOSED, limit_s=60)
            return references(heard)

    assert run_virtually(scenario()) == [0]
