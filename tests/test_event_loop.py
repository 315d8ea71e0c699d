"""Name servers that fall silent hold up whoever asked for the name, and nobody else."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.event_loop import THREADS, HubLoop
from tests import running
from tests.gsm import emulator, journal, until

SOON_S = 5.0


class NameServers:
    """In place of socket.getaddrinfo: silent until `answer`; addresses are for the real one."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._answered = threading.Event()
        self._real = socket.getaddrinfo

    def __call__(self, host: str, *rest: Any) -> Any:
        if host[0].isdigit():
            return self._real(host, *rest)
        self.asked.append(host)
        self._answered.wait(60)
        return self._real("127.0.0.1", *rest)

    def answer(self) -> None:
        self._answered.set()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServers]:
    servers = NameServers()
    monkeypatch.setattr(socket, "getaddrinfo", servers)
    yield servers
    servers.answer()


def play(story: Callable[[HubLoop], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, HubLoop)
        async with asyncio.timeout(SOON_S):
            await story(loop)

    with asyncio.Runner(loop_factory=HubLoop) as runner:
        runner.run(bounded())


def test_other_work_in_threads_goes_on_while_many_names_are_looked_up(silent: NameServers) -> None:
    async def story(loop: HubLoop) -> None:
        names = [f"vej{n}.invalid" for n in range(2 * THREADS)]
        waiting = [asyncio.ensure_future(loop.getaddrinfo(name, 25)) for name in names]
        await asyncio.sleep(0)
        assert await asyncio.to_thread(lambda: "a port was opened") == "a port was opened"
        assert not any(each.done() for each in waiting)

    play(story)


def test_an_address_is_reached_without_asking_anybody(silent: NameServers) -> None:
    async def story(loop: HubLoop) -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await reader.read() == b""
        writer.close()
        server.close()
        assert silent.asked == []

    play(story)


def test_who_asks_for_a_name_that_is_being_looked_up_waits_for_that_answer(silent: NameServers) -> None:
    async def story(loop: HubLoop) -> None:
        asking = [asyncio.ensure_future(loop.getaddrinfo("vej.invalid", 25)) for _ in range(8)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asking[0], 0.01)
        silent.answer()
        found = await asyncio.gather(*asking[1:])
        assert {each[0][4] for each in found} == {("127.0.0.1", 25)}
        assert silent.asked == ["vej.invalid"]
        await loop.getaddrinfo("vej.invalid", 25)
        assert silent.asked == ["vej.invalid"] * 2  # asked anew: addresses change

    play(story)


def test_the_end_does_not_wait_for_a_lookup(silent: NameServers) -> None:
    async def story(loop: HubLoop) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.getaddrinfo("vej.invalid", 25), 0.01)

    play(story)
    assert any(thread.name == "lookup 'vej.invalid'" for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("host", "error"), [("vej.invalid", socket.gaierror), ("a" * 64 + ".invalid", UnicodeError)]
)
def test_a_name_without_an_address_is_an_error_of_who_asked(
    monkeypatch: pytest.MonkeyPatch, host: str, error: type[Exception]
) -> None:
    def refused(*_: Any) -> Any:
        raise error(*(("idna", "", 0, 1, "label too long") if error is UnicodeError else (-2, "unknown")))

    async def story(loop: HubLoop) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", refused)
        with pytest.raises(error):
            await loop.getaddrinfo(host, 25)

    play(story)


SILENT_NAMES = """
import socket, time
real = socket.getaddrinfo
def silent(host, *rest, **more):
    if str(host).endswith(".invalid"):
        time.sleep(600)
    return real(host, *rest, **more)
socket.getaddrinfo = silent
"""
MODEM = """
[channels.modem]
bearer = "sms-modem"
domains = ["net-a"]
port = "modem"
time_factor = 0.05
"""
BROKER = """
[channels.tavle-{n}]
bearer = "mqtt"
domains = ["internet"]
host = "tavle-{n}.invalid"
topic_prefix = "bavn/tavle-{n}"
"""


async def test_a_modem_sends_and_the_hub_ends_while_every_name_server_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SILENT_NAMES)
    monkeypatch.setattr(running, "PATH", (str(tmp_path / "site"), *running.PATH))
    brokers = "".join(BROKER.format(n=n) for n in range(2 * (os.cpu_count() or 1) + 8))
    phones = running.DIRECTORY.replace("tel:", "sms:")
    async with emulator(tmp_path, "--speed", "20"):
        with running.hub_in(tmp_path, more=MODEM + brokers, directory=phones) as hub:
            await asyncio.to_thread(
                hub.json, "send", "--to", "fjernlager", "--precedence", "flash", "--headline", "Prøve"
            )
            await until(lambda: journal(tmp_path, "sent"))
            assert await asyncio.to_thread(hub.stop) == 0
