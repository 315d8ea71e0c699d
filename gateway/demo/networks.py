"""The world around the demonstration's hub: a mail server in this process, and two modems in processes of their own.

Everything that happens there is in journals, which the figures are judged by, and not by what the hub says.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from gateway.demo.installation import SMS_A, SMS_B
from gateway.demo_mail import MailSink
from gateway.errors import GatewayError

_READY_S, _STOP_S, _ORDER_S = 20.0, 3.0, 5.0


class DemoError(GatewayError):
    """The demonstration cannot go on; the message says what failed and where to look."""


async def end_process(process: asyncio.subprocess.Process, *, within_s: float) -> None:
    """SIGTERM, then SIGKILL if it takes too long."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class Modem:
    """An emulated GSM modem at `folder/name`, with its network and its phones, as a process of its own."""

    def __init__(self, folder: Path, name: str, *, seed: int) -> None:
        self.name, self.link = name, folder / name
        self.journal, self._control = folder / f"{name}.journal", folder / f"{name}.control"
        self._errors, self._seed = folder / f"{name}.log", seed
        self._process: asyncio.subprocess.Process | None = None
        self._read = self._told = 0
        self.lines: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        command = [sys.executable, "-P", "-m", "hardware.emulators.gsm", "--link", str(self.link)]
        command += [
            "--journal",
            str(self.journal),
            "--control",
            str(self._control),
            "--seed",
            str(self._seed),
        ]
        with self._errors.open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=errors, start_new_session=True
            )
        try:
            await self._ready()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(_READY_S):
                line = await self._process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line.startswith(b"ready"):
            raise DemoError(f"the modem {self.name} did not start: {self._errors.read_text().strip()[-500:]}")

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            await end_process(self._process, within_s=_STOP_S)

    async def order(self, do: str, **what: Any) -> dict[str, Any]:
        """What the world does to the modem. DemoError if it is refused."""
        async with asyncio.timeout(_ORDER_S):
            reader, writer = await asyncio.open_unix_connection(str(self._control))
            try:
                writer.write(json.dumps({"do": do, **what}).encode() + b"\n")
                await writer.drain()
                answer: dict[str, Any] = json.loads(await reader.readline())
            finally:
                writer.close()
        if not answer.get("ok"):
            raise DemoError(f"the modem {self.name} refused {do}: {answer.get('error')}")
        return answer

    def news(self) -> list[dict[str, Any]]:
        """The journal's lines since the last call; `lines` holds them all."""
        self._pull()
        found = self.lines[self._told :]
        self._told = len(self.lines)
        return found

    def hands_over(self) -> bool:
        """A message has come over the line, and the network has not taken it yet: no receipt can be out."""
        self._pull()
        steps = [
            line["event"] for line in self.lines if line["event"] == "sent" or line.get("name") == "+CMGS"
        ]
        return bool(steps) and steps[-1] == "command"

    def _pull(self) -> None:
        if not self.journal.exists():
            return
        with self.journal.open("rb") as file:
            file.seek(self._read)
            octets = file.read()
        whole = octets[: octets.rfind(b"\n") + 1]
        self._read += len(whole)
        self.lines += [json.loads(line) for line in whole.splitlines()]


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that a phone or a mailbox has: the far end's word for it."""

    t: float  # seconds since the epoch
    channel: str
    address: str  # number or mailbox
    text: str


@dataclass(slots=True)
class Networks:
    """`async with Networks(folder, ...)`: mail and the two mobile networks."""

    folder: Path
    seed: int
    mail: MailSink = field(init=False)
    modems: dict[str, Modem] = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _sent: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    _mails: int = 0

    def __post_init__(self) -> None:
        self.mail = MailSink(journal=self.folder / "mail.journal")
        names = (SMS_A, SMS_B)
        self.modems = {n: Modem(self.folder, n, seed=self.seed + i) for i, n in enumerate(names)}

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.mail)
            for modem in self.modems.values():
                stack.push_async_exit(modem.__aexit__)
            # Both at once: they take a while to start. What fails is ended by the stack.
            await asyncio.gather(*(modem.__aenter__() for modem in self.modems.values()))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def arrivals(self) -> Iterator[Copy]:
        """What has come to phones and mailboxes since the last call.

        A phone has a message when its network reports it delivered: one that is taken and not delivered is nowhere.
        """
        for name, modem in self.modems.items():
            sent = self._sent.setdefault(name, {})
            for line in modem.news():
                if line["event"] == "sent":
                    sent[line["ref"]] = line
                elif line["event"] == "report" and line.get("status") == "00":
                    message = sent[line["ref"]]
                    yield Copy(line["t"], name, message["to"], message["text"])
        mails = self.mail.mails
        for mail in mails[self._mails :]:
            yield Copy(mail.t, "mail", mail.to, f"{mail.subject}\n{mail.text}")
        self._mails = len(mails)

    def taken(self) -> list[tuple[str, str, str]]:
        """(channel, address, text) of everything that a network took, whether it delivered it or not."""
        sms = [
            (name, line["to"], line["text"])
            for name, modem in self.modems.items()
            for line in modem.lines
            if line["event"] == "sent"
        ]
        return sms + [("mail", mail.to, f"{mail.subject}\n{mail.text}") for mail in self.mail.mails]

    async def all_down(self) -> None:
        """Every network is away before anything is sent."""
        await self.mail.refuse()
        for modem in self.modems.values():
            await modem.order("coverage", value=False)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Ctrl-C, a closing terminal and `kill` end the story and clean up after it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
