"""The emulated GSM modem goes on whatever a host writes."""

import asyncio
import random

import pytest

from hardware.emulators.gsm_handlers import HANDLERS
from tests.gsm import Bench, until
from tests.gsm_host import Host

WORDS = [
    *("", "0", "1", "2", "3", "4", "8", "17", "81", "129", "145", "208", "-1", "99999999999", "x", '"', '""'),
    *('"+4500000001"', '"++1"', '"002B0034"', '"00zz"', '"\xe9"', '"*100#"', '"26/11/23,14:20:30+04"'),
    *(
        '"UCS2"',
        '"GSM"',
        '"HEX"',
        '"IRA"',
        '"8859-1"',
        '"SM"',
        '"ME"',
        '"SR"',
        '"ALL"',
        '"REC UNREAD"',
        '"STO SENT"',
    ),
]
PAYLOADS = (
    b"00C6",
    b"Hej",
    b"\x00\x08\r\n",
    b"\xff",
    b"0011000A9154000000100000A70131",
    b"050003A5020100C6",
    b"0",
)
OFTEN = ("+CMGS", "+CMGW", "+CMSS", "+CMGR", "+CMGL", "+CSMP", "+CSCS", "+CMGF", "+CNMI", "+CPMS")


OUT_OF_REACH = {"+COPS", "+CFUN", "+CSCA"}  # after them little is sent


def line(dice: random.Random, *, calm: bool) -> bytes:
    name = dice.choice([*HANDLERS, *OFTEN * 5])
    if name in OFTEN[:2] and dice.random() < 0.5:
        return f'AT+CMGF=1;{name}="+4500000001"\r'.encode()
    if calm and name in OUT_OF_REACH:
        return b"AT+CSMP=17,167,0,0\r"
    form = dice.choice(["", "?", "=?", "=", "="])
    words = ",".join(dice.choice(WORDS) for _ in range(dice.randrange(1, 6))) if form == "=" else ""
    return f"AT{name}{form}{words}\r".encode("latin-1")


@pytest.mark.parametrize("seed", range(4))
async def test_the_modem_goes_on_whatever_a_host_writes(seed: int) -> None:
    dice = random.Random(seed)
    async with Bench() as bench:
        there = Host(await bench.opener(), bench)
        for _ in range(300):
            there.port.write(
                line(dice, calm=seed % 2 == 0)
                + (dice.choice(PAYLOADS) + b"\x1a" if dice.random() < 0.4 else b"")
            )
            if dice.random() < 0.1:
                bench.modem.network.receive(
                    "+4500000002", dice.choice(["Hej", "\N{POLICE CARS REVOLVING LIGHT}", "a" * 161])
                )
            bench.modem.calls.ring(dice.randrange(1, 3))
            await asyncio.sleep(0)
        there.port.write(b"\x1a\r")
        await asyncio.sleep(0.1)
        await until(lambda: bench.modem.running)
        there.port.write(b"\x1b\x1a\rAT&FE0V1Q0+CMEE?\r")
        await there.until(b"+CMEE: 0\r\n")
        assert seed % 2 or bench.sent()
