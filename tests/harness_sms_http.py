"""The far end of the sms-http channel for the conformance tests: an aggregator with an HTTP API."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

from channels.base import Channel
from messages.address import Address
from tests.aggregator import TO, Aggregator, answers, listening, lost, mute

if TYPE_CHECKING:
    from tests.harness import Behaviour


class SmsHttpHarness:
    to = TO
    never = Address("sms", "+45112")  # no parser lets it through; the channel is the last to refuse it

    def __init__(self, _folder: Path) -> None:
        self._far = Aggregator()

    async def __aenter__(self) -> Self:
        await self._far.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._far.close()

    def channel(self) -> Channel:
        return self._far.channel(**listening())

    def tell(self, behaviour: "Behaviour") -> None:
        scripts = {"transient": answers(429), "unknown": lost(self._far), "stall": mute(self._far)}
        if behaviour in scripts:
            self._far.script.append(scripts[behaviour])

    async def stalled(self) -> None:
        await self._far.stalled.wait()

    async def go(self) -> None:
        await self._far.close()

    async def come_back(self) -> None:
        await self._far.open()

    def arrived(self) -> list[str]:
        return [str(message["message"]) for message in self._far.taken]
