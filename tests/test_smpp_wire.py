"""Our octets before strangers: tshark's dissector, aiosmpplib's codec and smspdudecoder's alphabet."""

import asyncio
import json
import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmpplib.protocol import SmppMessage, SubmitSm  # type: ignore[import-untyped]
from smspdudecoder.codecs import GSM  # type: ignore[import-untyped]

from channels.base import Inbound, Report, State
from channels.smpp_config import SmppConfig
from channels.smpp_submit import submits, validity_period
from channels.smpp_text import parts_of
from hardware.codecs import gsm7
from messages.precedence import Precedence
from tests.fault_proxy import CLIENT, SERVER
from tests.outgoing import outgoing, words
from tests.peers import require
from tests.smsc import LONG, Smsc, smpp_table, told, turns

TO = "sms:+4500000001"
EMOJI = words(headline="Skær 🚑", text="Mød nu.", sender_name="")
LONG_EMOJI = words(headline="Møde 🚑", text="Gå til stedet. " * 5, sender_name="")
WAYS = ("udh8", "udh16", "sar")
BIND, SUBMIT, UNBIND, ENQUIRE, DELIVER_RESP = 0x09, 0x04, 0x06, 0x15, 0x8000_0005

Fields = dict[str, str]


async def one_session(smsc: Smsc, way: str) -> None:
    """Everything that a session ever says."""
    async with smsc.channel(concatenation=way) as channel:
        await turns(channel, State.UP)
        for said, precedence in (
            (LONG, Precedence.FLASH),
            (EMOJI, Precedence.ROUTINE),
            (LONG_EMOJI, Precedence.FLASH),
        ):
            await channel.submit(outgoing(TO, said, precedence=precedence))
        await channel.probe()
        smsc.report(smsc.taken[-1])
        await (await told(channel, Report)).settle()
        smsc.bring("JA")
        await (await told(channel, Inbound)).settle()
        while smsc.kept:
            await asyncio.sleep(0.001)


def hex_dump(octets: bytes, direction: str) -> Iterator[str]:
    """What text2pcap reads, a packet a PDU."""
    while octets:
        (length,) = struct.unpack_from(">I", octets)
        yield f"{direction} 000000 {octets[:length].hex(' ')}\n"
        octets = octets[length:]


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, bytes]]:
    """Per way of concatenation what our side said, and what the other."""

    async def run() -> dict[str, tuple[bytes, bytes]]:
        async with Smsc() as smsc:
            for way in WAYS:
                await one_session(smsc, way)
            ours, theirs = smsc.proxy.passed(CLIENT), smsc.proxy.passed(SERVER)
        return {way: both for way, *both in zip(WAYS, ours, theirs, strict=True)}  # type: ignore[misc]

    return asyncio.run(run())


def dissected(folder: Path, octets: bytes) -> list[Fields]:
    """What tshark reads in our side of a session, a PDU each: names and values of its fields, however nested."""
    dump, capture = str(folder / "dump.txt"), str(folder / "capture.pcap")
    Path(dump).write_text("".join(hex_dump(octets, "O")))
    convert: list[str | Path] = [require("text2pcap"), "-q", "-D", "-T", "2775,50000", dump, capture]
    subprocess.run(convert, check=True)
    options = ("-d", "tcp.port==2775,smpp", "-T", "json", "--no-duplicate-keys")
    command: list[str | Path] = [require("tshark"), "-r", capture, *options]
    read = subprocess.run(command, check=True, capture_output=True, timeout=30)
    return [dict(flat(packet["_source"]["layers"])) for packet in json.loads(read.stdout)]


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner, name)
    else:
        yield name, value


@pytest.fixture(scope="module", params=WAYS)
def read_by_tshark(
    request: pytest.FixtureRequest,
    sessions: dict[str, tuple[bytes, bytes]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, list[Fields]]:
    return request.param, dissected(tmp_path_factory.mktemp(request.param), sessions[request.param][0])


def commands(packets: list[Fields]) -> list[int]:
    return [int(packet["smpp.command_id"], 16) for packet in packets]


@pytest.mark.tshark
def test_tshark_finds_nothing_malformed(read_by_tshark: tuple[str, list[Fields]]) -> None:
    way, packets = read_by_tshark
    assert [name for packet in packets for name in packet if "malformed" in name or "expert" in name] == []
    assert commands(packets) == [BIND, *[SUBMIT] * 5, ENQUIRE, *[DELIVER_RESP] * 2, UNBIND], way


@pytest.mark.tshark
def test_tshark_reads_the_fields_that_we_meant(read_by_tshark: tuple[str, list[Fields]]) -> None:
    _, packets = read_by_tshark
    bind, first, _, routine, *_ = packets
    assert (bind["smpp.system_id"], bind["smpp.interface_version"]) == ("bavn", "52")
    assert (first["smpp.source_addr"], first["smpp.source_addr_ton"]) == ("4500000099", "0x01")
    assert (first["smpp.destination_addr"], first["smpp.dest_addr_npi"]) == ("4500000001", "0x01")
    assert (first["smpp.priority_flag"], routine["smpp.priority_flag"]) == ("0x03", "0x00")
    assert (first["smpp.data_coding"], routine["smpp.data_coding"]) == ("0x00", "0x08")
    assert float(first["smpp.validity_period_r"]) == 3600
    assert first["smpp.regdel.receipt"] == "0x01"
    assert "smpp.user_message_reference" in first


@pytest.mark.tshark
def test_tshark_reads_which_part_it_is_in_one_way_and_never_in_two(
    read_by_tshark: tuple[str, list[Fields]],
) -> None:
    way, packets = read_by_tshark
    first, second, alone = packets[1:4]
    header, sar = "smpp.esm.submit.features", "smpp.sar_total_segments"
    assert [packet[header] for packet in (first, second, alone)] == [
        "0x00" if way == "sar" else "0x01"
    ] * 2 + ["0x00"]
    assert [sar in packet for packet in (first, second, alone)] == [way == "sar"] * 2 + [False]
    if way == "sar":
        assert [packet["smpp.sar_segment_seqnum"] for packet in (first, second)] == ["1", "2"]
    else:
        starts = {"udh8": ("05:00:03", "02:01", "02:02"), "udh16": ("06:08:04", "02:01", "02:02")}[way]
        begins = [packet["smpp.message"][: 20 if way == "udh16" else 17] for packet in (first, second)]
        assert all(begin.startswith(starts[0]) for begin in begins)
        assert [begin[-5:] for begin in begins] == list(starts[1:])


def pdus(octets: bytes) -> Iterator[bytes]:
    while octets:
        (length,) = struct.unpack_from(">I", octets)
        yield octets[:length]
        octets = octets[length:]


@pytest.mark.parametrize("way", WAYS)
def test_another_library_reads_our_messages(sessions: dict[str, tuple[bytes, bytes]], way: str) -> None:
    ours = [each for each in pdus(sessions[way][0]) if each[4:8] == b"\0\0\0\4"]
    read = [SubmitSm.from_pdu(each, SmppMessage.parse_header(each), "gsm0338", {}) for each in ours]
    assert all(isinstance(each, SubmitSm) for each in read)
    assert [each.destination.number for each in read] == ["4500000001"] * 5
    assert [each.validity_period for each in read] == [timedelta(hours=1)] * 5
    assert "Gå til samlingsstedet" in read[0].short_message
    assert read[2].short_message.startswith("Skær 🚑. Mød nu.")
    if way != "udh16":  # of a 16-bit reference it takes four octets
        assert [each.get_segmentation_data()[1:] for each in read[:2]] == [(1, 2), (2, 2)]


@pytest.mark.parametrize("text", ["Rødgrød med fløde", "€[]{}\\^~|", "Gå hjem. " * 40, "æøå" * 60])
def test_another_decoder_reads_the_septets_of_each_part(text: str) -> None:
    parts = parts_of(text, reference=7, way="udh8")
    said = ""
    for part in parts:
        septets = part.octets[6:] if part.esm_class else part.octets
        said += GSM.decode(gsm7.pack(septets).hex()).rstrip("\0")[: len(gsm7.decode(septets))]
    assert said == text


@pytest.mark.parametrize(
    ("validity", "form", "text"),
    [
        (timedelta(hours=1), "relative", "000000010000000R"),
        (timedelta(days=7), "relative", "000007000000000R"),
        (timedelta(days=2, hours=3, minutes=4, seconds=5.9), "relative", "000002030405000R"),
        (timedelta(milliseconds=1), "relative", "000000000001000R"),
        (timedelta(hours=1), "absolute", "261123093000000+"),
        (timedelta(hours=1), "none", ""),
    ],
)
def test_a_validity_never_outlives_what_was_asked(validity: timedelta, form: str, text: str) -> None:
    now = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    said = validity_period(validity, form=form, now=now)
    assert said == text
    if form == "relative":
        assert SubmitSm.smpp_time_to_datetime(said) == timedelta(
            seconds=max(1, int(validity.total_seconds()))
        )


@pytest.mark.parametrize(
    ("sender", "ton", "npi", "address"),
    [("+4500000099", 1, 1, "4500000099"), ("Kommunen", 5, 0, "Kommunen"), ("1212", 3, 0, "1212")],
)
def test_the_kind_of_a_sender_is_seen_from_its_look(sender: str, ton: int, npi: int, address: str) -> None:
    config = SmppConfig.model_validate(smpp_table(2775, sender=sender))
    (only,) = submits(outgoing(TO, EMOJI), config, reference=1, now=datetime.now(UTC))
    assert (only.source.ton, only.source.npi, only.source.address) == (ton, npi, address)
    assert config.can_be_answered is (ton != 5)
