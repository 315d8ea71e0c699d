"""How the emulated GSM modem is set up: V.250's own commands, tests of commands, the network and the clock."""

import re
from datetime import UTC, datetime

import pytest

from hardware.emulators.gsm_handlers import HANDLERS
from tests.gsm import Bench, until
from tests.gsm_host import Host, host

CHANGED = 'AT+CMEE=1;+CMGF=1;+CNMI=2,1,0,1,0;+CSCS="UCS2";+CSDH=1;+CSMP=49,11,0,8;+CLIP=1;S0=3;S5=35'
ASKED = "AT+CMEE?;+CMGF?;+CNMI?;+CSCS?;+CSDH?;+CSMP?;+CLIP?;S0?;S5?"
FRESH = [
    *(b"+CMEE: 0", b"+CMGF: 0", b"+CNMI: 0,0,0,0,0", b'+CSCS: "IRA"', b"+CSDH: 0"),
    *(b"+CSMP: 17,167,0,0", b"+CLIP: 0,1", b"000", b"008", b"OK"),
]


async def test_the_line_that_terminal_programs_begin_with_is_taken() -> None:
    async with host() as there:
        assert await there.ask("ATQ0V1E0S0=0&C1&D2+FCLASS=0") == [b"OK"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("ATS3?", [b"013", b"OK"]),
        ("ATS3=13S4=10S5=8", [b"OK"]),
        ("ATS0=3S0?", [b"003", b"OK"]),
        ("ATS3=65", [b"ERROR"]),
        ("ATS7=0", [b"ERROR"]),
        ("ATS99?", [b"ERROR"]),
        ("ATE2", [b"ERROR"]),
        ("AT+FCLASS=1", [b"+CME ERROR: 50"]),
        ("AT+FCLASS?", [b"0", b"OK"]),
        ("AT+CRC=1;+CRC?", [b"+CRC: 1", b"OK"]),
        ("AT+CLIP=7", [b"+CME ERROR: 50"]),
        ("AT+CGSN=4", [b"+CME ERROR: 50"]),
        ("AT+CGSN=1,1", [b"+CME ERROR: 50"]),
        ("AT+GSN=1", [b"ERROR"]),
    ],
)
async def test_a_parameter_is_kept_or_refused(line: str, answer: list[bytes]) -> None:
    async with host() as there:
        assert await there.ask(line) == answer


@pytest.mark.parametrize("command", ["AT&F", "ATZ"])
async def test_a_reset_takes_all_settings_back(command: str) -> None:
    async with host() as there:
        await there.ask(CHANGED)
        assert await there.ask(ASKED) != FRESH
        await there.ask(f"{command}E0")
        assert await there.ask(ASKED) == FRESH


async def test_what_was_written_comes_back_with_z_and_after_a_restart_and_not_with_f() -> None:
    async with host() as there:
        await there.ask(CHANGED)
        kept = await there.ask(ASKED)
        await there.ask("AT&W")
        await there.ask("AT&FE0")
        assert await there.ask(ASKED) == FRESH
        assert await there.ask("ATZ") == [b"OK"]
        assert await there.ask(ASKED) == kept
        there.modem.reboot("test")
        await until(there.modem.hears)
        await there.until(b"SMS DONE\r\n")
        assert await there.ask(ASKED) == kept


async def test_a_reset_leaves_the_radio_and_the_storages_alone() -> None:
    async with host() as there:
        await there.ask('AT+CPMS="ME","ME","ME";+CFUN=4')
        assert await there.ask("AT&FE0+CFUN?;+CPMS?") == [
            b"+CFUN: 4",
            b'+CPMS: "ME",0,100,"ME",0,100,"ME",0,100',
            b"OK",
        ]


async def test_numbers_and_silence_are_for_programs() -> None:
    async with host() as there:
        there.port.write(b"ATV0\r")
        assert await there.until(b"0\r") == b"0\r"
        there.port.write(b"AT+NOSUCH\r")
        assert await there.until(b"4\r") == b"4\r"
        there.port.write(b"AT+CSQ\r")
        assert await there.until(b"0\r\n0\r", b"99\r\n0\r") == b"+CSQ: 20,99\r\n0\r"
        there.port.write(b"ATQ1\rAT+CSQ\rATQ0V1\r")
        assert await there.until(b"OK\r\n") == b"+CSQ: 20,99\r\n\r\nOK\r\n"


async def test_a_slash_repeats_the_command_before() -> None:
    async with host() as there:
        await there.ask("AT+CSQ")
        there.port.write(b"A/")
        assert await there.told(lines=2) == [b"+CSQ: 20,99", b"OK"]
        assert await there.ask("AT+CMGF?") == [b"+CMGF: 0", b"OK"]


@pytest.mark.parametrize("name", sorted(name for name in HANDLERS if name.startswith("+")))
async def test_a_test_is_ok_and_asks_for_nothing(name: str) -> None:
    async with host() as there:
        lines = await there.ask(f"AT{name}=?")
        assert lines[-1] == b"OK"
        assert len(lines) <= 2
        assert await there.ask("AT") == [b"OK"]


@pytest.mark.parametrize(
    "name", ["+CMGS", "+CMGW", "+CMSS", "+CMGR", "+CMGD", "+CNMA", "+CSQ", "+CGMI", "+CESQ"]
)
async def test_what_only_does_something_cannot_be_read(name: str) -> None:
    async with host() as there:
        assert await there.ask(f"AT{name}?") == [b"ERROR"]


@pytest.mark.parametrize(
    ("mode", "told"), [("0", b"(0-4)"), ("1", b'("REC UNREAD","REC READ","STO UNSENT",')]
)
async def test_the_list_of_messages_has_words_in_text_mode_alone(mode: str, told: bytes) -> None:
    async with host() as there:
        assert (await there.ask(f"AT+CMGF={mode};+CMGL=?"))[0].startswith(b"+CMGL: " + told)


@pytest.mark.parametrize(
    ("line", "routing"),
    [
        ("AT+CNMI=2,1,,1", b"2,1,0,1,1"),
        ("AT+CNMI=,2", b"1,2,0,2,1"),
        ("AT+CNMI=2", b"2,1,0,2,1"),
        ("AT+CNMI", b"0,0,0,0,0"),
    ],
)
async def test_a_routing_that_is_left_out_stays(line: str, routing: bytes) -> None:
    async with host() as there:
        await there.ask("AT+CNMI=1,1,0,2,1")
        assert await there.ask(line) == [b"OK"]
        assert await there.ask("AT+CNMI?") == [b"+CNMI: " + routing, b"OK"]


@pytest.mark.parametrize("line", ["AT+CNMI=x", "AT+CNMI=2,9", "AT+CNMI=2,1,0,1,0,0"])
async def test_a_routing_that_there_is_not_is_refused(line: str) -> None:
    async with host() as there:
        assert await there.ask(line) == [b"+CMS ERROR: 302"]


async def test_a_restart_by_command_is_answered_first() -> None:
    async with host() as there:
        assert await there.ask("AT+CFUN=1,1") == [b"OK"]
        assert await there.told() == [b"RDY"]


async def test_a_host_that_leaves_the_network_is_out_of_it() -> None:
    async with host() as there:
        assert await there.ask("AT+COPS=2") == [b"OK"]
        assert await there.ask("AT+COPS?;+CREG?;+CSQ") == [b"+COPS: 2", b"+CREG: 0,0", b"+CSQ: 99,99", b"OK"]
        assert await there.ask("AT+COPS=0") == [b"OK"]
        await until(there.modem.hears)
        assert await there.ask("AT+COPS?;+CREG?") == [b'+COPS: 0,0,"Bavn net",7', b"+CREG: 0,1", b"OK"]


@pytest.mark.parametrize(
    ("line", "final", "status"),
    [
        ('AT+COPS=1,2,"23801"', b"+CME ERROR: 30", b"+CREG: 0,2"),
        ('AT+COPS=1,2,"23899"', b"OK", b"+CREG: 0,1"),
        ('AT+COPS=1,0,"Bavn net"', b"OK", b"+CREG: 0,1"),
        ('AT+COPS=4,2,"23801"', b"OK", b"+CREG: 0,1"),
        ("AT+COPS=7", b"+CME ERROR: 50", b"+CREG: 0,1"),
    ],
)
async def test_a_host_may_choose_a_network_that_there_is(line: str, final: bytes, status: bytes) -> None:
    async with host() as there:
        assert await there.ask(line) == [final]
        assert await there.ask("AT+CREG?") == [status, b"OK"]


async def test_a_code_that_the_network_does_not_know_is_answered() -> None:
    async with host() as there:
        there.modem.network.ussd["*101#"] = "Saldo: 10 kr. på kort"
        there.modem.network.ussd["*102#"] = "Ή"
        for code, said in (
            ("*100#", b"+CUSD: 4"),
            ("*101#", b'+CUSD: 0,"Saldo: 10 kr. p\x0f kort",15'),
            ("*102#", b'+CUSD: 0,"0389",72'),
        ):
            assert await there.ask(f'AT+CSCS="GSM";+CUSD=1,"{code}",15') == [b"OK"]
            assert await there.told() == [said]
        assert await there.ask("AT+CUSD?") == [b"+CUSD: 1", b"OK"]


async def test_the_clock_is_the_networks_until_a_host_sets_it() -> None:
    async with host() as there:
        there.modem.network.now = lambda: datetime(2026, 11, 23, 14, 20, 30, tzinfo=UTC)
        assert await there.ask("AT+CCLK?") == [b'+CCLK: "26/11/23,14:20:30+00"', b"OK"]
        assert await there.ask('AT+CCLK="27/01/01,00:00:00+00";+CCLK?') == [
            b'+CCLK: "27/01/01,00:00:00+00"',
            b"OK",
        ]
        assert await there.ask('AT+CCLK="yesterday"') == [b"+CME ERROR: 50"]


async def test_the_clock_goes() -> None:
    async with host() as there:
        (line, _) = await there.ask("AT+CCLK?")
        stamp = re.fullmatch(rb'\+CCLK: "(.*)\+04"', line)
        assert stamp
        shown = datetime.strptime(stamp[1].decode() + "+0100", "%y/%m/%d,%H:%M:%S%z")
        assert abs((shown - datetime.now(UTC)).total_seconds()) < 5


async def test_the_signal_is_what_the_world_makes_it() -> None:
    async with host() as there:
        there.modem.network.rssi = 3
        assert await there.ask("AT+CSQ") == [b"+CSQ: 3,99", b"OK"]
        there.modem.cover(False)
        assert await there.ask("AT+CSQ") == [b"+CSQ: 99,99", b"OK"]


async def test_a_person_sees_what_is_typed() -> None:
    async with Bench() as bench:
        there = Host(await bench.opener(), bench)
        there.port.write(b"AT")
        assert await there.until(b"AT") == b"AT"
        there.port.write(b"I\x08+CMGF=1\r")
        assert await there.until(b"OK\r\n") == b"I\b \b+CMGF=1\r\r\nOK\r\n"


async def test_a_late_reference_may_come_while_others_are_answered() -> None:
    async with host() as there:
        there.modem.faults.arm("late-cmgs", {"seconds": 5, "lively": True})
        there.port.write(b"AT+CMGF=1\r")
        await there.until(b"OK\r\n")
        there.port.write(b'AT+CMGS="+4500000001"\r')
        await there.until(b"> ")
        there.port.write(b"Hej\x1a")
        await until(there.bench.sent)
        assert await there.ask("AT+CSQ") == [b"+CSQ: 20,99", b"OK"]
        assert await there.told(lines=2) == [b"+CMGS: 0", b"OK"]
