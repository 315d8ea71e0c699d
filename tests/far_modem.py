"""The far end of the sms-modem channel for the conformance tests: an emulated modem in memory."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from channels.base import Channel
from channels.sms_modem import SmsModemChannel, SmsModemConfig
from hardware.emulators.gsm_modem import GsmEmulator
from tests.gsm import FACTOR, SPEED, Bench

if TYPE_CHECKING:
    from tests.harnesses import Behaviour


class StallingModem(GsmEmulator):
    """Once told to, it does not ask for the payload of the next message, until ESC would have been sent."""

    stall = False

    def __init__(self) -> None:
        super().__init__(speed=SPEED)
        self.stalling = asyncio.Event()

    async def payload(self, *, prompt: bytes = b"\r\n> ", count: int = 0) -> bytes | None:
        if self.stall:
            self.stall = False
            self.stalling.set()
            await self.sleep(10)
            return None
        return await super().payload(prompt=prompt, count=count)


class SmsModemHarness:
    to = "sms:+4500000001"

    def __init__(self, _folder: Path) -> None:
        self._modem = StallingModem()
        self._bench = Bench(self._modem)
        self._modem.network.report_s = 3600

    async def __aenter__(self) -> "SmsModemHarness":
        await self._bench.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._bench.__aexit__()

    def channel(self) -> Channel:
        config = SmsModemConfig(bearer="sms-modem", port="in memory", time_factor=FACTOR)
        return SmsModemChannel("sms-a", config, opener=self._bench.opener)

    def tell(self, behaviour: "Behaviour") -> None:
        if behaviour == "transient":
            self._modem.faults.arm("busy-515", {})
        elif behaviour == "permanent":
            self._modem.network.refusals["+4500000001"] = 1
        elif behaviour == "unknown":
            self._modem.faults.arm("late-cmgs", {"seconds": 500})
        self._modem.stall = behaviour == "stall"

    async def stalled(self) -> None:
        await self._modem.stalling.wait()

    async def go(self) -> None:
        self._bench.pull()

    async def come_back(self) -> None:
        self._bench.plug()

    def arrived(self) -> list[str]:
        return [line["text"] for line in self._bench.sent()]
