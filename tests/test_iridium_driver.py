"""The driver of an Iridium modem against an emulated one: what left, what came, and what it survives."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hardware.emulators.iridium_modem import KNOWN_FAULTS
from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow
from hardware.iridium import IridiumModem
from hardware.iridium_budget import Budget, credits_of
from hardware.iridium_events import Arrived
from hardware.iridium_state import TRANSITIONS, Change, IllegalChange, Rung, State, after
from hardware.iridium_status import STATUSES, Held
from tests.iridium import Bench, Heard, driver, in_state, sent, until
from tests.memory_bench import virtually


@virtually
async def test_a_message_leaves_once_and_its_serial_number_comes_back() -> None:
    async with Bench() as bench, driver(bench) as modem:
        assert [await sent(modem, b"en"), await sent(modem, b"to")] == [0, 1]
        assert bench.sent() == [b"en", b"to"]
        assert bench.modem.device.mo is None


@pytest.mark.parametrize("size", [1, 340])
@virtually
async def test_any_octets_go_through_unchanged(size: int) -> None:
    payload = bytes(255 - i % 256 for i in range(size))
    async with Bench() as bench, driver(bench) as modem:
        await sent(modem, payload)
        assert bench.sent() == [payload]


@pytest.mark.parametrize("payload", [b"", bytes(341)])
@virtually
async def test_what_no_message_can_hold_never_goes(payload: bytes) -> None:
    async with Bench() as bench, driver(bench) as modem:
        with pytest.raises(NeverToThis):
            await sent(modem, payload)


@virtually
async def test_the_whole_set_up_is_said_again_after_a_silent_restart() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        told = {line["line"] for line in bench.modem.journal.of("command")}
        bench.modem.reboot("power")
        bench.modem.journal.lines.clear()
        await until(lambda: bench.commands("+SBDMTA"))
        await in_state(modem, State.READY)
        again = {line["line"] for line in bench.modem.journal.of("command")}
    steps = {"AT&K0", "ATE0", "AT&D0", "AT*R1", "AT+SBDMTA=1", "AT+SBDAREG=1", "AT+CIER=1,1,1", "AT+SBDD0"}
    assert steps <= told
    assert steps <= again


@virtually
async def test_before_is_called_when_all_is_loaded_and_may_take_the_message_back() -> None:
    async with Bench() as bench, driver(bench) as modem:
        held: list[bytes | None] = []

        def withdraw() -> None:
            held.append(bench.modem.device.mo)
            raise KeyError("withdrawn")

        with pytest.raises(KeyError):
            await modem.send(b"for sent", before=withdraw)
        assert (held, bench.sessions(), bench.modem.device.mo) == ([b"for sent"], [], None)
        assert await sent(modem) == 0


@pytest.mark.parametrize("status", [*sorted(set(STATUSES) - {0, 1, 2, 3, 4, 34}), 7, 50])
@virtually
async def test_each_status_says_what_to_do(status: int) -> None:
    errors = {
        **dict.fromkeys((11, 32, 35, 36, 38), NotNow),
        **dict.fromkeys((12, 14, 15), NeverToThis),
        **dict.fromkeys((16, 33, 37, 64, 65), ModemDown),
    }
    async with Bench() as bench, driver(bench) as modem:
        bench.modem.network.status = status
        with pytest.raises(errors.get(status, MaybeSent)) as raised:
            await sent(modem)
        assert raised.value.code == status
        assert bench.modem.device.mo is None


@pytest.mark.parametrize(("status", "hold_s"), [(36, 180), (38, 900), (11, 15), (32, 180)])
@virtually
async def test_a_hold_keeps_the_next_message_from_a_session(status: int, hold_s: float) -> None:
    async with Bench() as bench, driver(bench) as modem:
        bench.modem.network.status = status
        for _ in range(2):
            with pytest.raises(Held) as held:
                await sent(modem)
        assert hold_s - 40 < held.value.retry_s <= hold_s
        bench.modem.network.status = None
        await asyncio.sleep(hold_s)
        assert await sent(modem) == 0
        assert bench.sessions() == [status, 0]


@virtually
async def test_the_hold_for_no_network_ends_when_the_sky_opens() -> None:
    async with Bench() as bench, driver(bench, gate_s=10) as modem:
        await in_state(modem, State.READY)
        bench.modem.cover(False)
        with pytest.raises(Held, match="no network"):
            await sent(modem)
        bench.modem.cover(True)
        await in_state(modem, State.READY)
        assert await sent(modem) == 0


@virtually
async def test_a_session_is_tried_without_a_signal_after_a_while() -> None:
    async with Bench() as bench, driver(bench) as modem:
        bench.modem.network.signal = 1
        started = asyncio.get_running_loop().time()
        assert await sent(modem) == 0
        assert asyncio.get_running_loop().time() - started > 60


@virtually
async def test_a_modem_that_a_person_has_to_see_to_is_tried_again_after_a_while() -> None:
    async with Bench() as bench, driver(bench) as modem:
        bench.modem.network.status = 33
        with pytest.raises(ModemDown, match="antenna"):
            await sent(modem)
        assert modem.state is State.ALARMED
        bench.modem.network.status = None
        with pytest.raises(ModemDown, match="antenna"):
            await sent(modem)
        await in_state(modem, State.READY)
        assert await sent(modem) == 0


@virtually
async def test_a_radio_that_is_off_is_switched_on() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.radio(on=False)
        with pytest.raises(ModemDown, match="radio"):
            await sent(modem)
        await in_state(modem, State.READY)
        await asyncio.sleep(200)
        assert await sent(modem) == 0


# Faults.


@pytest.mark.parametrize("fault", sorted(KNOWN_FAULTS))
@virtually
async def test_a_fault_loses_nothing_and_repeats_nothing(fault: str) -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.faults.arm(fault, {"times": 2, "seconds": 40})
        said = [await offered(modem, b"nr. %d" % number) for number in range(6)]
        assert bench.faults(fault) == 2
        assert {b"nr. %d" % n for n, sure in enumerate(said) if sure} <= set(bench.sent())
        assert len(bench.sent()) == len(set(bench.sent())) >= 4


async def offered(modem: IridiumModem, payload: bytes) -> bool:
    """Until it has left (True) or may have."""
    for _ in range(60):
        try:
            await sent(modem, payload)
        except MaybeSent:
            return False
        except HardwareError:
            await asyncio.sleep(15)
        else:
            return True
    raise AssertionError(f"{payload!r} never left: {modem.state} {modem.reason}")


@virtually
async def test_a_buffer_that_does_not_clear_keeps_every_session_away() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.device.mo = b"en gammel besked"
        bench.modem.faults.arm("mo-kept", {"times": 1000})
        with pytest.raises(NotNow, match="may still hold"):
            await sent(modem)
        await asyncio.sleep(300)
        assert bench.sessions() == []


@virtually
async def test_a_deaf_modem_is_healed_by_its_radio() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.network.deaf = True
        assert await offered(modem, b"hallo")
        assert bench.commands("*R").count("AT*R0") == 1


@virtually
async def test_a_dead_modem_is_noticed_within_15_seconds() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.hang()
        await asyncio.sleep(15.1)
        assert modem.state in {State.RECOVERING, State.STARTING}
        assert not await modem.probe()
        bench.modem.reboot("power")
        await in_state(modem, State.READY)


@virtually
async def test_old_firmware_waits_for_the_time_before_a_session() -> None:
    async with Bench() as bench, driver(bench, gate_s=5) as modem:
        await in_state(modem, State.READY)
        modem.setup.firmware = "TA12003"
        await sent(modem)
        assert bench.commands("-MSSTM")


def test_what_a_message_costs_and_what_a_day_allows() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    budget = Budget(10, clock=lambda: now)
    assert [credits_of(bytes(n)) for n in (1, 50, 51, 340)] == [1, 1, 2, 7]
    budget.spend(8)
    assert (budget.left, budget.allows_look) == (2, False)
    now += timedelta(days=1)
    assert (budget.left, budget.allows_look) == (10, True)


def test_every_state_can_lose_its_port_and_unknown_steps_are_faults_of_the_program() -> None:
    assert all(after(state, Change.LOST) is State.CLOSED for state in State)
    assert {state for state, _ in TRANSITIONS} == set(State)
    with pytest.raises(IllegalChange, match="BEGUN in state CLOSED"):
        after(State.CLOSED, Change.BEGUN)
    assert [rung.next() for rung in Rung] == [Rung.RADIO, Rung.POWER, Rung.REOPEN, Rung.REOPEN]


@virtually
async def test_the_log_of_the_port_shows_commands_and_no_message() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        bench.modem.device.queue.append(b"OK, kode 4711\r\nrum 12\r\n")
        await sent(modem, b"hemmeligt\r\nsted\r\n")
        await heard.first(Arrived)
        shown = "\n".join(map(str, modem.log()))
    assert "AT+SBDIX" in shown
    assert "+SBDIX: 0, 0, 1, 1, 23, 0" in shown
    assert not [word for word in ("hemmeligt", "sted", "4711", "rum") if word in shown]


@virtually
async def test_a_session_that_failed_costs_nothing() -> None:
    async with Bench() as bench, driver(bench) as modem:
        bench.modem.network.status = 36
        with pytest.raises(NotNow):
            await sent(modem)
        assert modem.budget.left == 100


@virtually
async def test_power_is_cut_when_nothing_else_helps() -> None:
    async with Bench() as bench:
        cuts: list[float] = []

        async def cut() -> None:
            cuts.append(asyncio.get_running_loop().time())
            if len(cuts) == 1:
                raise OSError("the relay is stuck")
            bench.modem.reboot("power")

        async with IridiumModem(bench.opener, power_cycle=cut) as modem:
            await in_state(modem, State.READY)
            bench.modem.hang()
            await until(lambda: len(cuts) == 2)
            await in_state(modem, State.READY)
