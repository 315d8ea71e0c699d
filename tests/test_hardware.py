"""The drivers on three kinds of line: in memory under virtual time, on a pty at a twentieth, and on a real modem.

`--hil gsm=/dev/serial/by-id/...` runs on that modem what is safe there, and nothing else; docs/hardware.md says more.
"""

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hardware.chat import Chat
from hardware.errors import HardwareError, NotNow, NotSent, Refused
from tests.benches import Bench, Hil, Kind, Kit, run
from tests.conftest import REAL, SAID
from tests.diagnosis import SILENT_S, heard, why
from tests.kits import KITS

# A session that sends brings what waits at the gateway, and the modem's one buffer keeps it.
WAITING = (
    "a message waits in its buffer for the hub: run the hub on this modem once, and it is fetched and kept"
)

Body = Callable[[Bench, Kit], Awaitable[None]]


def hardware_test(
    *, hil: Hil = Hil.NEVER, but: tuple[str, ...] = ()
) -> Callable[[Body], Callable[..., None]]:
    """Runs the body on each kind of line with each modem, `but` some; on a real one as `hil` allows."""

    def on_each(body: Body) -> Callable[..., None]:
        @functools.wraps(body)
        def test(modem: str, kind: Kind, tmp_path: Path, pytestconfig: pytest.Config) -> None:
            real = pytestconfig.stash[REAL].get(modem)
            if real is not None and hil is not Hil.SENDS:
                real = replace(real, to=None)
            kit = KITS[modem]
            run(lambda bench: body(bench, kit), kit, kind=kind, folder=tmp_path, real=real)

        del test.__wrapped__  # type: ignore[attr-defined]  # pytest is to see these arguments, not the body's
        test.hil, test.but = hil, but  # type: ignore[attr-defined]
        return test

    return on_each


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    test: Any = metafunc.function
    if not hasattr(test, "hil"):
        return
    modems = [name for name in KITS if name not in test.but]
    lines = [
        pytest.param(name, kind, id=f"{name}-{kind.value}")
        for name in modems
        for kind in (Kind.MEMORY, Kind.PTY)
    ]
    for name, real in metafunc.config.stash[REAL].items():
        if name in modems and (test.hil is Hil.ASKS or (test.hil is Hil.SENDS and real.to)):
            lines.append(pytest.param(name, Kind.HIL, id=f"{name}-hil", marks=pytest.mark.timeout(300)))
    metafunc.parametrize(("modem", "kind"), lines)


@asynccontextmanager
async def ready(bench: Bench, kit: Kit) -> AsyncIterator[Any]:
    """A driver that may send; says what keeps it from it when it does not get there."""
    reasons: dict[bool, str] = {}  # whether the port was open -> the latest
    async with kit.driver(bench) as driver:
        if not await _gets_ready(driver, bench, kit, reasons):
            reason = why(kit, bench, log=driver.log(), reasons=reasons)
            pytest.fail(f"not ready in {bench.ready_s:g} s: {reason}", pytrace=False)
        yield driver


async def _gets_ready(driver: Any, bench: Bench, kit: Kit, reasons: dict[bool, str]) -> bool:
    """Whether it does, in `ready_s`; a real one that says nothing at all is not waited for so long."""
    since = asyncio.get_running_loop().time()

    def settled() -> bool:
        if driver.state.name != "STARTING":
            reasons[driver.state.name != "CLOSED"] = f"{driver.state.value}: {driver.reason}"
        waited_s = asyncio.get_running_loop().time() - since
        silent = bench.is_real and waited_s > SILENT_S and not heard(driver.log())
        return kit.ready(driver) or silent

    try:
        await bench.until(settled, limit_s=bench.ready_s)
    except TimeoutError:
        return False
    return kit.ready(driver)


@asynccontextmanager
async def listening(driver: Any) -> AsyncIterator[list[Any]]:
    """All that the driver tells, as it comes."""
    told: list[Any] = []

    async def listen() -> None:
        async for event in driver.events():
            told.append(event)  # noqa: PERF401  # each is to be seen when it comes

    task = asyncio.create_task(listen(), name="listener")
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.wait([task])


async def said(chat: Chat, command: str) -> list[str]:
    """The lines of the answer; the error where it is one."""
    try:
        return [line.text for line in (await chat.command(command)).lines]
    except Refused as refused:
        return [refused.raw]


@hardware_test(hil=Hil.ASKS)
async def test_a_modem_is_set_up_says_what_it_is_and_answers(bench: Bench, kit: Kit) -> None:
    async with ready(bench, kit) as driver:
        assert await driver.probe()
        SAID.append(kit.said(driver))
        assert "unknown" not in kit.said(driver), why(kit, bench, log=driver.log(), reasons={})


@hardware_test(hil=Hil.ASKS)
async def test_what_was_set_is_read_back_by_a_second_command(bench: Bench, kit: Kit) -> None:
    async with ready(bench, kit):
        pass
    port = await bench.opener()
    async with Chat(port, timing=kit.timing(bench.factor)) as chat:
        await chat.synchronise()
        for command, pattern in kit.read_back.items():
            answer = await said(chat, command)
            assert [line for line in answer if re.fullmatch(pattern, line)], f"{command}: {answer}"
    await port.close()


@hardware_test(hil=Hil.ASKS)
async def test_a_port_that_was_left_can_be_opened_again(bench: Bench, kit: Kit) -> None:
    for _ in range(2):
        async with ready(bench, kit) as driver:
            assert await driver.probe()
        assert not await driver.probe()


@hardware_test(hil=Hil.ASKS, but=("gsm", "tetra"))
async def test_a_loopback_goes_through_the_modem_and_nowhere_else(bench: Bench, kit: Kit) -> None:
    async with ready(bench, kit) as driver:
        try:
            assert await driver.self_test() > 0
        except NotNow as error:
            held = error.reason
        else:
            held = ""
    if held:
        assert bench.is_real, held
        pytest.skip(f"no loopback: {WAITING} ({held})")
    assert bench.is_real or bench.world.seen("session") == []


@hardware_test(hil=Hil.SENDS)
async def test_a_message_leaves_once_and_its_report_comes(bench: Bench, kit: Kit) -> None:
    async with ready(bench, kit) as driver, listening(driver) as told:
        await kit.send(driver, bench)
        if kit.reported is not None:
            await bench.until(lambda: [e for e in told if isinstance(e, kit.reported)], limit_s=120)
        elif bench.is_real and [e for e in told if isinstance(e, kit.received)]:
            SAID.append(f"the session brought a message, which stays in the modem: {WAITING}")
    assert bench.is_real or kit.arrived(bench.world) == 1


@hardware_test()
async def test_the_whole_set_up_is_made_again_after_a_restart(bench: Bench, kit: Kit) -> None:
    async with ready(bench, kit) as driver:
        bench.world.do("reboot")
        await bench.until(lambda: not kit.ready(driver), limit_s=bench.ready_s)
        await bench.until(lambda: kit.ready(driver), limit_s=bench.ready_s)
        await kit.send(driver, bench)
    assert kit.arrived(bench.world) == 1


@hardware_test()
async def test_nothing_leaves_without_a_network_and_it_comes_back_by_itself(bench: Bench, kit: Kit) -> None:
    async with ready(bench, kit) as driver:
        kit.lose(bench.world)
        await bench.until(lambda: not kit.ready(driver), limit_s=60)
        with pytest.raises(NotSent):
            await kit.send(driver, bench)
        kit.regain(bench.world)
        await bench.until(lambda: kit.ready(driver), limit_s=120)
        await kit.send(driver, bench)
    assert kit.arrived(bench.world) == 1


@hardware_test()
async def test_a_pulled_cable_is_noticed_at_once_and_an_inserted_one_found(bench: Bench, kit: Kit) -> None:
    async with ready(bench, kit) as driver:
        bench.world.do("unplug")
        await bench.until(lambda: not kit.ready(driver), limit_s=1)
        bench.world.do("plug")
        await bench.until(lambda: kit.ready(driver), limit_s=bench.ready_s)
        await kit.send(driver, bench)
    assert kit.arrived(bench.world) == 1


@hardware_test()
async def test_a_dead_modem_is_noticed_within_15_s_when_idle(bench: Bench, kit: Kit) -> None:
    moments = (0, 4, 8, 10, 12, 16, 19, 20, 21, 29, 30) if bench.factor == 1 else (5,)
    async with ready(bench, kit) as driver:
        for idle_s in moments:  # in the middle of a poll, long before one, just after one
            await asyncio.sleep(idle_s * bench.factor)
            bench.world.do("hang")
            await bench.until(lambda: not kit.ready(driver), limit_s=15.1)
            if idle_s != moments[-1]:
                with pytest.raises(HardwareError):
                    await kit.send(driver, bench)
                bench.world.do("reboot")
                await bench.until(lambda: kit.ready(driver), limit_s=bench.ready_s)
    assert kit.arrived(bench.world) == 0


@hardware_test()
async def test_what_comes_in_is_told_and_told_again_until_it_is_settled(bench: Bench, kit: Kit) -> None:
    async with ready(bench, kit) as driver, listening(driver) as told:
        kit.bring(bench.world)
        await bench.until(lambda: [e for e in told if isinstance(e, kit.received)], limit_s=120)
    async with ready(bench, kit) as driver, listening(driver) as told:
        await bench.until(lambda: [e for e in told if isinstance(e, kit.received)], limit_s=120)
        (event,) = (e for e in told if isinstance(e, kit.received))
        await event.settle()
    async with ready(bench, kit) as driver, listening(driver) as told:
        await asyncio.sleep(5 * bench.factor)
        assert [e for e in told if isinstance(e, kit.received)] == []
