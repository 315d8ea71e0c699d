"""What a TETRA radio leaves open: an OK that names no message, and a message that names no sender."""

import asyncio

import pytest

from hardware.codecs.sds import Report, Wanted, text_transfers
from hardware.errors import MaybeSent
from hardware.tetra_address import SDS4, Groups
from hardware.tetra_receive import Heard, acknowledgement_for, receipt_for
from tests.memory_bench import virtually
from tests.tetra import Bench, ready, send_text

ASKS = text_transfers("x", 1, max_bits=668, wanted=Wanted.RECEIVED)[0].encode()
REPORT = Report(0x82, 1, 0x00, ack_wanted=True).encode()


@pytest.mark.parametrize("tells_on_air", [True, False])
@virtually
async def test_an_ok_that_names_no_message_proves_nothing_and_is_not_waited_on(tells_on_air: bool) -> None:
    async with Bench() as bench, ready(bench, tells_on_air=tells_on_air) as radio:
        says = bench.radio.info
        bench.radio.info = lambda text, **more: None if "+CMGS" in str(text) else says(text, **more)  # type: ignore[method-assign]
        since = asyncio.get_running_loop().time()
        with pytest.raises(MaybeSent, match="gave no instance"):
            await send_text(radio)
        assert asyncio.get_running_loop().time() - since < radio.timing.on_air_s


@pytest.mark.parametrize(("sender", "replies"), [("2345678", True), ("", False)])
def test_nobody_is_told_where_the_radio_shows_no_sender(sender: str, replies: bool) -> None:
    receipt = receipt_for(Heard(SDS4, sender, "1234567", ASKS), Groups())
    acknowledgement = acknowledgement_for(Heard(SDS4, sender, "1234567", REPORT))
    for reply in (receipt, acknowledgement):
        assert (reply is not None) is replies
        assert reply is None or reply.destination == sender
