"""What an Iridium modem brings: shown once, deleted when it is safe, and never swallowed or made up."""

import asyncio

import pytest

from hardware.at.grammar import Command
from hardware.emulators import iridium_modem
from hardware.emulators.iridium_sbd import copy
from hardware.errors import HardwareError, NotNow
from hardware.iridium_events import Arrived
from hardware.iridium_state import State
from tests.iridium import Bench, Heard, driver, in_state, sent, until
from tests.memory_bench import virtually


@virtually
async def test_a_ring_brings_all_that_waits_and_each_message_is_deleted_when_settled() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        for number in range(3):
            bench.modem.queue(b"svar %d" % number)
        await until(lambda: len(heard.of(Arrived)) == 3 and bench.modem.device.mt is None)
    assert [event.payload for event in heard.of(Arrived)] == [b"svar 0", b"svar 1", b"svar 2"]
    assert [event.mtmsn for event in heard.of(Arrived)] == [1, 2, 3]
    assert bench.commands("+SBDIXA")
    assert bench.sent() == []


@virtually
async def test_no_session_starts_over_a_message_that_is_not_safe_yet() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem, settles=False) as heard:
        bench.modem.device.queue.extend([b"en", b"to"])
        assert await sent(modem) == 0
        arrived = await heard.first(Arrived)
        with pytest.raises(NotNow, match="not safe yet"):
            await sent(modem)
        assert bench.sessions() == [0]
        await arrived.settle()
        assert bench.modem.device.mt is None
        assert await sent(modem) == 1


@virtually
async def test_a_caller_who_never_settles_does_not_keep_messages_back_for_ever() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem, settles=False) as heard:
        bench.modem.device.queue.append(b"en")
        await sent(modem)
        await heard.first(Arrived)
        await asyncio.sleep(300)
        assert await sent(modem) == 1


@virtually
async def test_a_message_is_shown_once_however_often_it_is_read() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        bench.modem.device.queue.append(b"en")
        await sent(modem)
        await until(lambda: bench.modem.device.mt is None)
        bench.modem.device.mt = b"en"  # as after an SBDD1 that was lost
        await until(lambda: bench.modem.device.mt is None)
        assert len(heard.of(Arrived)) == 1


async def answered(bench: Bench, heard: Heard, payload: bytes) -> None:
    """The gateway brings a message, and it is settled."""
    count = len(heard.of(Arrived))
    bench.modem.queue(payload)
    await until(lambda: len(heard.of(Arrived)) > count and bench.modem.device.mt is None)


@pytest.mark.parametrize("imei", ["300234010753370", "300234099999990"])
@virtually
async def test_a_modem_that_counts_anew_has_no_answer_swallowed(imei: str) -> None:
    """Another modem in its place, or the same one whose numbers have begun again: short answers look alike."""
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        await answered(bench, heard, b"1")
        bench.modem.device.imei, bench.modem.device.numbers.mtmsn = imei, 0
        bench.modem.reboot("power")
        await until(lambda: modem.state is not State.READY)
        await in_state(modem, State.READY)
        await answered(bench, heard, b"1")
        assert [(event.mtmsn, event.payload) for event in heard.of(Arrived)] == [(1, b"1")] * 2
        assert [event.imei for event in heard.of(Arrived)] == ["300234010753370", imei]


@virtually
async def test_a_number_that_comes_round_is_another_message() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        for payload in (b"1", b"2", b"1"):
            bench.modem.device.numbers.mtmsn = 65_535
            await answered(bench, heard, payload)
        assert [event.mtmsn for event in heard.of(Arrived)] == [0, 0, 0]


@virtually
async def test_what_is_found_after_a_message_left_is_no_message_from_before_it() -> None:
    """A session that was cut off has brought it, and its number has come round."""
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        await answered(bench, heard, b"1")
        await asyncio.sleep(60)  # the ring is over
        bench.modem.device.numbers.momsn += 1
        bench.modem.device.mt = b"1"
        await until(lambda: bench.modem.device.mt is None)
        assert [event.payload for event in heard.of(Arrived)] == [b"1"] * 2


@virtually
async def test_a_message_that_the_network_brings_twice_running_is_shown_once() -> None:
    """It does where the modem's receipt was lost."""
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        await answered(bench, heard, b"1")
        bench.modem.device.numbers.mtmsn -= 1
        bench.modem.queue(b"1")
        await until(lambda: not bench.modem.device.queue and bench.modem.device.mt is None)
        assert len(heard.of(Arrived)) == 1


@virtually
async def test_the_octets_of_a_test_are_no_message_though_the_cable_is_pulled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def pulled(modem: iridium_modem.IridiumEmulator, command: Command) -> str:
        modem.cable(600)
        return await copy(modem, command)

    monkeypatch.setitem(iridium_modem._ALL_HANDLERS, "+SBDTC", pulled)
    async with Bench() as bench:
        async with driver(bench) as modem, Heard(modem) as heard:
            await in_state(modem, State.READY)
            with pytest.raises(HardwareError):
                await modem.self_test()
        assert bench.modem.device.status.split(", ")[2] == "1"
        bench.plug()
        async with driver(bench) as after, Heard(after) as later:  # and though the process ended there
            await in_state(after, State.READY)
            assert bench.modem.device.mt is None
        assert heard.of(Arrived) == later.of(Arrived) == []


@virtually
async def test_what_was_not_settled_is_shown_again_after_the_port_was_lost() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem, settles=False) as heard:
        bench.modem.device.queue.append(b"en")
        await sent(modem)
        await heard.first(Arrived)
        bench.pull(1)
        await until(lambda: len(heard.of(Arrived)) == 2)
        first, second = heard.of(Arrived)
        assert first == second


@virtually
async def test_looks_into_the_mailbox_stop_at_the_budget_and_messages_do_not() -> None:
    async with Bench() as bench, driver(bench, credits_per_day=5, mailbox_s=600, first_look_s=1) as modem:
        await asyncio.sleep(36_000)
        assert len(bench.sessions()) == 4
        assert await sent(modem) == 0
        await asyncio.sleep(36_000)
        assert len(bench.sessions()) == 5


@virtually
async def test_the_modem_is_told_to_remember_before_we_leave() -> None:
    async with Bench() as bench:
        async with driver(bench) as modem:
            await in_state(modem, State.READY)
        assert bench.modem.journal.of("command")[-1]["line"] == "AT*F"
        async with driver(bench) as modem:
            await asyncio.sleep(200)
            assert await sent(modem) == 0  # *R1 has switched the radio on again


@virtually
async def test_the_self_test_goes_round_within_the_modem() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        assert await modem.self_test() == 256
        assert (bench.sessions(), heard.of(Arrived), bench.modem.device.mt) == ([], [], None)
        assert await modem.probe()
