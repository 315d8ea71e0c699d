"""A library that nobody here wrote, at either end: its message centre for our channel, its client for our test's."""

import asyncio
from typing import Any

from aiosmpplib import (  # type: ignore[import-untyped]
    ESME,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    PhoneNumber,
    SmppMessage,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from aiosmpplib.broker import SimpleBroker  # type: ignore[import-untyped]

from channels.base import Inbound, Report, State
from messages.evidence import Evidence
from tests.outgoing import outgoing, words
from tests.smsc import SENDER, Smsc, smpp_channel, told, turns

TO, PHONE, US = "sms:+4500000001", "4500000001", SENDER[1:]
KNOWN = {0x04: SubmitSm, 0x06: Unbind, 0x09: BindTransceiver, 0x15: EnquireLink}
TEXT = "Rødgrød med fløde, 10 €"


class Stranger:
    """A message centre of aiosmpplib's codec: it takes everything, reports on it, and brings an answer."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    async def __aenter__(self) -> "Stranger":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while header := await reader.readexactly(16):
                told = SmppMessage.parse_header(header)
                body = await reader.readexactly(told.pdu_length - 16)
                if kind := KNOWN.get(int(told.smpp_command)):
                    message = kind.from_pdu(header + body, told, "gsm0338", {})
                    self.heard.append(message)
                    for answer in self._answers(message):
                        writer.write(answer.pdu())
                else:
                    self.heard.append(told)
        except asyncio.IncompleteReadError:
            writer.close()

    def _answers(self, message: Any) -> list[Any]:
        number = message.sequence_num
        match message:
            case BindTransceiver():
                return [BindTransceiverResp(sequence_num=number, system_id="smsc", sc_interface_version=0x34)]
            case SubmitSm():
                receipt = DeliverSm.encode_receipt({"id": "42", "sub": 1, "dlvrd": 1, "stat": "DELIVRD"})
                ends = {"source": PhoneNumber(PHONE), "destination": PhoneNumber(US)}
                return [
                    SubmitSmResp(sequence_num=number, message_id="42"),
                    DeliverSm(sequence_num=1, short_message=receipt, esm_class=4, **ends),
                    DeliverSm(sequence_num=2, short_message="1 på vej, 10 €", **ends),
                ]
            case EnquireLink():
                return [EnquireLinkResp(sequence_num=number)]
            case _:
                return [UnbindResp(sequence_num=number)]


async def test_our_channel_and_another_librarys_message_centre_understand_each_other() -> None:
    async with Stranger() as smsc, smpp_channel(smsc.port) as channel:
        await turns(channel, State.UP)
        receipt = await channel.submit(outgoing(TO, words(headline=TEXT, text="")))
        report = await told(channel, Report)
        answer = await told(channel, Inbound)
        await report.settle()
        await answer.settle()
        assert (await channel.probe()).state is State.UP
    assert receipt.references == (report.reference,) == ("42",)
    assert report.evidence is Evidence.DELIVERED
    assert (answer.sender, answer.text) == (TO, "1 på vej, 10 €")
    assert [type(heard).__name__ for heard in smsc.heard[:2]] == ["BindTransceiver", "SubmitSm"]
    assert TEXT in smsc.heard[1].short_message
    answered = [h.smpp_command.name for h in smsc.heard if not isinstance(h, SmppMessage)]
    assert answered == ["DELIVER_SM_RESP", "DELIVER_SM_RESP"]


async def test_the_tests_message_centre_serves_another_librarys_client() -> None:
    broker = SimpleBroker()
    async with Smsc() as smsc:
        client = ESME("127.0.0.1", smsc.proxy.port, "stranger", "hemmelig", broker=broker)
        running = asyncio.create_task(client.start())
        smsc.on_taken = smsc.report
        await broker.enqueue(
            SubmitSm(short_message=TEXT, source=PhoneNumber(US), destination=PhoneNumber(PHONE))
        )
        async with asyncio.timeout(5):
            while not smsc.brought:
                await asyncio.sleep(0.005)
            writer = client._writer
            await client.stop()
            await asyncio.gather(running, return_exceptions=True)
            writer.close()  # which it forgets
            await writer.wait_closed()
    assert ([taken.text for taken in smsc.taken], smsc.brought) == ([TEXT], [0])
