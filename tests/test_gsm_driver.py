"""The driver of a GSM modem against an emulated one: what left, what came, and what it survives."""

import asyncio

import pytest

from hardware.codecs.tpdu import StatusReport, decode_received, decode_submit, submits
from hardware.destination import checked_destination, checked_number
from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow
from hardware.gsm import GsmModem
from hardware.gsm_events import LateReference, Received, Reported, StateChanged
from hardware.gsm_state import TRANSITIONS, Change, IllegalChange, Rung, State, after
from tests.gsm import Bench, Heard, at_rest, driver, in_state, until

(HELLO,) = submits("Mød nu æøå", "+4500000001", reference=0, report_requested=True)


async def sent(modem: GsmModem, tpdu: bytes = HELLO) -> int:
    return await modem.send(tpdu, before=lambda: None)


async def test_a_message_leaves_once_and_its_reference_comes_back() -> None:
    async with Bench() as bench, driver(bench) as modem:
        assert [await sent(modem), await sent(modem)] == [0, 1]
        assert [line["text"] for line in bench.sent()] == ["Mød nu æøå"] * 2


async def test_the_whole_set_up_is_said_again_after_a_restart() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        told = [line["line"] for line in bench.modem.journal.of("command")]
        bench.modem.reboot("test")
        await until(lambda: bench.commands("E") == ["ATE0"] * 2)
        await in_state(modem, State.READY)
        again = [line["line"] for line in bench.modem.journal.of("command")][len(told) :]
    steps = {"ATE0", "AT+CMEE=1", "AT+CMGF=0", "AT+CSMS=1", "AT+CNMI=2,1,0,1,0", "AT+CREG=1"}
    assert steps <= set(told)
    assert steps <= set(again)


async def test_before_is_called_after_the_prompt_and_may_take_the_message_back() -> None:
    async with Bench() as bench, driver(bench) as modem:
        with pytest.raises(KeyError):
            await modem.send(HELLO, before=lambda: {}["withdrawn"])
        assert bench.sent() == []
        assert await sent(modem) == 0


@pytest.mark.parametrize(
    ("fault", "error", "left"),
    [
        ("busy-515", NotNow, False),
        ("sim-busy", NotNow, False),
        ("deaf", NotNow, False),
        ("sent-but-failed", MaybeSent, True),  # "unknown error" is no proof that it did not leave
        ("smsc-empty", ModemDown, False),
        ("late-cmgs", MaybeSent, True),
        ("pdu-lost", MaybeSent, False),
    ],
)
async def test_a_fault_ends_in_the_error_that_tells_the_truth(
    fault: str, error: type[HardwareError], left: bool
) -> None:
    async with Bench() as bench, driver(bench, sent_s=0.3) as modem:
        await at_rest(bench, modem)
        bench.modem.faults.arm(fault, {"seconds": 20})
        with pytest.raises(error):
            await sent(modem)
        assert bool(bench.sent()) is left


@pytest.mark.parametrize(
    ("code", "error"), [(1, NeverToThis), (50, NeverToThis), (42, NotNow), (500, MaybeSent), (332, MaybeSent)]
)
async def test_what_the_network_refuses_says_what_to_do(code: int, error: type[HardwareError]) -> None:
    async with Bench() as bench, driver(bench) as modem:
        bench.modem.network.refusals["+4500000001"] = code
        with pytest.raises(error) as raised:
            await sent(modem)
        assert (raised.value.code, raised.value.raw) == (code, f"+CMS ERROR: {code}")


async def test_a_reference_that_comes_late_is_told_and_the_modem_recovers() -> None:
    async with Bench() as bench, driver(bench, sent_s=0.2) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.faults.arm("late-cmgs", {"seconds": 20})
        with pytest.raises(MaybeSent):
            await sent(modem)
        assert await heard.first(LateReference) == LateReference(0, "+4500000001")
        await in_state(modem, State.READY)
        assert await sent(modem) == 1
        assert len(bench.sent()) == 2


async def test_an_ok_without_a_reference_is_not_proof() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.faults.arm("pdu-lost", {})
        sending = asyncio.create_task(sent(modem))
        await until(lambda: bench.modem.journal.of("fault"))
        bench.modem._take(*bench.modem.dce.receive(b"\x1b"))  # as after a lost Ctrl-Z: ESC gives a bare OK
        with pytest.raises(MaybeSent, match="no reference"):
            await sending


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_pulled_cable_is_down_before_the_message_and_unknown_after(moment: str) -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.network.latency_s = 10
        if moment == "before":
            bench.pull()
            with pytest.raises(ModemDown):
                await sent(modem)
        else:
            with pytest.raises(MaybeSent):
                await modem.send(HELLO, before=lambda: bench.modem.later(1, bench.pull))
        await in_state(modem, State.CLOSED)
        bench.plug()
        await in_state(modem, State.READY)
        assert bench.opened == 2


async def test_a_stored_message_is_shown_and_deleted_only_when_settled() -> None:
    async with Bench() as bench:
        bench.modem.network.receive("+4500000002", "Før vi var der")
        bench.modem.device.storage["ME"] = bench.modem.device.storage["SM"].copy()
        bench.modem.device.storage["SM"].clear()
        async with driver(bench) as modem, Heard(modem) as heard:
            message = await heard.first(Received)
            assert decode_received(message.tpdu).content.text == "Før vi var der"  # type: ignore[union-attr]
            assert len(bench.modem.device.storage["ME"]) == 1
            await message.settle()
            assert bench.modem.device.storage["ME"] == {}


async def test_what_is_not_settled_comes_again_after_the_port_was_lost() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.network.receive("+4500000002", "JA #K7")
        await heard.first(Received)
        bench.pull(1)
        await until(lambda: len(heard.of(Received)) == 2)
        first, second = heard.of(Received)
        assert first == second


async def test_what_arrives_during_a_sending_is_fetched_before_the_next_one() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.network.latency_s = 5  # of the emulator: 0.1 s here
        sending = asyncio.gather(*(sent(modem) for _ in range(3)))
        await until(lambda: bench.commands("+CMGS"))
        for number in range(4):
            bench.modem.network.receive(f"+450000001{number}", "JA #K7")
        await sending
        await until(lambda: len(heard.of(Received)) == 4)
        names = [line["name"] for line in bench.modem.journal.of("command")]
        second = [place for place, name in enumerate(names) if name == "+CMGS"][1]
        assert names[:second].count("+CMGR") == 4


async def test_settling_never_deletes_another_message_that_took_the_place() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.network.receive("+4500000002", "den første")
        first = await heard.first(Received)
        bench.modem.device.storage["ME"].clear()
        bench.modem.network.receive("+4500000002", "den anden")
        await first.settle()
        assert len(bench.modem.device.storage["ME"]) == 1


@pytest.mark.parametrize("refused", [False, True], ids=["+CDS", "+CDSI"])
async def test_a_report_comes_with_the_reference_and_is_acknowledged(refused: bool) -> None:
    async with Bench() as bench:
        if refused:
            bench.modem.faults.arm("cnmi-refused", {"times": 99})
        async with driver(bench) as modem, Heard(modem) as heard:
            reference = await sent(modem)
            report = await heard.first(Reported)
            message = decode_received(report.tpdu)
            assert isinstance(message, StatusReport)
            assert (message.reference, message.recipient, message.status) == (reference, "+4500000001", 0)
            await report.settle()
            assert bench.modem.device.storage["SR"] == {}
            assert bool(bench.commands("+CNMA")) is not refused


async def test_a_pin_is_given_once_and_a_wrong_one_never_again() -> None:
    async with Bench() as bench:
        bench.modem.device.pin = "1234"
        bench.modem.device.unlocked = False
        async with driver(bench, pin="9999", poll_s=0.05) as modem:
            await in_state(modem, State.LOCKED)
            await until(lambda: len(bench.commands("+CPIN")) > 6)  # it asks, and only asks
            with pytest.raises(ModemDown, match="SIM"):
                await sent(modem)
    assert bench.commands("+CPIN").count('AT+CPIN="9999"') == 1
    assert bench.modem.device.pin_tries == 2


async def test_a_right_pin_is_given_again_after_a_restart() -> None:
    async with Bench() as bench:
        bench.modem.device.pin, bench.modem.device.unlocked = "1234", False
        async with driver(bench, pin="1234") as modem:
            await in_state(modem, State.READY)
            assert await sent(modem) == 0
            bench.modem.reboot("test")
            await until(lambda: bench.commands("E") == ["ATE0"] * 2)
            await in_state(modem, State.READY)
            assert await sent(modem) == 1
    assert bench.modem.device.pin_tries == 3


async def test_no_pin_configured_is_said_and_not_guessed() -> None:
    async with Bench() as bench:
        bench.modem.device.pin, bench.modem.device.unlocked = "1234", False
        async with driver(bench) as modem, Heard(modem) as heard:
            await in_state(modem, State.LOCKED)
            assert "set the channel's pin" in modem.reason
            await until(lambda: StateChanged(State.LOCKED, modem.reason) in heard.events)


async def test_without_coverage_nothing_is_tried_and_with_it_all_goes_on() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.cover(False)
        await in_state(modem, State.SEARCHING)
        with pytest.raises(NotNow, match="network"):
            await sent(modem)
        bench.modem.cover(True)
        await in_state(modem, State.READY)
        assert await sent(modem) == 0


async def test_a_deaf_modem_is_healed_by_its_radio() -> None:
    async with Bench() as bench, driver(bench, poll_s=0.05) as modem:
        await in_state(modem, State.READY)
        bench.modem.network.deaf = True
        await until(lambda: "AT+CFUN=4" in bench.commands("+CFUN"))
        await until(lambda: not bench.modem.network.deaf)
        await in_state(modem, State.READY)
        assert await sent(modem) == 0


async def test_a_stuck_modem_is_taken_up_the_ladder_and_back_after_a_power_cycle() -> None:
    async with (
        Bench() as bench,
        driver(bench, poll_s=0.05, answer_s=0.03, slow_s=0.03, cooling_s=0.01) as modem,
    ):
        await in_state(modem, State.READY)
        bench.modem.hang()
        await until(lambda: bench.opened >= 2)  # every rung was tried, then the port was opened again
        bench.modem.reboot("power")
        await in_state(modem, State.READY)
        assert await sent(modem) == 0


async def test_a_forgotten_service_centre_is_given_back() -> None:
    async with Bench() as bench, driver(bench, poll_s=0.05) as modem:
        await in_state(modem, State.READY)
        bench.modem.faults.arm("smsc-empty", {})
        await until(lambda: 'AT+CSCA="+4540390999",145' in bench.commands("+CSCA"))
        assert await sent(modem) == 0


@pytest.mark.parametrize("fault", ["urc-in-answer", "sim-busy", "damaged", "usb-renumber", "reboot-banner"])
async def test_a_modem_that_misbehaves_now_and_then_still_sends_everything(fault: str) -> None:
    async with Bench() as bench, driver(bench, answer_s=0.1, poll_s=0.1) as modem:
        await in_state(modem, State.READY)
        bench.modem.faults.arm(fault, {"rate": 0.1, "times": 3, "seconds": 0.5})
        for _ in range(8):
            await until(lambda: modem.state is State.READY)
            for _ in range(20):
                try:
                    await sent(modem)
                    break
                except HardwareError:
                    await asyncio.sleep(0.02)
        assert len(bench.sent()) >= 8


async def test_a_cancelled_send_leaves_the_dialogue_usable() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        bench.modem.network.latency_s = 5
        sending = asyncio.create_task(sent(modem))
        await until(lambda: bench.commands("+CMGS"))
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        bench.modem.network.latency_s = 0
        assert await sent(modem) == 1


@pytest.mark.parametrize(
    "number",
    [
        "112",
        "+45112",
        "114",
        "12",
        "911",
        "000",
        "0045112",
        "45112",
        "1111111111111111",
        "+1911",
        "+44999",
        "+49110",
        "+299112",
        "+298112",
        "+354112",
        "+33112",
        "+451813",
        "+4670000",
        "001911",
        "0044999",
        "00299112",
        "+683999",
        "+690911",
        "+0000001",
    ],
)
def test_the_driver_refuses_numbers_that_no_message_may_go_to(number: str) -> None:
    (tpdu,) = submits("x", number, reference=0)
    with pytest.raises(NeverToThis):
        checked_destination(tpdu)


@pytest.mark.parametrize(
    "number",
    [
        "+4500000001",
        "00000001",
        "004500000001",
        "+450000000001",
        "1241",
        "+29920001",
        "+50020001",
        "+6834001",
    ],
)
def test_a_number_of_a_phone_is_not_taken_for_an_emergency(number: str) -> None:
    assert checked_number(number) == number


@pytest.mark.parametrize(
    "address",
    ["0B91" + "5421A3658700", "05A1*".replace("*", "AB01F2"), "06D0" + "C8329B"],
    ids=["star", "mmi", "name"],
)
def test_the_driver_refuses_a_destination_that_is_not_all_digits(address: str) -> None:
    with pytest.raises(NeverToThis):
        checked_destination(bytes.fromhex("0100" + address + "00000178"))


@pytest.mark.parametrize("octets", [b"", b"\x04", bytes(200), bytes.fromhex("0100AA")])
def test_the_driver_sends_nothing_but_a_submit(octets: bytes) -> None:
    with pytest.raises(NeverToThis):
        checked_destination(octets)


def test_hello_is_what_the_tests_think() -> None:
    assert decode_submit(HELLO).destination == checked_destination(HELLO) == "+4500000001"


def test_every_state_can_lose_its_port_and_unknown_steps_are_faults_of_the_program() -> None:
    assert all(after(state, Change.LOST) is State.CLOSED for state in State)
    assert {state for state, _ in TRANSITIONS} == set(State)
    with pytest.raises(IllegalChange, match="REGISTERED in state CLOSED"):
        after(State.CLOSED, Change.REGISTERED)


def test_the_ladder_ends_at_its_top() -> None:
    assert [rung.next() for rung in Rung] == [*list(Rung)[1:], Rung.REOPEN]
    assert Rung.DTR.next(frozenset({Rung.POWER})) is Rung.REOPEN
