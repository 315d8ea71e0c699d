"""SMS through an operator's or aggregator's message centre: SMPP 3.4, one session bound as a transceiver.

What each step of a session becomes; "not" means that the message has not left:

| step                     | status 0 | RTHROTTLED, RMSGQFUL | other refusals      | hang-up, silence      |
|--------------------------|----------|----------------------|---------------------|-----------------------|
| connect, TLS, bind       | go on    | down                 | down                | down                  |
| submit_sm, first part    | receipt  | transient (1)        | by its status (2)   | UNKNOWN (3)           |
| submit_sm, later part    | receipt  | again, UNKNOWN (4)   | UNKNOWN (4)         | UNKNOWN (3)           |
| enquire_link             | alive    | alive                | alive               | session cut, down     |

(1) with `retry_at`; until then the channel sends nothing but FLASH. (2) RSYSERR, RX_T_APPN and RUNKNOWNERR are
transient; statuses of a session that is not bound as it should be are down; every other one is permanent. A refusal
says that the message centre did not take the message. (3) in `response_s`, or when the session ends before the answer;
where nothing at all has come since it left, the message centre is asked for a sign of life, and until it gives one
`submit` fails at once as down. (4) a part has left; what is refused for now is sent again twice.
Nonsense counts as silence. `hand_over` is called right before the first octet of each part; what it raises before the
first one means that nothing left.

Evidence: submit_sm_resp is SUBMITTED; a receipt with DELIVRD is DELIVERED; EXPIRED, DELETED, UNDELIV and REJECTD are
kept as given up; ENROUTE, ACCEPTD and UNKNOWN are no news. A late answer is a report of its attempt. deliver_sm is
answered when the hub has settled it, else the message centre brings it again; beyond 500 it hears RMSGQFUL.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar, Self

from channels import base, smpp_received
from channels.feed import Feed
from channels.signs import whole
from channels.smpp_arrivals import Arrivals
from channels.smpp_config import SmppConfig
from channels.smpp_hand_over import HandOver
from channels.smpp_link import Link
from channels.smpp_memory import ArrivalMemory
from channels.smpp_receipt import is_receipt
from channels.smpp_sent import Sent
from channels.smpp_session import Delivered
from channels.smpp_submit import shortened
from channels.smpp_text import measure
from messages.evidence import Evidence
from messages.render import ShortText, Size, Words

_SWEEP_S = 0.1
_SHORT = 16  # characters that somebody may say again at once


class SmppChannel:
    """One account at one message centre. `async with SmppChannel(name, config)`; see `channels.base.Channel`."""

    config_model: ClassVar[type[base.ChannelConfig]] = SmppConfig

    def __init__(self, name: str, config: SmppConfig) -> None:
        self.name, self.config = name, config
        self.capability = base.Capability(
            schemes=frozenset({"sms"}),
            max_evidence=Evidence.DELIVERED if config.request_reports else Evidence.SUBMITTED,
            measure=self._measure,
            shortened=self._shortened,
            window=config.window,
            two_way=config.can_be_answered,
            seconds_per_message=1 / config.max_per_second if config.max_per_second else 0.05,
            cost_rank=1,
        )
        self._feed, self._arrivals, self._sent = Feed(), Arrivals(), Sent(config.message_ids)
        self._sweeping: asyncio.TimerHandle | None = None

    def keep_in(self, folder: Path, *, key: bytes) -> None:
        """Which messages from phones may come again."""
        self._arrivals = Arrivals(ArrivalMemory(folder / "arrivals"), key=key)

    async def __aenter__(self) -> Self:
        self._feed = Feed()
        self._arrivals.recall()
        self._link = Link(self.name, self.config, deliver=self._take, note=self._feed.put_health)
        self._hand_over = HandOver(self.config, self._link, self._sent, tell=self._feed.offer)
        await self._link.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._feed.close()
        await self._link.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._sweep(again=False)

    def events(self) -> AsyncIterator[base.Event]:
        return self._feed.events()

    async def submit(self, outgoing: base.Outgoing) -> base.Receipt:
        return await self._hand_over.send(outgoing)

    def pause_s(self) -> float:
        """For `max_per_second`, and while the message centre finds us too fast."""
        return self._hand_over.pace.wait_s()

    async def probe(self) -> base.Health:
        """An enquire_link where there is a session."""
        return await self._link.probe()

    async def test(self) -> base.Tested:
        """Nothing is sent: each message costs."""
        health = await self._link.probe()
        host, port = self.config.where
        proved = (
            f"bound at {host}:{port} as {self.config.system_id}",
            "the message centre answers enquire_link",
        )
        return base.Tested(health, proved if health.state is base.State.UP else ())

    def _measure(self, text: str) -> Size:
        return measure(whole(text), wide=self.config.concatenation == "udh16")

    def _shortened(self, words: Words) -> ShortText:
        return shortened(words, self.config)

    def _take(self, delivered: Delivered) -> bool:
        """Puts what came where the hub reads; False when there is no room."""
        read = delivered.read
        if read is not None and is_receipt(read):
            event: base.Report | base.Inbound = smpp_received.report(read, self._sent, self.config)
            return self._feed.offer(replace(event, settle=partial(self._settle, delivered)))
        body = delivered.pdu.body
        event = smpp_received.inbound(read, self.config, bearer_id="", raw=body.hex().upper())
        name = self._arrivals.name(
            body,
            sender=event.sender,
            session=delivered.session,
            sequence=delivered.pdu.sequence,
            now=asyncio.get_running_loop().time(),
            long=event.part is not None or len(event.text) > _SHORT,
        )
        event = replace(event, bearer_id=name)
        if self._sweeping is None:
            self._sweep_soon()
        return self._feed.offer(replace(event, settle=partial(self._settle, delivered, name)))

    async def _settle(self, delivered: Delivered, name: str = "") -> None:
        """Answers it. Where the session has ended meanwhile it comes again, under the same name."""
        if delivered.session.acknowledge(delivered.pdu) and name:
            self._arrivals.acknowledged(name, now=asyncio.get_running_loop().time())

    def _sweep_soon(self) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def _sweep(self, *, again: bool = True) -> None:
        """Forgets what can come again no more, as long as there is anything that can."""
        self._sweeping = None
        left = self._arrivals.sweep(self._link.latest, now=asyncio.get_running_loop().time())
        if left and again:
            self._sweep_soon()
