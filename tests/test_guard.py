"""Nothing reaches a real modem but what the list of its kind allows: the guard, and the benches behind it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bavn_pytest import EmulatedModem, emulate
from hypothesis import given
from hypothesis import strategies as st

from hardware.at.dce import Called, Dce
from hardware.codecs.sds import Ack, Report, Wanted, text_transfers
from hardware.codecs.tpdu import submits
from hardware.errors import HardwareError
from hardware.gsm_state import State
from hardware.memory import MemoryPort, memory_pair
from hardware.port import Port
from tests import gsm
from tests.benches import Bench, Hil, Kind, Kit, Real, run
from tests.conftest import REAL
from tests.guard import GuardedPort, Kept
from tests.kits import KITS
from tests.memory_bench import virtually
from tests.test_hardware import hardware_test

# What our drivers may say on their way to READY, by the modem's own reading of it.
HARMLESS = {"", "E", "&K", "&D", "*R", "^CURC", "-MSSTM", "+CGMI", "+CGMM", "+CGSN", "+CGMR", "+GMM", "+CMEE"}
HARMLESS |= {
    "+CMGF",
    "+CSMS",
    "+CREG",
    "+CEREG",
    "+CGREG",
    "+COPS",
    "+CSQ",
    "+CSQF",
    "+CMGL",
    "+CMGR",
    "+CFUN",
}
HARMLESS |= {"+CPIN", "+CPMS", "+CNMI", "+CSCA", "+CSCS", "+CTSP", "+CTOM", "+CIER", "+SBDMTA", "+SBDSX"}
HARMLESS |= {"+SBDD", "+SBDWB", "+SBDTC", "+SBDRB", "+SBDLOE", "+SBDD0", "+SBDD2"}
SET = {"+CFUN", "+CPIN", "+CSCA", "+CTOM", "+SBDLOE"}  # of which only the question is
LASTING = [
    *("AT+CMGS=35", "at+cmgs=2345678,16", "AT +CMGS=20", "AT+CMEE=1;+CMGS=20", "ATE0D112;", "ATD+4500000001;"),
    *("ATA", "ATH", "ATZ", "AT&F", "AT&W", "A/", 'AT+CPIN="1234"', 'AT+CSCA="+4500000001",145', "AT+CFUN=4"),
    *("AT+CFUN=1,1", "AT+CFUN=1", "AT+COPS=2", "AT+COPS=?", "AT+COPS=0", 'AT+CPBW=1,"112"', "AT+CMGD=1"),
    *("AT+CMSS=1", "AT+CMGW=3", 'AT+CUSD=1,"*100#"', "AT+SBDIX", "AT+SBDIXA", "AT+SBDI", "AT+SBDREG"),
    *("AT+SBDAREG=1", "AT*F", "AT*R0", "AT+SBDD1", "AT+CTOM=0", "AT+CTOM=1", "AT+CTSDS=13,0", "AT+CTGS=1,2"),
    *("AT+CMGF=0\nAT+CMGS=2", "AT+CSQATD112;", "ATAT+CMGS=2", "AT+CMGL=4 ", "AT+CMGF=0;", "ATE0E0", "hello"),
]  # fmt: skip
PIECES = [
    *LASTING,
    "AT",
    "AT+CSQ",
    "AT+SBDTC",
    "AT+SBDWB=2",
    ";",
    "+",
    " ",
    "\r",
    "\n",
    "\x1b",
    "\x1a",
    "\0",
    "D112;",
]


def guarded(name: str, *, to: str | None = None) -> tuple[GuardedPort, MemoryPort, Kept]:
    ours, theirs = memory_pair()
    kept = Kept()
    return GuardedPort(ours, KITS[name].rules, to=to, kept=kept), theirs, kept


@pytest.mark.parametrize("name", KITS)
@pytest.mark.parametrize("line", LASTING)
def test_nothing_that_lasts_gets_through_a_port_that_is_only_asked(name: str, line: str) -> None:
    port, theirs, kept = guarded(name)
    port.write(line.encode() + b"\r")
    assert (theirs._waiting, len(kept.stopped) + len(kept.spared)) == (b"", 1)
    port.write(b"AT+CSQ?\r" if name == "tetra" else b"AT+CSQ\r")
    assert bytes(theirs._waiting) in {b"AT+CSQ\r", b"AT+CSQ?\r"}


@given(
    name=st.sampled_from(sorted(KITS)),
    to=st.sampled_from([None, "1234567"]),
    writes=st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=6),
)
def test_however_it_is_written_a_modem_reads_nothing_but_questions(
    name: str, to: str | None, writes: list[str]
) -> None:
    port, theirs, _ = guarded(name, to=to if name == "tetra" else None)
    for octets in writes:
        port.write(octets.encode())
    modem, heard = Dce(), []
    events, _ = modem.receive(bytes(theirs._waiting))
    while events:
        heard += [event.command for event in events if isinstance(event, Called)]
        events, _ = modem.end()
    assert {command.name for command in heard} <= HARMLESS
    assert [command for command in heard if command.name in SET and command.form.value == "="] == []


async def test_what_is_kept_from_a_modem_is_answered_as_by_one_that_does_not_know_it() -> None:
    port, theirs, kept = guarded("gsm")
    reading = asyncio.create_task(port.read())
    await asyncio.sleep(0)
    port.write(b"AT+CFUN=4\r")
    assert (await reading, kept.spared) == (b"\r\nERROR\r\n", ["AT+CFUN=4"])
    port.write(b"AT+CSQ\r")
    theirs.write(b"\r\nOK\r\n")
    assert await port.read() == b"\r\nOK\r\n"
    reading = asyncio.create_task(port.read())
    await asyncio.sleep(0)
    await port.close()
    with pytest.raises(HardwareError):
        theirs.write(b"gone")
    reading.cancel()


@pytest.mark.parametrize(("number", "passes"), [("+4500000077", True), ("+4500000078", False)])
async def test_of_a_text_only_one_to_the_named_number_leaves(number: str, passes: bool) -> None:
    port, theirs, kept = guarded("gsm", to="+4500000077")
    (tpdu,) = submits("Prøve", number, reference=0)
    payload = b"00" + tpdu.hex().upper().encode() + b"\x1a"
    port.write(b"AT+CMGS=%d\r" % len(tpdu))
    theirs.write(b"\r\n> ")
    await port.read()
    port.write(payload)
    assert (payload in theirs._waiting, kept.stopped == []) == (passes, passes)
    port.write(b"AT+CMGS=%d\r" % len(tpdu))
    assert theirs._waiting.count(b"AT+CMGS") == 1


@pytest.mark.parametrize(
    ("to", "octets", "passes"),
    [
        ("2345678", text_transfers("x", 1, max_bits=668, wanted=Wanted.RECEIVED)[0].encode(), True),
        ("2345679", text_transfers("x", 1, max_bits=668, wanted=Wanted.RECEIVED)[0].encode(), False),
        ("2345678", Report(0x82, 1, 0).encode(), False),
        ("2345678", b"\x80\x02", False),
    ],
)
def test_of_short_data_only_one_text_to_the_named_radio_leaves(to: str, octets: bytes, passes: bool) -> None:
    port, theirs, kept = guarded("tetra", to="2345678")
    request = f"AT+CMGS={to},{8 * len(octets)}\r".encode()
    port.write(request + octets.hex().upper().encode() + b"\x1a")
    assert (request in theirs._waiting, len(kept.stopped)) == (passes, not passes)
    port.write(request + octets.hex().upper().encode() + b"\x1a")
    assert theirs._waiting.count(b"AT+CMGS") == int(passes)


def test_after_a_text_the_radio_is_asked_on_and_its_reports_are_acknowledged() -> None:
    """To that radio alone; a command is not taken for the data of the message before it."""
    port, theirs, kept = guarded("tetra", to="2345678")
    text = text_transfers("x", 1, max_bits=668, wanted=Wanted.RECEIVED)[0].encode()
    for to, octets in (
        ("2345678", text),
        ("2345678", Ack(0x82, 1).encode()),
        ("2345679", Ack(0x82, 1).encode()),
    ):
        port.write(b"AT+CTSDS=12,0\r")
        header = f"AT+CMGS={to},{8 * len(octets)}\r".encode()
        port.write(header + octets.hex().upper().encode() + b"\x1a")
    assert (theirs._waiting.count(b"AT+CTSDS"), theirs._waiting.count(b"AT+CMGS=2345678,")) == (3, 2)
    assert (b"2345679" in theirs._waiting, len(kept.stopped), kept.sent) == (False, 1, 1)


@virtually
async def test_a_modem_without_coverage_for_long_is_not_reset() -> None:
    async with gsm.Bench() as bench:
        kept = Kept()

        async def opener() -> Port:
            return GuardedPort(await bench.opener(), KITS["gsm"].rules, to="+4500000077", kept=kept)

        bench.modem.cover(False)
        async with KITS["gsm"].driver(Bench(opener)) as modem:
            await gsm.in_state(modem, State.SEARCHING)
            await asyncio.sleep(900)
            assert kept.stopped == []
        assert set(bench.commands("+CFUN")) == {"AT+CFUN?"}
        assert bench.modem.journal.of("reset") == []


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[EmulatedModem]:
    with emulate("gsm", tmp_path) as running:
        running.do("latency", seconds=0, report=0)
        yield running


async def wants_to_send(bench: Bench, kit: Kit) -> None:
    async with kit.driver(bench) as driver:
        await bench.until(lambda: kit.ready(driver), limit_s=20)
        with pytest.raises(HardwareError):
            await kit.send(driver, bench)


def test_a_test_that_only_asks_and_wants_more_fails_and_nothing_has_left(modem: EmulatedModem) -> None:
    kit = KITS["gsm"]
    with pytest.raises(pytest.fail.Exception, match=r"wanted more .*AT\+CMGS"):
        run(lambda b: wants_to_send(b, kit), kit, kind=Kind.HIL, folder=modem.folder, real=Real(modem.port))
    assert not [line for line in modem.journal() if line.get("name") == "+CMGS" or line["event"] == "sent"]


def test_an_address_is_for_the_tests_that_send_alone(modem: EmulatedModem) -> None:
    test = hardware_test(hil=Hil.ASKS)(wants_to_send)
    config: Any = SimpleNamespace(stash={REAL: {"gsm": Real(modem.port, to="+4500000001")}})
    with pytest.raises(pytest.fail.Exception, match=r"wanted more .*AT\+CMGS"):
        test("gsm", Kind.HIL, modem.folder, config)
    assert not [line for line in modem.journal() if line["event"] == "sent"]
