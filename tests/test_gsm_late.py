"""An answer that comes after the driver has given its message up is never taken for that of another message.

The modem here hears commands while a message of it is still on its way into the network, and says what became of that
one at a time of its own: nothing in a +CMGS or an error says which message it is about (27.005 3.5.1).
"""

import asyncio
import re
from datetime import datetime, time
from typing import Any

import pytest

from hardware.codecs.tpdu import submits
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.errors import HardwareError, ModemDown
from hardware.gsm import GsmModem
from hardware.gsm_events import LateReference
from hardware.gsm_state import State
from tests.gsm import Bench, Heard, until
from tests.virtual_time import run_virtually

FIRST, SECOND = (
    submits(text, to, reference=0)[0] for text, to in (("en", "+4500000001"), ("to", "+4500000002"))
)
NEVER = 3600.0
UNTIL = r"may still come: nothing is sent until ([0-9:]{8}) \S+, or until the last message is answered"


class LivelyModem(GsmEmulator):
    """`answers`: for each message the seconds after which it is answered, and how."""

    def __init__(self, *answers: tuple[float, str]) -> None:
        super().__init__()
        self.answers = list(answers)
        self.handed_at: list[float] = []

    async def _execute(self, called: Any) -> None:
        """A message is not ended here: the modem goes on listening."""
        if called.command.name != "+CMGS":
            await super()._execute(called)
            return
        self.journal.write("command", line=called.line, name=called.command.name)
        taken_back = await self.payload() is None
        events, out = self.dce.end("OK")
        self._take(events, out if taken_back else b"")
        if not taken_back:
            self.handed_at.append(asyncio.get_running_loop().time())
            after_s, answer = self.answers.pop(0)
            self.later(after_s, lambda: self._tell(answer))

    def _tell(self, answer: str) -> None:
        for line in answer.split("|"):
            self.unasked(line)


async def sent(modem: GsmModem, tpdu: bytes) -> int | str:
    try:
        return await modem.send(tpdu, before=lambda: None)
    except HardwareError as error:
        return type(error).__name__


async def _until_taken(modem: GsmModem, tpdu: bytes) -> int | str:
    """As a hub: what the modem was not fit for is tried again."""
    while (result := await sent(modem, tpdu)) in {"ModemDown", "NotNow"}:
        await asyncio.sleep(1)
    return result


def two(*answers: tuple[float, str]) -> tuple[list[int | str], list[LateReference], list[float]]:
    """Two messages, one after the other: what became of each, what was told late, and when they were handed over."""

    async def scenario() -> tuple[list[int | str], list[LateReference], list[float]]:
        lively = LivelyModem(*answers)
        async with Bench(lively) as bench, GsmModem(bench.opener) as modem, Heard(modem) as heard:
            results = [await _until_taken(modem, tpdu) for tpdu in (FIRST, SECOND)]
            await asyncio.sleep(5)
            return results, heard.of(LateReference), lively.handed_at

    told: tuple[list[int | str], list[LateReference], list[float]] = run_virtually(scenario())
    return told


@pytest.mark.parametrize(
    ("answer", "second"),
    [("+CMGS: 18|OK", 18), ("+CMS ERROR: 38", "NotNow")],
    ids=["taken", "refused"],
)
@pytest.mark.parametrize("late_s", [61, 65, 75, 110])
def test_a_late_reference_is_not_given_to_the_next_message(
    late_s: float, answer: str, second: int | str
) -> None:
    results, late, _ = two((late_s, "+CMGS: 17|OK"), (3.0, answer), (3.0, "+CMGS: 19|OK"))
    expected = 19 if second == "NotNow" else second  # refused for certain, and so sent again
    assert results == ["MaybeSent", expected]
    assert late == [LateReference(17, "+4500000001")]


@pytest.mark.parametrize("late_s", [65, 75, 110])
def test_a_late_refusal_does_not_fall_on_the_next_message(late_s: float) -> None:
    results, late, handed_at = two((late_s, "+CMS ERROR: 38"), (3.0, "+CMGS: 18|OK"))
    assert (results, late) == (["MaybeSent", 18], [])
    assert late_s <= handed_at[1] - handed_at[0] < late_s + 30


def test_an_answer_that_never_comes_holds_the_modem_up_for_two_minutes_at_most() -> None:
    results, late, (first, second) = two((NEVER, "OK"), (3.0, "+CMGS: 18|OK"))
    assert (results, late) == (["MaybeSent", 18], [])
    assert 120 <= second - first < 130


def test_a_ctrl_z_that_was_lost_costs_no_wait_for_an_answer_that_cannot_come() -> None:
    """The modem still waits for it: ESC ends the message, and its OK says that there is nothing to come."""

    async def scenario() -> float:
        async with Bench(GsmEmulator()) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            bench.modem.faults.arm("pdu-lost", {})
            assert await sent(modem, FIRST) == "MaybeSent"
            began = asyncio.get_running_loop().time()
            assert await _until_taken(modem, SECOND) == 0
            return asyncio.get_running_loop().time() - began

    assert run_virtually(scenario()) < 10


@pytest.mark.parametrize("banner", [True, False], ids=["told", "in silence"])
def test_a_modem_that_has_restarted_owes_nothing(banner: bool) -> None:
    async def scenario() -> float:
        lively = LivelyModem((NEVER, "OK"), (3.0, "+CMGS: 0|OK"))
        async with Bench(lively) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            lively.later(30, (lambda: lively.reboot("test")) if banner else lively.device.restart)
            assert await sent(modem, FIRST) == "MaybeSent"
            await _until_taken(modem, SECOND)
            return lively.handed_at[1] - lively.handed_at[0]

    assert run_virtually(scenario()) < 80


def _seconds_until(reason: str) -> float:
    """From now to the hour that a reason names."""
    match = re.search(UNTIL, reason)
    assert match is not None
    now = datetime.now().astimezone()
    at = time.fromisoformat(match[1])
    return (datetime.combine(now.date(), at, now.tzinfo) - now).total_seconds() % 86400


def test_while_an_answer_is_owed_the_reason_says_until_when_and_a_lost_port_changes_nothing() -> None:
    async def scenario() -> tuple[int | str, float]:
        lively = LivelyModem((100.0, "+CMGS: 17|OK"), (3.0, "+CMGS: 18|OK"))
        async with Bench(lively) as bench, GsmModem(bench.opener) as modem:
            await until(lambda: modem.state is State.READY, limit_s=60)
            lively.later(10, lambda: bench.pull(1))
            assert await sent(modem, FIRST) == "MaybeSent"
            await until(lambda: modem.state is State.WAITING, limit_s=60)
            with pytest.raises(ModemDown, match=UNTIL) as told:
                await modem.send(SECOND, before=lambda: None)
            assert 90 <= _seconds_until(str(told.value)) <= 120
            return await _until_taken(modem, SECOND), lively.handed_at[1] - lively.handed_at[0]

    reference, after_s = run_virtually(scenario())
    assert reference == 18
    assert 100 <= after_s < 120


def test_a_message_that_was_cancelled_owes_its_answer_too() -> None:
    async def scenario() -> tuple[int | str, list[LateReference]]:
        lively = LivelyModem((20.0, "+CMGS: 17|OK"), (3.0, "+CMGS: 18|OK"))
        async with Bench(lively) as bench, GsmModem(bench.opener) as modem, Heard(modem) as heard:
            await until(lambda: modem.state is State.READY, limit_s=60)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(10):
                    await modem.send(FIRST, before=lambda: None)
            return await _until_taken(modem, SECOND), heard.of(LateReference)

    assert run_virtually(scenario()) == (18, [LateReference(17, "+4500000001")])


CALLS = ["NO CARRIER", "RING|NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "CONNECT 9600"]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_is_given_up_is_no_answer_to_a_message(call: str) -> None:
    async def scenario() -> tuple[int | str, list[LateReference], float]:
        lively = LivelyModem((100.0, "+CMGS: 17|OK"), (3.0, "+CMS ERROR: 38"), (3.0, "+CMGS: 18|OK"))
        async with Bench(lively) as bench, GsmModem(bench.opener) as modem, Heard(modem) as heard:
            assert await _until_taken(modem, FIRST) == "MaybeSent"
            lively.later(10, lambda: lively._tell(call))
            result = await _until_taken(modem, SECOND)
            return result, heard.of(LateReference), lively.handed_at[1] - lively.handed_at[0]

    result, late, after_s = run_virtually(scenario())
    assert (result, late) == (18, [LateReference(17, "+4500000001")])
    assert after_s >= 100


def test_a_message_that_waits_behind_one_that_was_not_answered_does_not_leave() -> None:
    async def scenario() -> tuple[list[int | str], int, list[LateReference]]:
        lively = LivelyModem((70.0, "+CMGS: 17|OK"), (30.0, "+CMS ERROR: 38"))
        async with Bench(lively) as bench, GsmModem(bench.opener) as modem, Heard(modem) as heard:
            await until(lambda: modem.state is State.READY, limit_s=60)
            results = await asyncio.gather(sent(modem, FIRST), sent(modem, SECOND))
            await asyncio.sleep(60)
            return results, len(lively.handed_at), heard.of(LateReference)

    results, handed, late = run_virtually(scenario())
    assert (results, handed) == (["MaybeSent", "ModemDown"], 1)
    assert late == [LateReference(17, "+4500000001")]
