"""An Iridium modem has one buffer for what is to be sent: what is in it leaves with every session."""

from collections.abc import Awaitable, Callable

import pytest

from hardware.emulators import iridium_modem
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.errors import NotNow
from hardware.iridium_events import Arrived, Resolved
from hardware.iridium_state import State
from hardware.iridium_status import Uncertain
from tests.iridium import Bench, Heard, driver, in_state
from tests.memory_bench import virtually
from tests.test_iridium_emulator import Typist

Handler = Callable[..., Awaitable[str]]


@virtually
async def test_a_restart_between_the_loading_and_the_session_is_no_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: Handler = iridium_modem._ALL_HANDLERS["+SBDWB"]

    async def and_forgotten(modem: IridiumEmulator, *rest: object) -> str:
        final = await taken(modem, *rest)
        modem.device.mo = None
        return final

    monkeypatch.setitem(iridium_modem._ALL_HANDLERS, "+SBDWB", and_forgotten)
    left: list[str] = []
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        with pytest.raises(NotNow, match="restarted over the message"):
            await modem.send(b"Kom nu", before=lambda: left.append("now"))
        assert (bench.sessions(), left) == ([], [])


@pytest.mark.parametrize(("momsn", "told"), [(7, []), (0, [Resolved(0, sent=False)])])
@virtually
async def test_the_late_end_of_another_session_says_nothing_of_this_one(
    momsn: int, told: list[Resolved]
) -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.faults.arm("slow-sbdix", {"seconds": 300})
        bench.modem.network.status = 18
        bench.modem.later(250, lambda: bench.modem.unasked(f"+SBDIX: 32, {momsn}, 2, 0, 0, 0"))
        with pytest.raises(Uncertain):
            await modem.send(b"Kom nu", before=lambda: None)
        await in_state(modem, State.READY)
        assert heard.of(Resolved) == told


@virtually
async def test_a_look_into_the_mailbox_sends_nothing_that_somebody_left_in_the_buffer() -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.device.mo = b"en gammel besked"
        bench.modem.queue(b"JA")
        await heard.first(Arrived)
        assert (bench.sessions() != [], bench.sent()) == (True, [])


@pytest.mark.parametrize("handed", [b"to\x00\x00", b"t"], ids=["a wrong sum", "never the rest"])
@virtually
async def test_a_payload_that_does_not_come_through_leaves_the_buffer_empty(handed: bytes) -> None:
    """A host that goes on regardless then sends nothing; from a buffer that was kept it would send the old message."""
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("AT+SBDWB=2")
        assert b"\r\n0\r\n" in await type_(b"en\x00\xd3")
        assert b"+SBDSX: 1," in await type_("AT+SBDSX")
        await type_("AT+SBDWB=2")
        await type_(handed, wait_s=70)
        assert b"+SBDSX: 0," in await type_("AT+SBDSX")
