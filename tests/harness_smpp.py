"""The far end of the smpp bearer for the conformance tests: a message centre of smpp34's server."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from channels.base import Channel
from messages.address import Address
from tests.smsc import MUTE, Smsc

if TYPE_CHECKING:
    from tests.harness import Behaviour


class SmppHarness:
    to = "sms:+4500000001"
    never = Address("sms", "+4500000001")
    _SCRIPTS: ClassVar[dict["Behaviour", int]] = {
        "transient": 0x08,  # ESME_RSYSERR
        "permanent": 0x0B,  # ESME_RINVDSTADR
        "unknown": MUTE,
        "stall": MUTE,
    }

    def __init__(self, _folder: Path) -> None:
        self._smsc = Smsc()
        self._patience_s = 5.0

    async def __aenter__(self) -> Self:
        await self._smsc.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._smsc.__aexit__()

    def channel(self) -> Channel:
        return self._smsc.channel(response_s=self._patience_s)

    def tell(self, behaviour: "Behaviour") -> None:
        self._patience_s = 0.1 if behaviour == "unknown" else 5.0
        if behaviour in self._SCRIPTS:
            self._smsc.script.append(self._SCRIPTS[behaviour])

    async def stalled(self) -> None:
        while not self._smsc.muted:
            await asyncio.sleep(0.001)

    async def go(self) -> None:
        self._smsc.away()

    async def come_back(self) -> None:
        self._smsc.away(gone=False)

    def arrived(self) -> list[str]:
        return self._smsc.whole_texts()
