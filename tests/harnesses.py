"""A far end for each bearer of the registry, for the conformance tests: one class a bearer, and a line below.

`tell` comes before `channel`, since some far ends are scripted through the channel's configuration.
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal, Protocol, Self

from channels.base import Channel
from channels.registry import channel_class, new_channel
from tests.smtp_sink import Does, ScriptedSink, mail_channel

Behaviour = Literal["accept", "transient", "permanent", "unknown", "stall"]


class Harness(Protocol):
    """`async with` starts the far end. `to` is an address that it takes."""

    to: str

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    def channel(self) -> Channel:
        """A new channel to this far end, not yet entered."""
        ...

    def tell(self, behaviour: Behaviour) -> None:
        """What the far end does with the next message; a stall lasts until the message is given up."""
        ...

    async def stalled(self) -> None:
        """Returns when a message is being stalled."""
        ...

    async def go(self) -> None:
        """The far end is away."""
        ...

    async def come_back(self) -> None: ...

    def arrived(self) -> list[str]:
        """The texts that the far end has, whole messages only."""
        ...


class LoopbackHarness:
    to = "loopback:vagt"

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "far"
        self._options: dict[str, object] = {}

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        pass  # a folder of the test's own

    def channel(self) -> Channel:
        table = {"bearer": "loopback", "path": self._folder / "mails.jsonl", **self._options}
        return new_channel("loop", channel_class("loopback").config_model.model_validate(table))

    def tell(self, behaviour: Behaviour) -> None:
        self._options = {"delay_s": 0.1} if behaviour == "stall" else {"outcome": behaviour}

    async def stalled(self) -> None:
        await asyncio.sleep(0)  # it stalls from its first step on

    async def go(self) -> None:
        self._folder.rename(self._folder.with_suffix(".away"))

    async def come_back(self) -> None:
        away = self._folder.with_suffix(".away")
        if away.exists():
            away.rename(self._folder)
        self._folder.mkdir(exist_ok=True)

    def arrived(self) -> list[str]:
        path = self._folder / "mails.jsonl"
        return (
            [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
            if path.exists()
            else []
        )


class EmailHarness:
    to = "mailto:vagt@eksempelkommune.invalid"
    _SCRIPTS: ClassVar[dict[Behaviour, dict[str, str | Does]]] = {
        "accept": {},
        "transient": {"RCPT": "451 4.3.0 later"},
        "permanent": {"RCPT": "550 5.1.1 unknown"},
        "unknown": {"content": Does.HANG_UP},
        "stall": {"RCPT": Does.MUTE},
    }

    def __init__(self, _folder: Path) -> None:
        self._sink = ScriptedSink()

    async def __aenter__(self) -> Self:
        await self._sink.restore()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sink.refuse()

    def channel(self) -> Channel:
        return mail_channel(self._sink.port, command_s=9)

    def tell(self, behaviour: Behaviour) -> None:
        self._sink.script = dict(self._SCRIPTS[behaviour])

    async def stalled(self) -> None:
        await self._sink.muted.wait()

    async def go(self) -> None:
        await self._sink.refuse()

    async def come_back(self) -> None:
        await self._sink.restore()

    def arrived(self) -> list[str]:
        return [mail.text for mail in self._sink.mails]


HARNESSES: dict[str, Callable[[Path], Harness]] = {
    "email": EmailHarness,
    "loopback": LoopbackHarness,
}
