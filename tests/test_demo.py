"""`bavn demo` as people run it: a process of its own, judged by its exit status and the last line of stdout.

The story is played faster than for people who watch; what is done in it is the same.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import PACE_VARIABLE
from gateway.demo.cast import ROLES

KEYS = {
    *("roles", "reached", "acknowledged", "fallbacks", "unknown", "duplicates", "lost"),
    *("fastest_s", "median_s", "slowest_s", "without_bavn", "without_bavn_correction", "seed"),
}


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A short path, as sockets need it; pytest's own are too long."""
    with tempfile.TemporaryDirectory(prefix="bavn-") as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Played:
    status: int
    screen: str
    figures: dict[str, Any]


async def play(folder: Path, *arguments: str) -> Played:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli.main", "demo", "--json", "--seed", "7", *arguments),
        env={**os.environ, PACE_VARIABLE: "0.4", "TMPDIR": str(folder), "BAVN_LANG": "da"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, screen = await process.communicate()
    assert process.returncode is not None
    lines = out.decode().splitlines()
    assert lines, screen.decode()
    return Played(process.returncode, screen.decode(), json.loads(lines[-1]))


@pytest.mark.timeout(110)
async def test_everybody_is_reached_while_the_networks_fail(temporary: Path) -> None:
    played = await play(temporary)
    figures = played.figures
    assert played.status == 0, played.screen
    assert figures.keys() >= KEYS
    assert figures["roles"] == figures["reached"] == len(ROLES)
    assert figures["acknowledged"] == len(ROLES) - 1, "the head of staff sleeps, and the stand-in answers"
    assert figures["lost"] == figures["audit_flaws"] == 0
    assert figures["unknown"] >= 1, "the hub was killed with a message in flight"
    assert figures["fallbacks"] >= 1
    assert figures["duplicates"] == figures["duplicates_marked"]
    assert figures["correction_has"] == figures["correction_to"] == len(ROLES)
    assert figures["fastest_s"] <= figures["median_s"] <= figures["slowest_s"]
    assert 0 < figures["without_bavn"] < figures["reached"], "network A delivered at first, mail never"
    assert figures["without_bavn_correction"] == 0, "both were dead"
    told = f"første besked hos {figures['without_bavn']} af {len(ROLES)}, rettelsen hos 0"
    assert told in " ".join(played.screen.split())
    assert figures["seed"] == 7
    assert "\x1b" not in played.screen, "no terminal, no control codes"
    assert list(temporary.iterdir()) == [], "nothing is left behind"


@pytest.mark.timeout(60)
async def test_with_every_network_down_nobody_is_reached_and_all_are_named(temporary: Path) -> None:
    played = await play(temporary, "--break", "all")
    assert played.status == 1
    assert played.figures["reached"] == played.figures["without_bavn"] == 0
    assert played.figures["not_reached"] == [role.id for role in ROLES]
    assert played.figures["lost"] == 0, "what was accepted is in the queue"
    named = " ".join(played.screen.partition("Ikke fået fat i:")[2].split())
    assert all(name in named for name in ("Kriseleder", "Plejecenter Øst", "Vagtcentral", "Stedfortræder"))
    assert list(temporary.iterdir()) == []
