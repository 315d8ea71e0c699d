"""That a message was not answered yet is known after a restart of the program: its answer is not given to another."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from channels import base
from channels.sms_modem import SmsModemChannel, SmsModemConfig
from hardware.at.grammar import SUB
from hardware.gsm import GsmModem
from hardware.gsm_events import LateReference
from hardware.gsm_owed import Owed, OwedMemory
from hardware.gsm_state import State
from hardware.port import Port
from messages.evidence import Evidence
from tests.gsm import Bench, Heard, until
from tests.test_gsm_late import FIRST, NEVER, SECOND, LivelyModem, _until_taken, sent
from tests.virtual_time import run_virtually

TO = "+4500000001"


async def cut_off(modem: GsmModem, lively: LivelyModem) -> None:
    """The program ends two seconds after its message left."""
    await until(lambda: modem.state is State.READY, limit_s=60)
    sending = asyncio.create_task(sent(modem, FIRST))
    await until(lambda: lively.handed_at)
    await asyncio.sleep(2)
    sending.cancel()


def restarted(
    path: Path | None,
    *answers: tuple[float, str],
    first: Callable[[GsmModem, LivelyModem], Any] = cut_off,
    between: Callable[[LivelyModem], float] = lambda _: 1.0,
) -> tuple[int | str, list[LateReference], float]:
    """What became of a second start's message, what was told late, and how long after that start it was handed over.
    `between` says for how long the program does not run.
    """

    async def scenario() -> tuple[int | str, list[LateReference], float]:
        lively, clock = LivelyModem(*answers), asyncio.get_running_loop().time
        async with Bench(lively) as bench:
            async with GsmModem(bench.opener, owed=OwedMemory(path, clock=clock)) as modem:
                await first(modem, lively)
            await asyncio.sleep(between(lively))
            began = clock()
            async with (
                GsmModem(bench.opener, owed=OwedMemory(path, clock=clock)) as modem,
                Heard(modem) as heard,
            ):
                result = await _until_taken(modem, SECOND)
                await asyncio.sleep(5)
                return result, heard.of(LateReference), lively.handed_at[1] - began

    told: tuple[int | str, list[LateReference], float] = run_virtually(scenario())
    return told


@pytest.mark.parametrize("late_s", [10, 30, 70, 110])
def test_after_a_restart_a_late_reference_is_not_given_to_a_message_that_is_refused(
    tmp_path: Path, late_s: float
) -> None:
    answers = (late_s, "+CMGS: 17|OK"), (3.0, "+CMS ERROR: 38"), (3.0, "+CMGS: 18|OK")
    result, late, after_s = restarted(tmp_path / "sms-a" / "owed", *answers)
    assert (result, late) == (18, [LateReference(17, TO)])
    assert late_s - 4 <= after_s < late_s + 10


def test_without_a_place_to_remember_it_nothing_is_known(tmp_path: Path) -> None:
    answers = (70.0, "+CMGS: 17|OK"), (3.0, "+CMGS: 18|OK")
    result, late, after_s = restarted(None, *answers)
    assert (result, late, after_s < 20) == (18, [], True)


def test_an_answer_that_never_comes_is_waited_for_two_minutes_after_its_message(tmp_path: Path) -> None:
    result, late, after_s = restarted(tmp_path / "owed", (NEVER, "OK"), (3.0, "+CMGS: 18|OK"))
    assert (result, late) == (18, [])
    assert 110 <= after_s < 130
    assert OwedMemory(tmp_path / "owed").recall() is None


def _restart(lively: LivelyModem) -> float:
    lively.device.restart()
    return 1.0


@pytest.mark.parametrize("between", [_restart, lambda _: 121.0], ids=["modem restarted", "long ago"])
def test_a_start_waits_for_no_answer_that_cannot_come(
    tmp_path: Path, between: Callable[[LivelyModem], float]
) -> None:
    answers = (NEVER, "OK"), (3.0, "+CMGS: 18|OK")
    result, _, after_s = restarted(tmp_path / "owed", *answers, between=between)
    assert (result, after_s < 20) == (18, True)


@pytest.mark.parametrize("answer", ["+CMGS: 17|OK", "OK", "+CMS ERROR: 38"])
def test_nothing_is_owed_once_the_answer_has_come(tmp_path: Path, answer: str) -> None:
    async def answered(modem: GsmModem, _: LivelyModem) -> None:
        await until(lambda: modem.state is State.READY, limit_s=60)
        await sent(modem, FIRST)
        assert (tmp_path / "owed").read_bytes().split() == []

    result, _, after_s = restarted(tmp_path / "owed", (3.0, answer), (3.0, "+CMGS: 18|OK"), first=answered)
    assert (result, after_s < 20) == (18, True)


def test_it_is_written_down_before_the_first_octet_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that is killed tidies nothing up."""
    noted: list[Owed | None] = []

    async def scenario() -> int | str:
        async with Bench(LivelyModem((3.0, "+CMGS: 17|OK"))) as bench:

            async def opener() -> Port:
                port = await bench.opener()
                write = port.write

                def watched(octets: bytes) -> None:
                    if octets.endswith(SUB):
                        noted.append(OwedMemory(tmp_path / "owed", clock=lambda: 1.0).recall())
                    write(octets)

                monkeypatch.setattr(port, "write", watched)
                return port

            async with GsmModem(opener, owed=OwedMemory(tmp_path / "owed", clock=lambda: 0.0)) as modem:
                return await sent(modem, FIRST)

    assert run_virtually(scenario()) == 17
    assert noted == [Owed(1.0, TO, announces=True)]


@pytest.mark.parametrize("told", [b"\xff\xfe", b"x 1 +4500000001\n", b"12"])
def test_a_damaged_note_is_taken_for_a_message_that_has_just_left(tmp_path: Path, told: bytes) -> None:
    (tmp_path / "owed").write_bytes(told)
    assert OwedMemory(tmp_path / "owed").recall() == Owed(0.0, "", announces=False)


def test_a_note_is_one_small_file_of_the_owners_and_keeps_no_number_longer_than_needed(
    tmp_path: Path,
) -> None:
    memory = OwedMemory(tmp_path / "sms-a" / "owed", clock=lambda: 50.0)
    for to in ("+450000000123456", TO):
        memory.note(to, announces=False)
    assert memory.recall() == Owed(0.0, TO, announces=False)
    assert OwedMemory(memory.path, clock=lambda: 40.0).recall() == Owed(0.0, TO, announces=False)  # set back
    memory.clear()
    assert memory.path is not None
    assert (memory.path.stat().st_mode & 0o777, memory.path.stat().st_size) == (0o600, 64)
    assert memory.path.read_bytes().strip() == b""


def test_a_note_that_cannot_be_written_holds_no_message_up(tmp_path: Path) -> None:
    async def scenario() -> int | str:
        memory = OwedMemory(tmp_path / "file" / "owed")
        async with Bench() as bench, GsmModem(bench.opener, owed=memory) as modem:
            (tmp_path / "file").write_text("")
            return await sent(modem, FIRST)

    assert run_virtually(scenario()) == 0


def test_the_channel_tells_the_late_reference_of_the_message_before_its_restart(tmp_path: Path) -> None:
    async def scenario() -> base.Report:
        lively = LivelyModem((30.0, "+CMGS: 17|OK"))
        async with Bench(lively) as bench:
            for first in (True, False):
                table = {"bearer": "sms-modem", "port": "in memory"}
                channel = SmsModemChannel("sms-a", SmsModemConfig.model_validate(table), opener=bench.opener)
                channel.keep_in(tmp_path / "sms-a", key=b"")
                async with channel:
                    if first:
                        await cut_off(channel._modem, lively)
                        continue
                    async for event in channel.events():
                        if isinstance(event, base.Report):
                            return event
        raise AssertionError("no report")

    report = run_virtually(scenario())
    assert (report.reference, report.evidence, str(report.address)) == ("17", Evidence.SUBMITTED, f"sms:{TO}")
