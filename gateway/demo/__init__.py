"""`bavn demo`: a crisis staff is called in while its networks fail, played with a real hub in a folder of its own.

Nothing of the story is drawn beforehand. The hub is `bavn run` as a process, which really is killed; modems, phones
and the mail server are emulated, and what they saw is what the figures are judged by.
"""

import asyncio
import json as json_format
import os
import secrets
import shlex
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from gateway.demo.figures import Judged
from gateway.demo.hub import HubProcess
from gateway.demo.installation import HUB_LOG, install
from gateway.demo.networks import Networks, stop_on_signals
from gateway.demo.pages import figures_page
from gateway.demo.people import People
from gateway.demo.screen import Screen, screen_for
from gateway.demo.stage import Stage
from gateway.demo.story import everything_down, networks_fail
from gateway.demo.watcher import Watcher
from gateway.demo.words import Words, read_words
from gateway.errors import GatewayError

PACE_VARIABLE = "BAVN_DEMO_PACE"  # a share of the story's own times
_INTERRUPTED = 130  # as a shell counts a Ctrl-C
_FOLDER_MOST = 60  # characters
_LOG_SHOWN = 8  # lines of the hub's log, after a failure
_PACE = 0.75  # for people who watch, set-up and all within a minute; tests play the same story faster
_PACE_LEAST, _PACE_MOST = 0.2, 5.0


def demo(*, json: bool, seed: int | None, stay: bool, break_all: bool) -> int:
    """Plays the story. 0 only if every role was reached; `json` puts one object on the last line of stdout."""
    words = read_words()
    seed = secrets.randbelow(10_000) if seed is None else seed
    screen = screen_for(sys.stderr if json else sys.stdout, words)
    folder = _folder()
    try:
        return asyncio.run(
            _played(folder, screen, words, json=json, seed=seed, stay=stay, break_all=break_all)
        )
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    """A folder of its own, where the sockets' paths are short enough for the kernel (108 octets)."""
    usual = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="bavn-demo-", dir=usual if len(usual) <= _FOLDER_MOST else "/tmp"))  # noqa: S108


async def _played(
    folder: Path, screen: Screen, words: Words, *, json: bool, seed: int, stay: bool, break_all: bool
) -> int:
    """Plays until the end or until a signal; everything that was started is ended before it returns."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    try:
        async with _set_up(folder, screen, words, seed=seed) as stage:
            with screen:
                judged = await _until(stop, stage, everything_down if break_all else networks_fail)
                screen.page(figures_page(judged, words, stays=stay))
            if stay:
                _say(*_look_around(stage))
                await _stay(stop, stage)
    except Interrupted:
        _say(words["stopped"])
        return _INTERRUPTED
    except (GatewayError, aiohttp.ClientError, TimeoutError, OSError) as error:
        _say(words.say("failed", reason=str(error) or type(error).__name__))
        _say(*_last_words(folder / HUB_LOG))
        return 1
    if json:
        sys.stdout.write(json_format.dumps(judged.as_json(), ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0 if judged.reached == judged.roles else 1


class Interrupted(Exception):
    """Ctrl-C, or a closing terminal."""


@asynccontextmanager
async def _set_up(folder: Path, screen: Screen, words: Words, *, seed: int) -> AsyncIterator[Stage]:
    pace = _pace()
    async with Networks(folder, seed) as networks:
        installation = install(folder, words, mail_port=networks.mail.port, pace=pace)
        async with HubProcess(installation) as hub:
            people = People(networks, words, seed, pace, heard=screen.tell)
            watcher = Watcher(hub, screen, words)
            yield Stage(installation, networks, hub, people, watcher, words, pace, seed)


async def _until(stop: asyncio.Event, stage: Stage, story: Callable[[Stage], Awaitable[None]]) -> Judged:
    """The story, with the people and the watcher beside it. Interrupted when `stop` comes first."""

    async def play() -> Judged:
        await story(stage)
        return await stage.judged()

    playing = asyncio.create_task(play(), name="story")
    tasks: list[asyncio.Task[Any]] = [
        playing,
        asyncio.create_task(stage.people.run(), name="people"),
        asyncio.create_task(stage.watcher.run(), name="watcher"),
        asyncio.create_task(stop.wait(), name="signal"),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # what failed beside the story is to be seen
        if playing not in done:
            raise Interrupted
        return playing.result()
    except BaseExceptionGroup as several:  # the people's tasks are in a group
        raise several.exceptions[0] from several
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _stay(stop: asyncio.Event, stage: Stage) -> None:
    """The hub, the networks and the people go on until Ctrl-C."""
    people = asyncio.create_task(stage.people.run(), name="people")
    try:
        await stop.wait()
    finally:
        people.cancel()
        await asyncio.gather(people, return_exceptions=True)


def _say(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def _look_around(stage: Stage) -> list[str]:
    bavn, code = Path(sys.executable).with_name("bavn"), stage.watcher.seen.alerts["call-in"]["code"]
    commands = ("list", f"show {code}", "channels", "audit verify")
    place = f"  export BAVN_CONFIG={shlex.quote(str(stage.installation.config.path))}"
    return [stage.words["stay"], place, *(f"  {shlex.quote(str(bavn))} {command}" for command in commands)]


def _last_words(log: Path) -> list[str]:
    """The end of the hub's log, before the folder goes."""
    return log.read_text(errors="replace").splitlines()[-_LOG_SHOWN:] if log.exists() else []


def _pace() -> float:
    """How slowly the story is played; what is done stays the same."""
    try:
        wanted = float(os.environ.get(PACE_VARIABLE, _PACE))
    except ValueError:
        wanted = _PACE
    return min(max(wanted, _PACE_LEAST), _PACE_MOST)
