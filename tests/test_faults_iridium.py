"""Every fault that the Iridium emulator plays breaks a naive driver of twenty lines, and Bavn's own survives it.

Both have the same work: send a message, then fetch the one that waits. The naive one works on a pty, fifty times faster
than life, and tries again when it fails, as they do; ours works in memory under virtual time.
"""

import asyncio
import inspect
import termios
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from hardware.emulators.iridium_modem import KNOWN_FAULTS, IridiumEmulator
from hardware.emulators.line import Link
from hardware.emulators.running import Cable
from hardware.errors import MaybeSent, NotSent
from hardware.iridium import IridiumModem
from hardware.iridium_events import Arrived
from hardware.iridium_state import State
from tests.iridium import Bench, Heard, driver, in_state, until
from tests.memory_bench import virtually
from tests.naive_sbd import NaiveSbd

OPTIONS: dict[str, dict[str, Any]] = {
    "busy-515": {"times": 2},
    "damaged": {"times": 3},
    "deaf": {"times": 1},
    "mo-kept": {"times": 1},
    "mute": {"times": 1, "seconds": 40},
    "pdu-lost": {"times": 1},
    "port-gone": {"times": 1},
    "reboot-banner": {"times": 1},
    "sent-but-failed": {"times": 1},
    "slow-sbdix": {"times": 1, "seconds": 45},
    "urc-in-answer": {"rate": 1.0},
    "usb-renumber": {"times": 1, "seconds": 20},
}
MESSAGE, ANSWER = b"Kom nu", b"JA #K7"


def naive_work(naive: NaiveSbd, queue: deque[bytes]) -> bool:
    try:
        naive.send(MESSAGE)
    except OSError:
        naive.port.reset_input_buffer()
        naive.send(MESSAGE)
    queue.append(ANSWER)
    return naive.receive() == ANSWER


async def naive_succeeds(fault: str, folder: Path) -> bool:
    modem = IridiumEmulator(speed=50)
    modem.network.latency_s = 0
    cable = Cable(modem, Link(folder / "modem"))
    modem.cable = cable.pull
    running = asyncio.create_task(modem.run())
    cable.plug()
    naive = await asyncio.to_thread(NaiveSbd, str(folder / "modem"))
    try:
        if fault:
            modem.faults.arm(fault, dict(OPTIONS[fault]))
        done = await asyncio.to_thread(naive_work, naive, modem.device.queue)
        assert not fault or modem.journal.of("fault")
        return done and len(modem.journal.of("sent")) == 1
    except (OSError, ValueError, IndexError, termios.error):
        return False
    finally:
        naive.port.close()
        cable.unplug()
        running.cancel()
        await asyncio.wait([running])


def test_the_naive_driver_is_naive_and_every_fault_is_there() -> None:
    body = [line for line in inspect.getsource(NaiveSbd).splitlines() if line.strip()]
    assert len(body) <= 23
    assert set(OPTIONS) == KNOWN_FAULTS


async def test_without_a_fault_the_naive_driver_does_its_work(tmp_path: Path) -> None:
    assert await naive_succeeds("", tmp_path)


@pytest.mark.parametrize("fault", sorted(KNOWN_FAULTS))
async def test_the_fault_breaks_the_naive_driver(fault: str, tmp_path: Path) -> None:
    assert not await naive_succeeds(fault, tmp_path)


@pytest.mark.parametrize("fault", sorted(KNOWN_FAULTS))
@virtually
async def test_the_fault_does_not_break_ours(fault: str) -> None:
    async with Bench() as bench, driver(bench) as modem, Heard(modem) as heard:
        await in_state(modem, State.READY)
        bench.modem.faults.arm(fault, dict(OPTIONS[fault]))
        bench.modem.device.queue.append(ANSWER)
        word = await said(modem)
        assert bench.modem.journal.of("fault")
        assert (len(bench.sent()), word) in {(1, "sent"), (1, "maybe"), (0, "maybe")}
        modem.mailbox.rang(0)
        await until(lambda: heard.of(Arrived))
        assert [event.payload for event in heard.of(Arrived)] == [ANSWER]
        assert len(bench.sent()) <= 1


async def said(modem: IridiumModem) -> str:
    while True:
        try:
            await modem.send(MESSAGE, before=lambda: None)
        except MaybeSent:
            return "maybe"
        except NotSent:
            await asyncio.sleep(10)
        else:
            return "sent"
