"""A far end for each bearer of the registry, for the conformance tests: one class a bearer, and a line below."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self

from channels.base import Channel
from channels.registry import channel_class, new_channel
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.line import Link
from hardware.emulators.running import Cable
from hardware.emulators.tetra_radio import TetraEmulator
from messages.address import Address
from tests.harness import Behaviour, Harness
from tests.harness_mqtt import MqttHarness
from tests.harness_smpp import SmppHarness
from tests.harness_sms_http import SmsHttpHarness
from tests.smtp_sink import Does, ScriptedSink, mail_channel


class LoopbackHarness:
    to = "loopback:vagt"
    never = Address("loopback", "vagt")

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
    never = Address("mailto", "vagt@eksempelkommune.invalid")
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


class ModemHarness:
    """An emulated modem on a pty, fifty times faster than life, and a driver as patient as that asks for."""

    bearer: ClassVar[str]
    to: str
    never: Address
    emulator: ClassVar[Callable[..., Any]]
    options: ClassVar[dict[str, object]] = {}
    # A stall: the modem waits for more of the message.
    faults: ClassVar[dict[Behaviour, str]] = {"unknown": "sent-but-failed", "stall": "pdu-lost"}

    def __init__(self, folder: Path) -> None:
        self._link = Link(folder / "modem")
        self.modem = self.emulator(speed=50)
        self._cable = Cable(self.modem, self._link)
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self.modem.run(), name="emulator")
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go()
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    def channel(self) -> Channel:
        table = {"bearer": self.bearer, "port": str(self._link.path), "time_factor": 0.02, **self.options}
        return new_channel("modem", channel_class(self.bearer).config_model.model_validate(table))

    def tell(self, behaviour: Behaviour) -> None:
        if fault := self.faults.get(behaviour):
            self.modem.faults.arm(fault, {"seconds": 200} if fault == "late-cmgs" else {})

    async def stalled(self) -> None:
        while not self.modem.journal.of("fault"):
            await asyncio.sleep(0.001)

    async def go(self) -> None:
        self._cable.unplug()

    async def come_back(self) -> None:
        self._cable.plug()

    def arrived(self) -> list[str]:
        return [line["text"] for line in self.modem.journal.of("sent")]


class SmsModemHarness(ModemHarness):
    bearer, emulator = "sms-modem", GsmEmulator
    to = "sms:+4500000001"
    never = Address("sms", "+45112")  # no parser lets it through; the driver is the last to refuse it
    faults: ClassVar[dict[Behaviour, str]] = {
        "transient": "busy-515",
        "unknown": "late-cmgs",
        "stall": "pdu-lost",
    }


class TetraHarness(ModemHarness):
    bearer, emulator = "tetra", TetraEmulator
    to = "sds:3990001"
    never = Address("sds", "112")  # the driver refuses it
    options: ClassVar[dict[str, object]] = {"max_bits": 1120}

    def tell(self, behaviour: Behaviour) -> None:
        self.modem.device.inhibited = behaviour == "transient"  # it must not transmit
        super().tell(behaviour)

    def arrived(self) -> list[str]:
        """Parts come in order: the last one makes a text whole."""
        texts, beginning = list[str](), ""
        for line in self.modem.journal.of("sent"):
            _, total, number = line.get("part", (0, 1, 1))
            beginning = line["text"] if number == 1 else beginning + line["text"]
            if number == total:
                texts.append(beginning)
        return texts


class IridiumHarness(ModemHarness):
    bearer, emulator = "iridium", IridiumEmulator
    to = "sbd:provisioned"
    never = Address("sbd", "RB0012345")  # the modem's messages go where it is provisioned
    faults: ClassVar[dict[Behaviour, str]] = {**ModemHarness.faults, "transient": "busy-515"}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.modem.network.latency_s, self.modem.network.hold_s = 5, 0


HARNESSES: dict[str, Callable[[Path], Harness]] = {
    "email": EmailHarness,
    "iridium": IridiumHarness,
    "loopback": LoopbackHarness,
    "mqtt": MqttHarness,
    "smpp": SmppHarness,
    "sms-http": SmsHttpHarness,
    "sms-modem": SmsModemHarness,
    "tetra": TetraHarness,
}
