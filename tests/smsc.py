"""A message centre of smpp34's server, behind a fault proxy: it takes messages, reports on them and brings answers.

It keeps what it brings until the other end has acknowledged it, and brings it again at the next bind, as real ones do.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import smpp34

from channels.base import HealthChanged, Inbound, Report, State
from channels.smpp import SmppChannel
from channels.smpp_config import SmppConfig
from hardware.codecs import gsm7
from tests.fault_proxy import FaultProxy
from tests.outgoing import words
from tests.peers import free_port

SENDER = "+4500000099"
TAKE, MUTE = 0, -1
LONG = words(headline="Møde", text="Gå til samlingsstedet. " * 9, sender_name="")  # two parts
E = TypeVar("E", Report, Inbound)


@dataclass(frozen=True)
class Taken:
    """A submit_sm that the message centre accepted, or accepts without saying so."""

    message_id: str
    event: Any

    @property
    def to(self) -> str:
        return str(self.event.destination_addr)

    @property
    def text(self) -> str:
        octets = self.event.short_message
        if self.event.esm_class & 0x40:
            octets = octets[1 + octets[0] :]
        return octets.decode("utf-16-be") if self.event.data_coding == 8 else gsm7.decode(octets)

    @property
    def part(self) -> tuple[int, int]:
        """(number, total) of its user data header or its sar parameters; (1, 1) without."""
        if self.event.esm_class & 0x40:
            header = self.event.short_message
            return header[header[0]], header[header[0] - 1]
        tlvs = {each.tag: each.value for each in self.event.tlvs}
        return (tlvs[0x20F][0], tlvs[0x20E][0]) if 0x20F in tlvs else (1, 1)


class Smsc:
    """`script`: what is done with the next messages, TAKE, MUTE (never answered) or a command_status; then TAKE."""

    def __init__(self) -> None:
        self.script: deque[int] = deque()
        self.taken: list[Taken] = []
        self.muted: list[Any] = []  # held, for what is dropped is refused
        self.kept: list[dict[str, Any]] = []  # deliver_sm that were not acknowledged
        self.brought: list[int] = []  # command_status of each answer to a deliver_sm
        self.on_taken: Callable[[Taken], None] = lambda taken: None
        self.message_id: Callable[[int], str] = lambda number: f"{number:08X}"
        self.esme: Any = None
        self.binds = 0

    async def __aenter__(self) -> Self:
        port = free_port()
        self._server = smpp34.Server("127.0.0.1", port, system_id="smsc")
        await self._server.start()
        self.proxy = FaultProxy(port=port)
        await self.proxy.__aenter__()
        self._task = asyncio.create_task(self._serve(), name="smsc")
        self._bringing: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.proxy.__aexit__()
        tasks = [self._task, *self._bringing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.stop()

    def away(self, *, gone: bool = True) -> None:
        """Nobody can reach it; or everybody can again."""
        self.proxy.refusing = gone
        if gone:
            self.proxy.cut_all()

    def channel(self, **more: Any) -> SmppChannel:
        return smpp_channel(self.proxy.port, **more)

    async def _serve(self) -> None:
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.Esme):
                self.esme = event
                self.binds += 1
                for message in list(self.kept):
                    self._start(message)
            elif isinstance(event, smpp34.SubmitSmEvent):
                self._decide(event)

    def _decide(self, event: Any) -> None:
        what = self.script.popleft() if self.script else TAKE
        if what > 0:
            event.reject(what)
            return
        if what == MUTE:
            self.muted.append(event)
            return
        taken = Taken(self.message_id(len(self.taken) + 1), event)
        self.taken.append(taken)
        self.on_taken(taken)
        event.accept(taken.message_id)

    def bring(self, text: str | bytes, *, source: str = "4500000001", **fields: Any) -> None:
        """A deliver_sm: now, and at every bind until it is acknowledged."""
        octets = text if isinstance(text, bytes) else gsm7.encode(text)
        message = {"destination_addr": SENDER[1:], "short_message": octets, "source_addr": source}
        self.kept.append({**message, "source_addr_ton": 1, "source_addr_npi": 1, **fields})
        if self.esme is not None:
            self._start(self.kept[-1])

    def report(self, taken: Taken, stat: str = "DELIVRD", **fields: Any) -> None:
        """A receipt as appendix B spells it."""
        text = (
            f"id:{taken.message_id} sub:001 dlvrd:001 submit date:2611230830 done date:2611230831 "
            f"stat:{stat} err:000 text:Bavn"
        )
        self.bring(text.encode(), source=taken.to, esm_class=0x04, **fields)

    def _start(self, message: dict[str, Any]) -> None:
        task = asyncio.create_task(self._bring(self.esme, message), name="smsc brings")
        self._bringing.add(task)
        task.add_done_callback(self._bringing.discard)

    async def _bring(self, esme: Any, message: dict[str, Any]) -> None:
        with suppress(smpp34.SmppError):  # the session ended: it is brought again at the next bind
            answer = await esme.deliver_sm(**message)
            self.brought.append(answer.command_status)
            if answer.is_success and message in self.kept:
                self.kept.remove(message)

    def whole_texts(self) -> list[str]:
        """Parts come in order: the last one makes a text whole."""
        texts, beginning = list[str](), ""
        for taken in self.taken:
            number, total = taken.part
            beginning = taken.text if number == 1 else beginning + taken.text
            if number == total:
                texts.append(beginning)
        return texts


def smpp_table(port: int, **more: Any) -> dict[str, Any]:
    """Short pauses. Who waits for an answer that never comes sets `response_s`."""
    table = {
        "bearer": "smpp",
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "system_id": "bavn",
        "password": "hemmelig",
        "sender": SENDER,
        "response_s": 5,
        "reconnect_s": 0.01,
        "reconnect_max_s": 0.1,
    }
    return {**table, **more}


def smpp_channel(port: int, **more: Any) -> SmppChannel:
    return SmppChannel("sms", SmppConfig.model_validate(smpp_table(port, **more)))


async def turns(channel: SmppChannel, state: State) -> str:
    async for event in channel.events():
        if isinstance(event, HealthChanged) and event.health.state is state:
            return event.health.reason
    raise AssertionError("the events ended")


async def told(channel: SmppChannel, kind: type[E]) -> E:
    """The next report or inbound message; not settled."""
    async with asyncio.timeout(2):
        async for event in channel.events():
            if isinstance(event, kind):
                return event
    raise AssertionError("the events ended")
