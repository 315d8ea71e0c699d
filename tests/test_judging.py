"""A large file does not hold up the hub: it is judged beside the event loop, and is bounded in what it may hold."""

import asyncio
import math
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Busy, Refused
from gateway.judging import LARGE_OCTETS, MOST_WAITING, Judging
from tests.hubs import Desk, hub_in
from tests.test_accept import INFO, cap


def ring(points: int) -> str:
    """A convex polygon, as fine as its places allow."""
    corners = [2 * math.pi * n / (points - 1) for n in range(points - 1)]
    written = [f"{55 + math.cos(corner):.6f},{10 + math.sin(corner):.6f}" for corner in corners]
    return f"<polygon>{' '.join([*written, written[0]])}</polygon>"


def shaped(identifier: str, *shapes: str) -> str:
    area = f"<area><areaDesc>Byen</areaDesc>{''.join(shapes)}</area></info>"
    return cap(identifier, info=INFO.replace("</info>", area))


async def sent(desk: Desk, body: str) -> tuple[int, Any]:
    path, headers = "/alerts?precedence=routine&want=submitted", {"Content-Type": "application/cap+xml"}
    return await desk.ask("POST", path, data=BytesIO(body.encode()), headers=headers)


async def test_a_small_file_is_judged_at_once_and_a_large_one_beside_the_loop() -> None:
    judging = Judging()
    here = threading.current_thread()
    assert await judging.of(LARGE_OCTETS, threading.current_thread) is here
    assert await judging.of(LARGE_OCTETS + 1, threading.current_thread) is not here


async def test_large_files_take_turns_and_too_many_are_told_to_come_again() -> None:
    judging, gate = Judging(), threading.Event()
    waiting = [asyncio.create_task(judging.of(LARGE_OCTETS + 1, gate.wait)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="send it again"):
        await judging.of(LARGE_OCTETS + 1, gate.wait)
    assert await judging.of(1, lambda: "small") == "small"
    gate.set()
    assert await asyncio.gather(*waiting) == [True] * MOST_WAITING
    assert await judging.of(LARGE_OCTETS + 1, gate.wait)


async def test_an_error_of_a_large_file_is_its_own_and_frees_its_place() -> None:
    judging = Judging()

    def refuse() -> None:
        raise Refused("no", pointer="polygon")

    for _ in range(MOST_WAITING + 1):
        with pytest.raises(Refused):
            await judging.of(LARGE_OCTETS + 1, refuse)


async def test_the_hub_answers_others_while_it_judges_the_largest_file(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        body = shaped("LARGE", *[ring(9_999)] * 9)
        large = asyncio.create_task(sent(desk, body))
        answered = 0
        while not large.done():
            async with desk.session().get("/healthz") as health:
                answered += health.status == 200
        assert (await large)[0] == 202
        assert answered > 5
        status, problem = await sent(desk, shaped("TOO-FINE", ring(90_000)))
        assert (status, problem["pointer"]) == (422, "info/area/polygon")
        assert "at most 10000 are read" in problem["detail"]
