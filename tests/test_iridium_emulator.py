"""The emulated Iridium modem, octet by octet: its line, its buffers, its sessions, its memory and its orders."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hardware.emulators.iridium_commands import ticks
from hardware.emulators.iridium_device import Device, checksum
from hardware.emulators.iridium_modem import KNOWN_FAULTS, IridiumEmulator
from hardware.errors import PortLost
from hardware.iridium_session import checksum as driver_checksum
from hardware.memory import MemoryPort
from tests.gsm import emulator, journal
from tests.iridium import Bench
from tests.memory_bench import virtually

# Checked against the public clients of the modem: payload, and what follows READY.
VECTORS = {
    "A": ("41", "4100 41"),
    "hello": ("68656C6C6F", "68656C6C6F 0214"),
    "zeros": ("48656C6C6F2000FF20776F726C64", "48656C6C6F2000FF20776F726C64 055B"),
    "danish": ("52C3B864206772C3B864", "52C3B864206772C3B864 0509"),
    "longest": ("FF" * 340, "FF" * 340 + "52AC"),
}


class Typist:
    """Writes octets to the modem and returns what came back within so many seconds."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._port: MemoryPort | None = None

    async def __call__(self, octets: str | bytes, *, wait_s: float = 2) -> bytes:
        if self._port is None:
            opened = await self._bench.opener()
            assert isinstance(opened, MemoryPort)
            self._port = opened
        self._port.write(octets.encode() + b"\r" if isinstance(octets, str) else octets)
        await asyncio.sleep(wait_s)
        heard = b""
        try:
            async with asyncio.timeout(0.1):
                while True:
                    heard += await self._port.read()
        except (TimeoutError, PortLost):
            return heard


def lines(*texts: str) -> bytes:
    return b"".join(b"\r\n" + text.encode() + b"\r\n" for text in texts)


@pytest.mark.parametrize("name", VECTORS)
@virtually
async def test_binary_in_and_out_to_the_octet(name: str) -> None:
    payload, handed = (bytes.fromhex(text) for text in VECTORS[name])
    assert payload + driver_checksum(payload) == payload + checksum(payload) == handed
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("ATE0")
        assert await type_(f"AT+SBDWB={len(payload)}") == lines("READY")
        assert await type_(handed) == lines("0", "OK")
        bench.modem.network.latency_s = 10
        bench.modem.device.queue.append(payload[:270])
        assert await type_("AT+SBDIX", wait_s=11) == lines(
            f"+SBDIX: 0, 0, 1, 1, {len(payload[:270])}, 0", "OK"
        )
        received = payload[:270]
        block = len(received).to_bytes(2, "big") + received + checksum(received)
        assert await type_("AT+SBDRB") == block + lines("OK")
        assert bench.sent() == [payload]


@virtually
async def test_the_message_of_the_manual_and_the_empty_buffer() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        bench.modem.device.mt = b"Hej fra rummet"
        assert await type_("AT+SBDRB") == b"AT+SBDRB\r" + bytes.fromhex(
            "000E48656A206672612072756D6D6574052A"
        ) + lines("OK")
        assert (await type_("AT+SBDD1"))[9:] == lines("0", "OK")
        assert (await type_("AT+SBDRB"))[9:] == bytes(4) + lines("OK")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("AT+SBDWB=341", ["3", "OK"]),
        ("AT+SBDWB=0", ["3", "OK"]),
        ("AT+SBDWT=hej", ["OK"]),
        ("AT+SBDWT=" + "x" * 121, ["ERROR"]),
        ("AT+CSQ", ["+CSQ:4", "OK"]),
        ("AT+CSQF", ["+CSQF:4", "OK"]),
        ("AT+CREG?", ["+CREG:0,1", "OK"]),
        ("AT+SBDMTA?", ["+SBDMTA:1", "OK"]),
        ("AT+SBDS", ["+SBDS: 0, 0, 0, -1", "OK"]),
        ("AT+SBDSX", ["+SBDSX: 0, 0, 0, -1, 0, 0", "OK"]),
        ("AT+SBDREG?", ["+SBDREG:0", "OK"]),
        ("AT+CGSN", ["300234010753370", "OK"]),
        ("AT+CGMM", ["IRIDIUM 9600 Family SBD Transceiver", "OK"]),
        ("AT+CRIS", ["+CRIS:0,0", "OK"]),
        ("AT+CULK?", ["+CULK:0", "OK"]),
        ("AT+CMGS=1", ["ERROR"]),
        ("AT+GSN&F&K&D+SBDMTA=1;*R1", ["300234010753370", "OK"]),
        ("AT+SBDMTA=0;+SBDMTA?", ["+SBDMTA:0", "OK"]),
        ("AT&K0&D0&W0&Y0", ["OK"]),
        ("ATI3;I4;I5;I7", ["TA13001", "IRIDIUM", "8816", "9602", "OK"]),
        ("ATS0?", ["000", "OK"]),
        ("ATS3=14;S3?", ["014", "OK"]),
        ("ATS200?", ["ERROR"]),
        ("AT*R?", ["*R:001", "OK"]),
        ("AT+IPR?", ["+IPR:006", "OK"]),
        ("AT+IPR=9;+IPR?", ["+IPR:009", "OK"]),
        ("AT+SBDST=60;+SBDST?", ["+SBDST:60", "OK"]),
        ("AT+SBDGW", ["+SBDGW:non-EMSS", "OK"]),
        ("AT+SBDMTA=?", ["+SBDMTA:(0-1)", "OK"]),
        ("AT+SBDWB=?", ["OK"]),
        ("AT&W2", ["ERROR"]),
        ("ATE2", ["ERROR"]),
    ],
)
@virtually
async def test_a_command_is_answered_as_the_real_one_does(line: str, answer: list[str]) -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        assert await type_(line) == line.encode() + b"\r" + lines(*answer)


@virtually
async def test_a_wrong_sum_and_a_late_payload_are_refused_and_leave_nothing() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("ATE0")
        await type_("AT+SBDWB=1")
        assert await type_(b"A\x00\x42") == lines("2", "OK")
        await type_("AT+SBDWB=5")
        assert await type_(b"hell", wait_s=61) == lines("1", "OK")
        assert await type_("AT+SBDS") == lines("+SBDS: 0, 0, 0, -1", "OK")


@virtually
async def test_a_text_ends_with_its_carriage_return() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("ATE0")
        assert await type_("AT+SBDWT") == lines("READY")
        assert await type_("hej; AT+SBDIX") == lines("0", "OK")
        await type_("AT+SBDTC")
        assert await type_("AT+SBDRT") == b"\r\n+SBDRT:\r\nhej; AT+SBDIX\r\n" + lines("OK")


@virtually
async def test_what_was_sent_is_sent_again_until_it_is_cleared() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("AT+SBDWT=en gang")
        for _ in range(2):
            await type_("AT+SBDIX", wait_s=61)
        await type_("AT+SBDD0")
        await type_("AT+SBDIX", wait_s=61)
        assert bench.sent() == [b"en gang", b"en gang"]
        assert bench.sessions() == [0, 0, 0]
        assert b"+SBDSX: 0, 2," in await type_("AT+SBDSX")


@virtually
async def test_without_coverage_a_session_ends_with_32_and_then_registers_once_in_three_minutes() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("AT+SBDWT=x")
        bench.modem.cover(False)
        assert b"+SBDIX: 32, 0, 2, 0, 0, 0" in await type_("AT+SBDIX", wait_s=61)
        bench.modem.cover(True)
        assert b"+SBDIX: 0, 0, 0" in await type_("AT+SBDIX", wait_s=61)
        bench.modem.cover(False)
        bench.modem.cover(True)
        assert b"+SBDIX: 36, 1, 0" in await type_("AT+SBDIX", wait_s=61)
        await asyncio.sleep(180)
        assert b"+SBDIX: 0, 1, 0" in await type_("AT+SBDIX", wait_s=61)


@virtually
async def test_signal_and_service_are_told_after_ok_and_when_they_change() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("ATE0")
        assert await type_("AT+CIER=1,1,1") == lines("OK", "+CIEV:0,4", "+CIEV:1,1")
        bench.modem.cover(False)
        assert await type_(b"") == lines("+CIEV:0,0", "+CIEV:1,0")


@virtually
async def test_a_session_takes_its_time_and_rings_come_meanwhile() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("ATE0")
        bench.modem.network.latency_s = 15
        bench.modem.queue(b"svar")
        assert await type_("AT+SBDIXA", wait_s=14) == lines("SBDRING")
        assert await type_(b"", wait_s=2) == lines("+SBDIX: 0, 0, 1, 1, 4, 0", "OK")


def test_the_numbers_and_the_queue_outlive_the_process(tmp_path: Path) -> None:
    first = Device(file=tmp_path / "kept")
    first.queue.extend([b"en", b"to"])
    first.sent()
    first.take()
    second = Device(file=tmp_path / "kept")
    second.load()
    assert (second.numbers.momsn, second.numbers.mtmsn, list(second.queue)) == (1, 1, [b"to"])
    (tmp_path / "kept").write_text("[]")
    with pytest.raises(ValueError, match="no serial numbers"):
        second.load()


@virtually
async def test_a_restart_loses_the_buffers_and_keeps_the_numbers() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("AT+SBDWT=x")
        await type_("AT+SBDIX", wait_s=61)
        bench.modem.reboot("power")
        await asyncio.sleep(5)
        assert b"+SBDSX: 0, 1, 0, -1, 0, 0" in await type_("AT+SBDSX")


def test_numbers_wrap() -> None:
    device = Device()
    device.numbers.momsn = 65_535
    device.sent()
    assert device.numbers.momsn == 0


async def test_orders_do_what_the_world_does(tmp_path: Path) -> None:
    async with emulator(tmp_path, modem="iridium") as control:
        assert set((await control.do("faults"))["faults"]) == KNOWN_FAULTS
        assert await control.do("queue", hex="48656A") == {"ok": True, "waiting": 1}
        for do, fields in (("coverage", {"value": True}), ("ring", {}), ("latency", {"seconds": 1})):
            assert await control.do(do, **fields) == {"ok": True}
        for do, fields in (
            *(("queue", {"hex": "4"}), ("queue", {"hex": ""}), ("queue", {"hex": "00" * 271})),
            *(("status", {"value": 3}), ("signal", {"value": 6}), ("fault", {"name": "late-cmgs"})),
        ):
            answer = await control.do(do, **fields)
            assert (answer["ok"], bool(answer["error"])) == (False, True)
    assert journal(tmp_path, "received")[0]["raw"] == "48656A"
    assert (tmp_path / "journal.sbd").exists()


def test_an_unknown_fault_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match=r"sim-busy.*busy-515, damaged, deaf, mo-kept, mute"):
        IridiumEmulator().faults.arm("sim-busy", {})


@virtually
async def test_a_modem_that_is_told_to_registers_by_itself() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("ATE0")
        assert await type_("AT+SBDAREG=1", wait_s=6) == lines("OK")
        assert await type_("AT+SBDREG?") == lines("+SBDREG:2", "OK")
        bench.modem.cover(False)
        bench.modem.cover(True)
        await asyncio.sleep(100)
        assert await type_("AT+SBDREG?") == lines("+SBDREG:0", "OK")
        await asyncio.sleep(200)
        assert await type_("AT+SBDREG?") == lines("+SBDREG:2", "OK")


@virtually
async def test_a_stored_profile_is_what_the_next_start_begins_with() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("ATE0Q0&K0S3=13")
        await type_("AT&W1")
        await type_("AT&Y1")
        bench.modem.reboot("power")
        await asyncio.sleep(5)
        assert await type_("ATS3?") == lines("013", "OK")
        assert (await type_("ATZ0")).endswith(lines("OK"))
        assert await type_("AT") == b"AT\r" + lines("OK")
        shown = await type_("AT&V")
        assert b"STORED PROFILE 1:\r\n\r\nE0 Q0 V1 &D2 &K0\r\n" in shown
        assert b"039 003 03H" in await type_("AT%R")


@virtually
async def test_a_quiet_modem_gives_no_result_codes() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        await type_("ATE0")
        assert await type_("ATQ1") == b""
        assert await type_("AT+CSQF") == lines("+CSQF:4")
        assert await type_("ATQ0") == lines("OK")


def test_profiles_and_the_identity_outlive_the_process(tmp_path: Path) -> None:
    first = Device(file=tmp_path / "kept", imei="300234099999990")
    first.profiles[0].echo = 0
    first.keep()
    second = Device(file=tmp_path / "kept")
    second.load()
    assert (second.imei, second.profile.echo, second.profiles[1].echo) == ("300234099999990", 0, 1)
    (tmp_path / "kept").write_text('{"momsn": 3, "mtmsn": 4, "queue": []}')  # of an earlier version
    third = Device(file=tmp_path / "kept")
    third.load()
    assert (third.numbers.momsn, third.profile.echo) == (3, 1)


async def test_a_modem_that_is_replaced_counts_from_the_start(tmp_path: Path) -> None:
    async with emulator(tmp_path, modem="iridium") as control:
        await control.do("queue", hex="31")
        assert await control.do("replace") == {"ok": True, "imei": "300234010753371"}
        assert await control.do("queue", hex="31") == {"ok": True, "waiting": 1}
        assert (await control.do("replace", imei="3002340107533"))["ok"] is False
    kept = Device(file=tmp_path / "journal.sbd")
    kept.load()
    assert (kept.imei, kept.numbers.mtmsn, list(kept.queue)) == ("300234010753371", 0, [b"1"])


def test_the_system_time_has_32_bits_and_comes_round() -> None:
    end = datetime(2014, 5, 11, 14, 23, 55, tzinfo=UTC) + timedelta(milliseconds=90 * 2**32)
    assert f"{end:%Y-%m}" == "2026-08"
    assert [ticks(end - timedelta(seconds=1)), ticks(end + timedelta(seconds=9))] == [2**32 - 12, 100]


@virtually
async def test_the_system_time_is_eight_digits() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        assert re.search(rb"-MSSTM: [0-9a-f]{8}\r", await type_("AT-MSSTM"))
        assert re.search(rb"-MSGEO: 3512,600,5288,[0-9a-f]{8}\r", await type_("AT-MSGEO"))


@virtually
async def test_the_old_session_has_statuses_of_its_own_and_answers_no_ring() -> None:
    async with Bench() as bench:
        type_ = Typist(bench)
        bench.modem.queue(b"svar")
        await asyncio.sleep(3)
        assert b"+SBDI: 0, 0, 1, 1, 4, 0" in await type_("AT+SBDI", wait_s=61)
        assert b", 1, 0\r\n" in await type_("AT+SBDSX")  # the ring is still open
        await type_("AT+SBDWT=x")
        assert b"+SBDI: 1, 0, 0, 0, 0, 0" in await type_("AT+SBDI", wait_s=61)
        bench.modem.cover(False)
        assert b"+SBDI: 2, 1, 2, 0, 0, 0" in await type_("AT+SBDI", wait_s=61)
        assert not bench.modem.network.registered
