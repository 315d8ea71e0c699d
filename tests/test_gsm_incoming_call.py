"""Calls as other programs see them: dialled by the emulated GSM modem, and taken by it."""

import pytest

from tests.gsm import until
from tests.gsm_host import host

CALLER = "+4500000009"
LISTED = b'+CLCC: 1,1,%d,0,0,"+4500000009",145'


@pytest.mark.parametrize("line", ["ATD+4500000001", "ATDT +4500000001"])
async def test_a_data_call_is_refused_and_not_dialled(line: str) -> None:
    async with host() as there:
        assert await there.ask(line) == [b"NO CARRIER"]
        assert there.modem.journal.of("call") == []


@pytest.mark.parametrize("line", ["ATDT+45 0000 0001;", "atd+4500000001I;", "ATD+4500-000001;"])
async def test_a_number_may_be_written_as_people_do(line: str) -> None:
    async with host() as there:
        assert await there.ask(line) == [b"OK"]
        assert there.modem.journal.of("call")[0]["to"] == "+4500000001"
        assert await there.ask("AT+CPAS") == [b"+CPAS: 4", b"OK"]


async def test_nothing_can_be_taken_while_nobody_calls() -> None:
    async with host() as there:
        assert await there.ask("ATA") == [b"NO CARRIER"]
        await there.ask("ATD+4500000001;")
        assert await there.ask("ATA") == [b"NO CARRIER"]
        assert len(await there.ask("AT+CLCC")) == 2


async def test_a_call_that_rings_is_listed_and_can_be_taken() -> None:
    async with host() as there:
        assert there.modem.calls.ring(9, caller=CALLER)
        assert await there.told() == [b"RING"]
        assert await there.ask("AT+CLCC;+CPAS") == [LISTED % 4, b"+CPAS: 3", b"OK"]
        assert await there.ask("ATA") == [b"OK"]
        assert await there.ask("AT+CLCC;+CPAS") == [LISTED % 0, b"+CPAS: 4", b"OK"]
        there.modem.calls.lost()
        assert await there.told() == [b"NO CARRIER"]
        assert await there.ask("AT+CLCC;+CPAS") == [b"+CPAS: 0", b"OK"]
        states = [line["state"] for line in there.modem.journal.of("call")]
        assert states == ["ringing", "answered", "ended"]


async def test_a_caller_gives_up() -> None:
    async with host() as there:
        there.modem.calls.ring(2, caller=CALLER)
        assert await there.told(lines=3) == [b"RING", b"RING", b"NO CARRIER"]
        assert await there.ask("AT+CPAS") == [b"+CPAS: 0", b"OK"]


async def test_the_caller_and_the_kind_of_call_are_told_when_asked_for() -> None:
    async with host() as there:
        await there.ask("AT+CLIP=1;+CRC=1")
        there.modem.calls.ring(9, caller=CALLER)
        assert await there.told(lines=2) == [b"+CRING: VOICE", b'+CLIP: "+4500000009",145,"",,"",0']
        await there.ask("ATH")
        there.modem.calls.ring(9)
        assert await there.told(lines=2) == [b"+CRING: VOICE", b'+CLIP: "",128,"",,"",1']


async def test_the_modem_takes_a_call_by_itself_after_the_rings_of_s0() -> None:
    async with host() as there:
        await there.ask("ATS0=2")
        there.modem.calls.ring(9, caller=CALLER)
        await until(lambda: there.modem.calls.listed() == [(LISTED % 0).decode()])
        assert await there.told(lines=2) == [b"RING", b"RING"]


async def test_a_modem_that_calls_or_hears_nothing_cannot_be_called() -> None:
    async with host() as there:
        await there.ask("ATD+4500000001;")
        assert not there.modem.calls.ring(3)
        await there.ask("ATH")
        there.modem.cover(False)
        assert not there.modem.calls.ring(3)
