"""A GSM modem that fails is brought back: each rung of the ladder, in their order, under virtual time."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hardware.codecs.tpdu import StatusReport, decode_received, submits
from hardware.emulators import gsm_commands
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.line import PtyPort
from hardware.errors import PortLost
from hardware.gsm import GsmModem
from hardware.gsm_events import Received, Reported, StateChanged
from hardware.gsm_state import Rung, State
from hardware.memory import MemoryPort, memory_pair
from hardware.port import Port, drop_dtr, open_port
from hardware.power import PowerFailed, by_command
from hardware.quirks import QUIRKS, ROUTINGS, behaviour_of
from tests.gsm import Bench, Heard, Settling, until
from tests.virtual_time import run_virtually

(HELLO,) = submits("Mød nu", "+4500000001", reference=0, report_requested=True)
HEALED_BY = {
    "ESC and AT": Rung.RESYNC,
    "AT+CFUN=4": Rung.RADIO,
    "AT+CFUN=1,1": Rung.RESET,
    "DTR": Rung.DTR,
    "power": Rung.POWER,
    "reopen": Rung.REOPEN,
}


class SickModem(GsmEmulator):
    """Refuses to be set up until the one thing is done that heals it. `done`: what was tried, in order."""

    def __init__(self, healed_by: str) -> None:
        super().__init__()
        self.healed_by = healed_by
        self.sick = False
        self.done: list[str] = []

    def treat(self, what: str) -> None:
        if self.sick:
            self.done.append(what)
            self.sick = what != self.healed_by

    async def perform(self, called: Any) -> str:
        if called.line in {"AT+CFUN=4", "AT+CFUN=1,1"}:
            self.treat(called.line)
        if called.line == "ATE0":
            self.treat("ESC and AT")
        if self.sick and called.line in {"AT", "AT+CMGF=0"}:
            return "ERROR"
        return await super().perform(called)


class DtrPort(MemoryPort):
    """A line with DTR: what happens to it is told."""

    def __init__(self, modem: SickModem) -> None:
        super().__init__()
        self.modem = modem
        self.levels: list[bool] = []

    def set_dtr(self, level: bool) -> None:
        self.levels.append(level)
        if level:
            self.modem.treat("DTR")


class SickBench(Bench):
    modem: SickModem

    async def opener(self) -> Port:
        self.modem.treat("reopen")
        self.opened += 1
        ours, theirs = DtrPort(self.modem), MemoryPort()
        ours.other, theirs.other = theirs, ours
        self.modem.dce.reset()
        self._keep(self.modem.serve(theirs))
        return ours


async def _healed(healed_by: str) -> tuple[SickModem, float]:
    """Makes a modem sick that was well, and lets it be brought back: what was tried, and the seconds it took."""
    sick = SickModem(healed_by)

    async def power_cycle() -> None:
        sick.treat("power")
        sick.reboot("power")

    async with SickBench(sick) as bench, GsmModem(bench.opener, power_cycle=power_cycle) as modem:
        await until(lambda: modem.state is State.READY, limit_s=60)
        sick.sick = True
        sick.unasked("RDY")  # as after a restart of which nothing else is known
        await until(lambda: modem.state is not State.READY, limit_s=15)
        began = asyncio.get_running_loop().time()
        await until(lambda: modem.state is State.READY, limit_s=900)
        return sick, asyncio.get_running_loop().time() - began


@pytest.mark.parametrize("healed_by", HEALED_BY)
def test_each_rung_is_tried_after_those_below_it(healed_by: str) -> None:
    sick, seconds = run_virtually(_healed(healed_by))
    tried = list(dict.fromkeys(sick.done))
    assert tried == list(HEALED_BY)[: list(HEALED_BY).index(healed_by) + 1]
    assert seconds < 600


def test_without_a_switch_for_its_power_that_rung_is_left_out() -> None:
    async def scenario() -> list[str]:
        sick = SickModem("reopen")
        async with SickBench(sick) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            sick.sick = True
            sick.unasked("RDY")
            await until(lambda: not sick.sick, limit_s=900)
        return list(dict.fromkeys(sick.done))

    assert run_virtually(scenario()) == [what for what in HEALED_BY if what != "power"]


@pytest.mark.parametrize("command", ["AT", "+CREG", "+CSQ", "+COPS", "+CSCA", "+CNMI", "+CMGL", "+CPMS"])
def test_an_idle_modem_that_dies_is_noticed_within_15_s(command: str) -> None:
    """It goes silent at any of the commands that an idle one is asked."""

    class Dying(GsmEmulator):
        died_at = 0.0

        async def perform(self, called: Any) -> str:
            if self.armed and called.command.name == command:
                self.died_at = asyncio.get_running_loop().time()
                self.hang()
                await asyncio.Event().wait()
            return await super().perform(called)

        armed = False

    async def scenario() -> float:
        dying = Dying()
        async with Bench(dying) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            await asyncio.sleep(5)
            if command == "AT":  # a bare AT is no command of its own to the modem
                dying.died_at = asyncio.get_running_loop().time()
                dying.hang()
            dying.armed = True
            await until(lambda: modem.state is not State.READY, limit_s=60)
            return asyncio.get_running_loop().time() - dying.died_at

    assert run_virtually(scenario()) <= 15


def test_a_port_that_is_gone_is_noticed_at_once() -> None:
    async def scenario() -> float:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            await asyncio.sleep(5)
            bench.pull()
            gone = asyncio.get_running_loop().time()
            await until(lambda: modem.state is State.CLOSED)
            return asyncio.get_running_loop().time() - gone

    assert run_virtually(scenario()) < 0.1


def test_a_stuck_modem_gets_its_power_cut_and_comes_back_by_itself() -> None:
    async def scenario() -> tuple[float, list[State]]:
        stuck = GsmEmulator()

        async def power_cycle() -> None:
            stuck.reboot("power")

        async with (
            Bench(stuck) as bench,
            GsmModem(bench.opener, power_cycle=power_cycle) as modem,
            Heard(modem) as heard,
        ):
            await until(lambda: modem.state is State.READY, limit_s=60)
            stuck.hang()
            began = asyncio.get_running_loop().time()
            await until(lambda: stuck.journal.of("reset"), limit_s=900)
            await until(lambda: modem.state is State.READY, limit_s=60)
            return asyncio.get_running_loop().time() - began, [
                event.state for event in heard.of(StateChanged)
            ]

    seconds, states = run_virtually(scenario())
    assert seconds < 300
    assert states[-1] is State.READY


def test_what_the_driver_knows_of_its_modem_can_be_read() -> None:
    async def scenario() -> None:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem:
            bench.modem.network.receive("+4500000002", "JA")
            await until(lambda: modem.status.operator, limit_s=60)
            status = modem.status
            assert (status.state, status.model) == (State.READY, "GSM emulator")
            assert (status.operator, status.signal_dbm) == ("238-99", -73)
            assert (status.used, status.room) == (0, 100)
            bench.modem.cover(False)
            await until(lambda: modem.state is State.SEARCHING)
            assert (modem.status.operator, modem.status.signal_dbm) == ("", None)

    run_virtually(scenario())


def test_a_call_that_outlived_the_trouble_is_ended_by_the_set_up() -> None:
    async def scenario() -> None:
        async with Bench(GsmEmulator()) as bench:
            bench.modem.calls.dial("+4500000001")
            async with GsmModem(bench.opener) as modem:
                await until(lambda: modem.state is State.READY, limit_s=60)
            assert bench.modem.calls.listed() == []

    run_virtually(scenario())


async def test_dtr_is_dropped_and_raised_and_a_line_without_it_is_not_hurt() -> None:
    sick = SickModem("")
    line = DtrPort(sick)
    await drop_dtr(line, 0)
    assert line.levels == [False, True]
    ours, _ = memory_pair()
    await drop_dtr(ours, 0)


async def test_dtr_of_a_pty_and_of_a_closed_port() -> None:
    pty = PtyPort()
    port = await open_port(pty.device)
    await drop_dtr(port, 0)
    pty.write(b"still there")
    assert await port.read() == b"still there"
    await port.close()
    with pytest.raises(PortLost):
        await drop_dtr(port, 0)
    await pty.close()


@pytest.mark.parametrize(
    ("command", "limit_s", "reason"),
    [
        (["/bin/sh", "-c", "echo no relay >&2; exit 3"], 5, r"status 3: no relay"),
        (["/no/such/program"], 5, r"cannot be run"),
        (["/bin/sleep", "60"], 0.05, r"did not end in 0.05 s"),
    ],
)
async def test_a_power_command_that_fails_says_why(command: list[str], limit_s: float, reason: str) -> None:
    with pytest.raises(PowerFailed, match=reason):
        await by_command(command, limit_s=limit_s)()


async def test_a_power_command_runs_without_a_shell(tmp_path: Path) -> None:
    await by_command(["/bin/touch", str(tmp_path / "a b;c")])()
    assert [path.name for path in tmp_path.iterdir()] == ["a b;c"]


def test_a_power_switch_that_fails_does_not_end_the_recovery() -> None:
    async def broken() -> None:
        raise PowerFailed("no relay")

    async def scenario() -> int:
        stuck = GsmEmulator()
        async with Bench(stuck) as bench, GsmModem(bench.opener, power_cycle=broken) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            stuck.hang(400)
            await until(lambda: modem.state is not State.READY, limit_s=15)
            await until(lambda: modem.state is State.READY, limit_s=900)
            return bench.opened

    assert run_virtually(scenario()) >= 2


def test_every_quirk_has_a_source_and_says_what_differs() -> None:
    assert all(quirk.source and quirk.differs and quirk.modem for quirk in QUIRKS)
    assert all(quirk.first or quirk.routings or quirk.useless for quirk in QUIRKS)


@pytest.mark.parametrize(
    ("modem", "first", "routing", "useless"),
    [
        ("Bavn GSM emulator", (), ROUTINGS[0], set()),
        ("HUAWEI E173", ("AT^CURC=0",), ROUTINGS[0], {Rung.RADIO, Rung.RESET}),
        ("SIMCOM INCORPORATED A7670E-LASE", (), (2, 1, 0, 2, 0), set()),
        ("SIMCOM_Ltd SIMCOM_SIM7600E-H", ("AT&F", "ATE0"), ROUTINGS[0], set()),
    ],
)
def test_a_modem_is_treated_as_its_kind_needs(
    modem: str, first: tuple[str, ...], routing: tuple[int, ...], useless: set[Rung]
) -> None:
    behaviour = behaviour_of(modem)
    assert (behaviour.first, behaviour.routings[0], set(behaviour.useless)) == (first, routing, useless)
    assert set(behaviour.routings) == set(ROUTINGS)


def test_the_driver_does_what_the_quirk_of_its_modem_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(gsm_commands.IDENTITY, "+CGMM", "A7670E")
    monkeypatch.setitem(gsm_commands.IDENTITY, "+CGMI", "Huawei")

    async def scenario() -> tuple[list[str], list[int]]:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            return bench.commands("^CURC"), bench.modem.device.settings.routing

    assert run_virtually(scenario()) == (["AT^CURC=0"], [2, 1, 0, 2, 0])


def test_a_full_storage_is_emptied_and_what_waits_in_the_network_comes_too() -> None:
    async def scenario() -> int:
        async with Bench(GsmEmulator()) as bench:
            for number in range(140):  # the SIM holds 30, the modem 100
                bench.modem.network.receive("+4500000002", f"nr. {number}")
            async with GsmModem(bench.opener) as modem, Settling(modem) as heard:
                await until(lambda: len(heard.of(Received)) == 140, limit_s=600, every_s=1)
                await until(lambda: not any(bench.modem.device.storage.values()), limit_s=60)
                return len({event.tpdu for event in heard.of(Received)})

    assert run_virtually(scenario()) == 140


def test_references_go_round_and_a_report_that_comes_twice_is_told_twice() -> None:
    async def scenario() -> tuple[list[int], list[int]]:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem, Settling(modem) as heard:
            await until(lambda: modem.state is State.READY, limit_s=60)
            bench.modem.network.next_reference = 255
            given = [await modem.send(HELLO, before=lambda: None) for _ in range(2)]
            bench.modem.network.report(0, 0)
            await until(lambda: len(heard.of(Reported)) == 3, limit_s=60)
            reports = [decode_received(event.tpdu) for event in heard.of(Reported)]
            return given, sorted(report.reference for report in reports if isinstance(report, StatusReport))

    assert run_virtually(scenario()) == ([255, 0], [0, 0, 255])


def test_every_step_of_the_set_up_is_said_again_after_a_silent_restart() -> None:
    """No banner comes: only what the modem is asked now and then shows that it has forgotten."""

    async def scenario() -> tuple[set[str], set[str]]:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            await asyncio.sleep(3)
            told = {line["line"] for line in bench.modem.journal.of("command")}
            bench.modem.device.restart()
            bench.modem.dce.reset()
            before = len(bench.modem.journal.of("command"))
            await until(lambda: bench.modem.device.settings.routing == [2, 1, 0, 1, 0], limit_s=120)
            await asyncio.sleep(60)
            again = {line["line"] for line in bench.modem.journal.of("command")[before:]}
            return told, again

    told, again = run_virtually(scenario())
    steps = {
        "ATE0",
        "AT+CMEE=1",
        "AT+CMGF=0",
        "AT+CSMS=1",
        'AT+CPMS="ME","ME","ME"',
        "AT+CNMI=2,1,0,1,0",
        "AT+CREG=1",
    }
    assert steps <= told
    assert steps <= again


def test_hours_without_a_network_cost_no_power_cycle_and_end_with_it() -> None:
    async def scenario() -> tuple[int, float]:
        cut = []

        async def power_cycle() -> None:
            cut.append(1)

        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener, power_cycle=power_cycle) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            bench.modem.cover(False)
            await asyncio.sleep(4 * 3600)
            bench.modem.cover(True)
            began = asyncio.get_running_loop().time()
            await until(lambda: modem.state is State.READY, limit_s=300)
            return len(cut), asyncio.get_running_loop().time() - began

    cut, seconds = run_virtually(scenario())
    assert cut == 0
    assert seconds < 60


def test_a_modem_that_restarts_in_every_set_up_is_taken_up_the_ladder_too() -> None:
    async def scenario() -> list[int]:
        cut: list[int] = []
        restless = Restless()

        async def power_cycle() -> None:
            cut.append(1)
            restless.restless = False
            restless.reboot("power")

        async with Bench(restless) as bench, GsmModem(bench.opener, power_cycle=power_cycle) as modem:
            await until(lambda: modem.state is State.READY, limit_s=1800, every_s=1)
        return cut

    assert run_virtually(scenario()) == [1]


class Restless(GsmEmulator):
    """Its power supply is too weak: it restarts whenever it is asked for its storage."""

    restless = True

    async def perform(self, called: Any) -> str:
        if self.restless and called.command.name == "+CPMS":
            self.reboot("brown-out")
        return await super().perform(called)


def test_a_wrong_pin_is_not_tried_again_by_a_program_that_is_started_again() -> None:
    async def scenario() -> tuple[int, list[str]]:
        async with Bench(GsmEmulator()) as bench:
            bench.modem.device.pin, bench.modem.device.unlocked = "1234", False
            reasons = []
            for _ in range(4):
                async with GsmModem(bench.opener, pin="9999") as modem:
                    await until(lambda modem=modem: modem.state is State.LOCKED, limit_s=60)  # type: ignore[misc]
                    reasons.append(modem.reason)
            return bench.modem.device.pin_tries, reasons

    tries, reasons = run_virtually(scenario())
    assert tries == 2
    assert "2 tries are left" in reasons[-1]
