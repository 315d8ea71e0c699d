"""The driver of an Iridium modem against an emulated one: what left, what came, and what it survives."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hardware.at.grammar import Command
from hardware.emulators import iridium_modem
from hardware.emulators.iridium_modem import KNOWN_FAULTS
from hardware.emulators.iridium_sbd import copy, status_extended
from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow
from hardware.iridium import IridiumModem
from hardware.iridium_budget import Budget, credits_of
from hardware.iridium_events import Arrived, Resolved
from hardware.iridium_state import TRANSITIONS, Change, IllegalChange, Rung, State, after
from hardware.iridium_status import STATUSES, Held, Uncertain
from tests.iridium import Bench, Heard, driver, in_state, until
from tests.memory_bench import virtually


async def sent(modem: IridiumModem, payload: bytes = b"Kom nu") -> int:
    return await modem.send(payload, before=lambda: None)


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


# The link dies, or the modem falls silent, in the middle of a session.


async def cut_off(bench: Bench, modem: IridiumModem, *, back_s: float) -> int:
    bench.modem.network.latency_s = 15
    return await modem.send(b"midt i det", before=lambda: bench.modem.later(5, lambda: bench.pull(back_s)))


@virtually
async def test_a_number_that_moved_on_proves_that_a_message_was_sent() -> None:
    async with Bench() as bench, driver(bench) as modem:
        assert await cut_off(bench, modem, back_s=5) == 0
        assert bench.sent() == [b"midt i det"]


@pytest.mark.parametrize("gateway_has_it", [True, False])
@virtually
async def test_a_number_that_stayed_proves_nothing_of_a_session_that_began(gateway_has_it: bool) -> None:
    """The modem's buffer and its number are the same where the gateway took the message and the modem says 18."""
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        if gateway_has_it:
            bench.modem.faults.arm("sent-but-failed", {"times": 1})
        else:
            bench.modem.network.status = 18
        with pytest.raises(Uncertain, match="nobody knows"):
            await cut_off(bench, modem, back_s=5)
        await in_state(modem, State.READY)
        await asyncio.sleep(300)
        assert (bench.sent(), bench.modem.device.mo) == ([b"midt i det"] * gateway_has_it, None)
        assert heard.of(Resolved) == []


@pytest.mark.parametrize("lost", range(len("+SBDIX: 18, 0, 2, 0, 0, 0")))
@virtually
async def test_an_end_of_which_an_octet_is_lost_is_unknown(
    lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.faults.arm("sent-but-failed", {"times": 1})
        told = bench.modem.info

        def info(text: str, **more: str) -> None:
            told(text[:lost] + text[lost + 1 :] if text.startswith("+SBDIX: 18") else text, **more)

        monkeypatch.setattr(bench.modem, "info", info)
        with pytest.raises(MaybeSent):
            await sent(modem)
        assert bench.sent() == [b"Kom nu"]


@pytest.mark.parametrize(("status", "back_s", "sure"), [(None, 1, True), (None, 300, False), (10, 1, False)])
@virtually
async def test_a_success_counts_when_the_serial_number_has_moved_on(
    status: int | None, back_s: float, sure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cable goes right after the line, of which the noise took the first digit of 10."""
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.network.status = status
        told = bench.modem.info
        monkeypatch.setattr(
            bench.modem, "info", lambda text, **more: told(text.replace(": 10,", ": 0,"), **more)
        )

        async def pulled(modem: iridium_modem.IridiumEmulator, command: Command) -> str:
            if bench.sessions() and bench.opened == 1:
                bench.pull(back_s)
            return await status_extended(modem, command)

        monkeypatch.setitem(iridium_modem._ALL_HANDLERS, "+SBDSX", pulled)
        assert await outcome(modem) == ("sent" if sure else "maybe")
        await asyncio.sleep(400)
        assert heard.of(Resolved) == ([Resolved(0, sent=True)] if status is None and not sure else [])


async def outcome(modem: IridiumModem) -> str:
    try:
        await sent(modem)
    except MaybeSent:
        return "maybe"
    return "sent"


@virtually
async def test_a_session_that_the_modem_refuses_outright_has_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(*_: object) -> str:
        return "ERROR"

    monkeypatch.setitem(iridium_modem._ALL_HANDLERS, "+SBDIX", refuse)
    async with Bench() as bench, driver(bench) as modem:
        with pytest.raises(NotNow, match="nothing left"):
            await sent(modem)


@virtually
async def test_a_message_that_left_is_told_when_that_is_known_too_late() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        with pytest.raises(Uncertain) as uncertain:
            await cut_off(bench, modem, back_s=200)
        assert await heard.first(Resolved) == Resolved(uncertain.value.momsn, sent=True)


@pytest.mark.parametrize(("status", "told"), [(32, [Resolved(0, sent=False)]), (18, [])])
@virtually
async def test_a_session_that_ends_too_late_is_unsent_only_where_the_modem_says_so(
    status: int, told: list[Resolved]
) -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.faults.arm("slow-sbdix", {"seconds": 200})
        bench.modem.network.status = status
        with pytest.raises(Uncertain):
            await sent(modem)
        await asyncio.sleep(300)
        assert heard.of(Resolved) == told


@virtually
async def test_a_message_that_the_gateway_has_is_never_told_as_unsent() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.faults.arm("slow-sbdix", {"seconds": 200, "times": 1})
        bench.modem.faults.arm("sent-but-failed", {"times": 1})
        with pytest.raises(Uncertain):
            await sent(modem)
        await asyncio.sleep(600)
        assert (heard.of(Resolved), bench.sent()) == ([], [b"Kom nu"])


@virtually
async def test_a_restart_in_a_session_leaves_it_unknown_for_ever() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        bench.modem.network.latency_s = 15
        with pytest.raises(Uncertain):
            await modem.send(b"x", before=lambda: bench.modem.later(5, lambda: bench.modem.reboot("power")))
        await in_state(modem, State.READY)
        assert heard.of(Resolved) == []
        assert await sent(modem) == 0


@virtually
async def test_a_restart_over_the_message_is_no_success() -> None:
    """The buffer is empty afterwards, and an empty session ends with status 0 like any other."""
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        with pytest.raises(MaybeSent, match="serial number"):
            await modem.send(b"x", before=lambda: setattr(bench.modem.device, "mo", None))
        assert bench.sent() == []


@virtually
async def test_a_session_that_takes_five_minutes_is_unknown_and_told_late() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.faults.arm("slow-sbdix", {"seconds": 300})
        with pytest.raises(Uncertain):
            await sent(modem)
        assert await heard.first(Resolved) == Resolved(0, sent=True)
        await in_state(modem, State.READY)
        assert await sent(modem) == 1


@virtually
async def test_a_cancelled_send_is_not_sent_again_by_the_next_session() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        sending = asyncio.create_task(sent(modem, b"opgivet"))
        await until(lambda: modem.state is State.SESSION)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.sleep(200)
        assert await sent(modem, b"det naeste") == 1
        assert bench.sent() == [b"opgivet", b"det naeste"]


# What comes in.


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
