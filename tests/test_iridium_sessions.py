"""Iridium sessions that are cut off, or end late or damaged: what is known of the message, and when."""

import asyncio

import pytest

from hardware.at.grammar import Command
from hardware.emulators import iridium_modem
from hardware.emulators.iridium_sbd import status_extended
from hardware.errors import MaybeSent, NotNow
from hardware.iridium import IridiumModem
from hardware.iridium_events import Resolved
from hardware.iridium_state import State
from hardware.iridium_status import Uncertain
from tests.iridium import Bench, Heard, driver, in_state, sent, until
from tests.memory_bench import virtually


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


@pytest.mark.parametrize("session_s", [5, 20])
@virtually
async def test_an_error_at_the_end_of_a_session_proves_nothing(session_s: float) -> None:
    """The gateway has the message, the number stays and the buffer is full: as where the session never began."""
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.network.latency_s = session_s
        bench.modem.faults.arm("sent-but-failed", {"error": True})
        with pytest.raises(Uncertain, match="nobody knows"):
            await sent(modem)
        await in_state(modem, State.READY)
        assert (bench.sent(), heard.of(Resolved)) == ([b"Kom nu"], [])


async def changed(bench: Bench, modem: IridiumModem, *, imei: str) -> None:
    """A modem is taken out in the middle of its session, before anything left; a spare comes, one number higher."""

    def change() -> None:
        bench.pull(2)
        bench.modem.replace(imei)
        bench.modem.device.numbers.momsn = 1

    await modem.send(b"midt i det", before=lambda: bench.modem.later(5, change))


@virtually
async def test_the_number_of_another_modem_proves_nothing() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        with pytest.raises(Uncertain):
            await changed(bench, modem, imei="300234010753999")
        await in_state(modem, State.READY)
        assert (bench.sent(), heard.of(Resolved)) == ([], [])


@virtually
async def test_a_modem_that_does_not_say_who_it_is_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        monkeypatch.delitem(iridium_modem._ALL_HANDLERS, "+CGSN")
        with pytest.raises(Uncertain):
            await changed(bench, modem, imei="300234010753999")
        assert bench.sent() == []


@virtually
async def test_the_late_end_of_a_session_is_not_believed_of_another_modem() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        with pytest.raises(Uncertain):
            await changed(bench, modem, imei="300234010753999")
        await in_state(modem, State.READY)
        bench.modem.unasked("+SBDIX: 32, 0, 2, 0, 0, 0")
        await asyncio.sleep(30)
        assert heard.of(Resolved) == []


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
