"""The demonstration's hub: `bavn run` as a process of its own, so that it can be killed, and its HTTP interface."""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from gateway.demo.installation import Installation
from gateway.demo.networks import DemoError, end_process

_READY_S, _STOP_S, _ASK_S = 30.0, 10.0, 10.0
_POLL_S = 0.05


class HubProcess:
    """`async with HubProcess(...) as hub`: starts it, ends it. `ask` talks to it as every client does."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        if self._session is not None:
            await self._session.close()
        if self._process is not None:
            await end_process(self._process, within_s=_STOP_S)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> float:
        """Starts it and returns the seconds until it accepts. DemoError if it does not."""
        begun = time.monotonic()
        command = [sys.executable, "-P", "-m", "gateway.cli.main", "run"]
        command += ["--config", str(self._installation.config.path)]
        with self._installation.hub_log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(_READY_S):
                while not await self._accepts():  # noqa: ASYNC110  # another process: nothing to wait on
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise DemoError("the hub did not start") from None
        return time.monotonic() - begun

    async def _accepts(self) -> bool:
        if not self.running:
            raise DemoError("the hub ended by itself")
        try:
            await self.ask("GET", "/readyz")
        except (aiohttp.ClientError, OSError, DemoError):
            return False
        return True

    async def kill(self) -> int:
        """SIGKILL: no goodbye, no last write. Returns the number of the process."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        await self._close_session()
        return self._process.pid

    async def _close_session(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self, method: str, path: str, *, body: dict[str, Any] | bytes | None = None
    ) -> dict[str, Any]:
        """The JSON of the answer. DemoError when the hub refuses, aiohttp.ClientError when it is away."""
        if self._session is None:
            connector = aiohttp.UnixConnector(str(_bound(self._installation.config.socket)))
            timeout = aiohttp.ClientTimeout(total=_ASK_S)
            self._session = aiohttp.ClientSession("http://bavn", connector=connector, timeout=timeout)
        kind = "application/cap+xml" if isinstance(body, bytes) else "application/json"
        octets = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {} if body is None else {"Content-Type": kind}
        async with self._session.request(method, path, data=octets, headers=headers) as response:
            answer: dict[str, Any] = json.loads(await response.read())
        if response.status >= 400:
            raise DemoError(f"{path}: {answer.get('detail') or answer.get('title')}")
        return answer

    async def alert(self, identifier: str) -> dict[str, Any]:
        return await self.ask("GET", f"/api/v1/alerts/{identifier}")

    async def channels(self) -> dict[str, dict[str, Any]]:
        answer = await self.ask("GET", "/api/v1/channels")
        return {channel["name"]: channel for channel in answer["channels"]}


def _bound(socket: Path) -> Path:
    """Where it is bound: a path that is too long is a link to a short one."""
    return socket.readlink() if socket.is_symlink() else socket
