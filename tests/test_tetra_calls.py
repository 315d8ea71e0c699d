"""Voice calls of the emulated TETRA radio, as a host that sets them up and answers them sees them."""

import asyncio

import pytest

from tests.memory_bench import virtually
from tests.test_tetra_emulator import TEXT, Host, ordered
from tests.tetra import GROUP, PEER, Bench


def kinds(heard: str) -> list[str]:
    return [line.partition(":")[0] for line in heard.split("|")]


@virtually
async def test_a_group_call_is_set_up_spoken_in_and_ended_by_the_host() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\r")
        assert await host.says("AT+CTSDC=0,0,0,0,1,0,1,1\r") == "OK"
        assert await host.says(f"ATD{GROUP}\r") == "OK"
        assert await host.hears(2) == "+CTOCP: 1,2,0,0,1,0,1,1|+CTCC: 1,0,1,0,1,1|+CTXG: 1,0,0,0"
        assert await host.says("AT+CUTXC=1\r", wait_s=1) == "OK|+CDTXC: 1,0"
        assert await host.says("AT+CTXD=1,1\r", wait_s=1) == "OK|+CTXG: 1,0,0,0"
        assert await host.says("ATH\r", wait_s=1) == "OK|+CTCR: 1,1"
        assert [line["to"] for line in bench.radio.journal.of("transmission")] == [GROUP, GROUP]


@virtually
async def test_a_call_to_a_radio_is_answered_or_cannot_reach_it() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\r")
        assert kinds(await host.says(f"ATD{PEER};\r", wait_s=4)) == ["OK", "+CTOCP", "+CTCC", "+CTXG"]
        assert await host.says(f"ATD{PEER}\r") == "+CME ERROR: 3"  # one call at a time
        assert await host.says("ATH\r", wait_s=1) == "OK|+CTCR: 1,1"
        ordered(bench, "refuse", to=PEER)
        assert (await host.says(f"ATD{PEER}\r", wait_s=4)).endswith("|+CTCR: 2,3")


@virtually
async def test_a_call_in_which_nobody_speaks_ends_and_one_that_is_spoken_in_does_not() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says(f"ATE0\rATD{GROUP}\r", wait_s=30)
        assert bench.radio.call is not None
        await host.says("AT+CUTXC=1\r", wait_s=3)
        assert bench.radio.call is not None
        assert await host.hears(5) == "+CTCR: 1,13"


@virtually
async def test_short_data_waits_for_the_end_of_the_hosts_own_call() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CTSDS=12,0\r")
        await host.says(f"ATD{GROUP}\r", wait_s=2)
        assert await host.says(f"AT+CMGS={PEER},96\r{TEXT}\x1a") == "+CME ERROR: 3"
        await host.says("ATH\r", wait_s=1)
        assert await host.says(f"AT+CMGS={PEER},96\r{TEXT}\x1a") == "+CMGS: 0|OK"


@virtually
async def test_a_call_that_rings_is_answered_with_ata_and_rejected_with_ath() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CTSP=2,0,0\r")
        assert await host.says("ATA\r") == "+CME ERROR: 3"
        assert ordered(bench, "ring", seconds=60, hook=True)["ok"]
        assert kinds(await host.hears(3)) == ["+CTICN"]
        assert kinds(await host.says("ATA\r", wait_s=1)) == ["OK", "+CTCC", "+CTXG"]
        assert await host.says("AT+CTXD=1,1\r", wait_s=1) == "OK|+CTXG: 1,1,0,0"  # the other one speaks
        assert await host.says("ATH\r", wait_s=1) == "OK|+CTCR: 1,1"
        ordered(bench, "ring", seconds=60, hook=True)
        assert kinds(await host.hears(1)) == ["+CTICN"]
        assert await host.says("ATH\r", wait_s=1) == "OK|+CTCR: 2,11"


@virtually
async def test_a_call_is_over_when_the_network_is_gone() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says(f"ATE0\rATD{GROUP}\r", wait_s=2)
        ordered(bench, "coverage", value=False)
        assert await host.hears(1) == "+CTCR: 1,0"
        assert await host.says(f"ATD{GROUP}\r") == "+CME ERROR: 30"
        bench.radio.reboot("power")
        await asyncio.sleep(1)
        assert bench.radio.call is None


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("ATD\r", "+CME ERROR: 33"),
        ("ATD+4500000001\r", "+CME ERROR: 33"),
        ("ATD238000103990100\r", "+CME ERROR: 33"),  # a TSI, and +CTSDC says SSI
        ("AT+CTSDC=0,1\rATD238000103990100\r", "OK|OK"),
        ("AT+CTSDC=0,4\rATD12345678\r", "OK|+CME ERROR: 4"),
        ("AT+CTSDC=0\r", "+CME ERROR: 35"),
        ("AT+CTSDC=9,0\r", "+CME ERROR: 34"),
        ("AT+CTSDC?\r", "+CTSDC: 0,0,0,1,1,0,1,1|OK"),
        ("AT+CTXD=1,1\r", "+CME ERROR: 3"),
        ("AT+CUTXC\r", "+CME ERROR: 35"),
        ("ATH\r", "OK"),
    ],
)
@virtually
async def test_what_cannot_be_called_is_refused(said: str, heard: str) -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\r")
        assert await host.says(said) == heard
