"""Every fault that the GSM emulator plays breaks a naive driver of twenty lines, and Bavn's own survives it.

Both have the same work: set the modem up, send a message of one or two parts and hear the report of each. The naive one
works on a pty in real time and tries again when it fails, as they do; ours works in memory under virtual time.
"""

import asyncio
import inspect
import termios
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hardware.codecs.tpdu import submits
from hardware.emulators.gsm_modem import KNOWN_FAULTS, GsmEmulator
from hardware.emulators.line import Link
from hardware.emulators.running import Cable
from hardware.errors import MaybeSent, NotSent
from hardware.gsm import GsmModem
from hardware.gsm_events import Reported
from hardware.gsm_state import State
from tests import naive
from tests.gsm import SPEED, Bench, Settling, until
from tests.virtual_time import run_virtually

ONE = submits("Mød nu æøå", "+4500000001", reference=0, report_requested=True)
TWO = submits("Mød nu. " * 25, "+4500000001", reference=7, report_requested=True)
AFTER = submits("Godt", "+4500000001", reference=0, report_requested=True)


@dataclass(frozen=True)
class Case:
    """How a fault is armed, and what our driver may say of the message it struck."""

    options: dict[str, Any] = field(default_factory=lambda: {"times": 1})
    parts: tuple[bytes, ...] = ONE
    from_the_start: bool = False  # armed before the modem is set up
    maybe: bool = False  # the evidence of the message is unknown, and it is not sent again
    pin: bool = False  # the SIM has a PIN, and the driver knows it


CASES = {
    "late-cmgs": Case(maybe=True),
    "usb-renumber": Case({"times": 1, "seconds": 20}),
    "urc-in-answer": Case({"times": 2}),
    "mute": Case({"times": 1, "seconds": 40}),
    "deaf": Case(),
    "sent-but-failed": Case(maybe=True),
    "reboot-banner": Case(),
    "pdu-lost": Case(maybe=True),
    "sim-busy": Case({"times": 4}),
    "pin-again": Case(pin=True),
    "busy-515": Case({"times": 3}),
    "cnmi-refused": Case({"rate": 1}, from_the_start=True),
    "smsc-empty": Case(),
    "port-gone": Case(),
    "part-fails": Case(parts=TWO),
    "damaged": Case({"times": 2}),
}


def emulated(case: Case, name: str, *, speed: float) -> GsmEmulator:
    modem = GsmEmulator(speed=speed)
    modem.network.latency_s, modem.network.report_s = 0, 20
    if case.pin:
        modem.device.pin, modem.device.unlocked = "1234", False
    if case.from_the_start:
        modem.faults.arm(name, dict(case.options))
    return modem


def arm(modem: GsmEmulator, case: Case, name: str) -> None:
    if not case.from_the_start:
        modem.faults.arm(name, dict(case.options))


def copies(modem: GsmEmulator, parts: tuple[bytes, ...]) -> list[int]:
    """How many of each part the network has taken."""
    sent = Counter(bytes.fromhex(line["raw"])[2:] for line in modem.journal.of("sent"))
    return [sent[part[2:]] for part in parts]


def naive_work(driver: naive.NaiveDriver, parts: tuple[bytes, ...]) -> int:
    """Sends, and all of it once more when that failed; returns the reports it heard."""
    try:
        for part in parts:
            driver.send(part)
    except OSError:
        driver.port.reset_input_buffer()
        for part in parts:
            driver.send(part)
    heard, patience = b"", 5
    while heard.count(b"+CDS: ") < len(parts) and patience:
        heard += driver.port.read_until(b"+CDS: ")
        patience -= 1
    return heard.count(b"+CDS: ")


async def naive_succeeds(case: Case, name: str, folder: Path) -> tuple[bool, bool]:
    """Whether the naive driver did its work, and whether the fault struck."""
    modem = emulated(case, name, speed=SPEED)
    cable = Cable(modem, Link(folder / "modem"))
    modem.cable = cable.pull
    running = asyncio.create_task(modem.run())
    cable.plug()
    modem.device.unlocked = True  # somebody has typed the PIN by hand
    driver, done = None, False
    try:
        driver = await asyncio.to_thread(naive.NaiveDriver, str(folder / "modem"))
        if name:
            arm(modem, case, name)
        reports = await asyncio.to_thread(naive_work, driver, case.parts)
        done = copies(modem, case.parts) == [1] * len(case.parts) and reports == len(case.parts)
    except (OSError, ValueError, IndexError, termios.error):
        done = False
    finally:
        if driver is not None:
            driver.port.close()
        cable.unplug()
        running.cancel()
        await asyncio.wait([running])
    return done, bool(modem.journal.of("fault"))


async def ours(case: Case, name: str) -> tuple[list[str], GsmEmulator, int]:
    """What our driver said of each part, then of a message after the trouble; the emulator; and the reports heard."""
    modem = emulated(case, name, speed=1)

    async def power_cycle() -> None:
        modem.reboot("power")

    async with (
        Bench(modem) as bench,
        GsmModem(bench.opener, pin="1234" if case.pin else None, power_cycle=power_cycle) as driver,
        Settling(driver) as heard,
    ):
        await until(lambda: driver.state is State.READY, limit_s=120)
        await asyncio.sleep(3)
        arm(modem, case, name)
        said = [await hand_over(driver, part) for part in case.parts]
        await asyncio.sleep(120)  # the fault has ended
        await until(lambda: driver.state is State.READY, limit_s=600)
        said.append(await hand_over(driver, AFTER[0]))
        await asyncio.sleep(60)
        return said, modem, len(heard.of(Reported))


async def hand_over(driver: GsmModem, part: bytes) -> str:
    """As a hub does it: again when nothing left, never when something may have."""
    for _ in range(120):
        try:
            await driver.send(part, before=lambda: None)
        except MaybeSent:
            return "maybe"
        except NotSent:
            await asyncio.sleep(5)
        else:
            return "sent"
    return "never"


def test_every_fault_of_the_emulator_is_in_the_table() -> None:
    assert set(CASES) == KNOWN_FAULTS


def test_the_naive_driver_is_naive_and_not_broken() -> None:
    lines = [line for line in inspect.getsource(naive.NaiveDriver).splitlines() if line.strip()]
    assert len(lines) <= 20


@pytest.mark.parametrize("parts", [ONE, TWO])
async def test_without_a_fault_the_naive_driver_does_its_work(
    parts: tuple[bytes, ...], tmp_path: Path
) -> None:
    assert await naive_succeeds(Case(parts=parts), "", tmp_path) == (True, False)


@pytest.mark.parametrize("name", CASES)
async def test_the_fault_breaks_a_naive_driver(name: str, tmp_path: Path) -> None:
    assert await naive_succeeds(CASES[name], name, tmp_path) == (False, True)


@pytest.mark.parametrize("name", CASES)
def test_our_driver_survives_the_fault(name: str) -> None:
    case = CASES[name]
    said, modem, reports = run_virtually(ours(case, name))
    assert modem.journal.of("fault"), "the fault did not strike"
    assert said == ["maybe" if case.maybe else "sent"] * len(case.parts) + ["sent"]
    arrived = copies(modem, case.parts)
    assert all(count <= 1 for count in arrived)
    assert case.maybe or arrived == [1] * len(case.parts)
    assert copies(modem, AFTER) == [1]
    assert reports == sum(arrived) + 1


def test_our_driver_survives_a_reference_that_comes_among_other_answers() -> None:
    case = Case({"times": 1, "lively": True}, maybe=True)
    said, modem, reports = run_virtually(ours(case, "late-cmgs"))
    assert said == ["maybe", "sent"]
    assert (copies(modem, ONE), copies(modem, AFTER), reports) == ([1], [1], 2)
