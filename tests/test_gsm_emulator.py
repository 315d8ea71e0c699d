"""The emulated GSM modem: its line, its settings, its storage, its network, and its orders."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from channels.sms_modem import SmsModemChannel, SmsModemConfig
from hardware.at.dte import Request
from hardware.chat import Chat
from hardware.codecs.semioctets import split_pdu
from hardware.codecs.tpdu import decode_received
from hardware.emulators import gsm as gsm_emulator
from hardware.emulators.gsm_calls import Callee
from hardware.emulators.running import Options
from hardware.errors import NoAnswer, Refused
from hardware.gsm import GsmModem
from hardware.gsm_state import State
from hardware.port import open_port
from hardware.timing import Timing
from tests.gsm import FACTOR, Bench, emulator, in_state, journal, until
from tests.outgoing import outgoing, words


@asynccontextmanager
async def chat(bench: Bench) -> AsyncIterator[Chat]:
    async with Chat(await bench.opener(), timing=Timing().scaled(FACTOR)) as dialogue:
        yield dialogue


async def told(dialogue: Chat, command: str) -> list[str]:
    lines = (await dialogue.command(Request(command, bare=True))).lines
    return [said for line in lines for said in (line.text, line.follow) if said is not None]


async def test_a_client_that_only_says_at_meets_the_faults_of_the_line() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        assert await told(dialogue, "AT") == []
        bench.modem.faults.arm("mute", {})
        with pytest.raises(NoAnswer):
            await dialogue.command("AT")
        assert [line["name"] for line in bench.modem.journal.of("fault")] == ["mute"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("AT+CREG=?", ["+CREG: (0-2)"]),
        ("AT+CREG=2;+CREG?", ['+CREG: 2,1,"1A2B","0012C4D5"']),
        ("AT+CGREG=2;+CGREG?", ['+CGREG: 2,1,"1A2B","0012C4D5"']),
        ("AT+CGATT=?;+CGATT?", ["+CGATT: (0,1)", "+CGATT: 1"]),
        ("AT+CGATT=0;+CGATT?;+CGREG?;+CREG?", ["+CGATT: 0", "+CGREG: 0,0", "+CREG: 0,1"]),
        ("AT+CSMS=?", ["+CSMS: (0,1)"]),
        ("AT+CNMI=?", ["+CNMI: (0,1,2),(0,1,2,3),(0,2),(0,1,2),(0,1)"]),
        ('AT+CSCS="UCS2";+CSCS?', ['+CSCS: "UCS2"']),
        ('AT+CPMS="ME","ME","ME"', ["+CPMS: 0,100,0,100,0,100"]),
        ("AT+CPMS?", ['+CPMS: "SM",0,30,"SM",0,30,"SM",0,30']),
        ("AT+CPIN?", ["+CPIN: READY"]),
        ("AT+CSQ", ["+CSQ: 20,99"]),
        ("AT+CGSN;+CGSN=0", ["490154203237518", "490154203237518"]),
        ("AT+CGSN=1;+CGSN=2", ['+CGSN: "490154203237518"', '+CGSN: "4901542032375101"']),
        ('AT+CGSN=3;+CSCS="UCS2";+CGSN=3', ['+CGSN: "01"', '+CGSN: "00300031"']),
        ("AT+CGSN=?", ["+CGSN: (0-3)"]),
        ("AT+CESQ;+CFUN=4;+CESQ", ["+CESQ: 99,99,255,255,18,40", "+CESQ: 99,99,255,255,255,255"]),
        ("AT+COPS?;+COPS=3,2;+COPS?", ['+COPS: 0,0,"Bavn net",7', '+COPS: 0,2,"23899",7']),
        ("AT+CFUN=4;+CREG?;+CFUN=1", ["+CREG: 0,0"]),
        ("ATE0V1;+CMEE=2;+CMEE?", ["+CMEE: 2"]),
        ('AT+CSCA="+4500000099",145;+CSCA?', ['+CSCA: "+4500000099",145']),
    ],
)
async def test_a_command_is_answered_as_other_programs_expect(command: str, answer: list[str]) -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        assert await told(dialogue, command) == answer


@pytest.mark.parametrize(
    ("before", "raw"),
    [("AT", "ERROR"), ("AT+CMEE=1", "+CMS ERROR: 321"), ("AT+CMEE=2", "+CMS ERROR: invalid memory index")],
)
async def test_errors_are_told_as_the_host_asked(before: str, raw: str) -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        await dialogue.command(before)
        with pytest.raises(Refused) as refused:
            await dialogue.command("AT+CMGR=7")
        assert refused.value.raw == raw


async def test_what_cannot_be_read_is_an_error() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        with pytest.raises(Refused):
            await dialogue.command("AT?")


async def test_a_chain_stops_at_its_first_error() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        with pytest.raises(Refused):
            await dialogue.command("AT+CMEE=1;+NOSUCH;+CREG=2")
        assert await told(dialogue, "AT+CREG?;+CMEE?") == ["+CREG: 0,1", "+CMEE: 1"]


async def test_text_mode_lists_and_reads_what_came() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        bench.modem.network.receive("+4500000002", "Er på vej")
        await dialogue.command('AT+CMGF=1;+CSCS="UCS2"')
        listed = await told(dialogue, 'AT+CMGL="ALL"')
        assert listed[0].startswith('+CMGL: 1,"REC UNREAD","002B0034')
        assert bytes.fromhex(listed[1]).decode("utf-16-be") == "Er på vej"


async def test_a_full_store_leaves_the_message_with_the_network() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        for number in range(31):
            bench.modem.network.receive("+4500000002", f"nr. {number}")
        assert (len(bench.modem.device.storage["SM"]), len(bench.modem.network.waiting)) == (30, 1)
        await dialogue.command("AT+CMGD=1")
        assert (len(bench.modem.device.storage["SM"]), len(bench.modem.network.waiting)) == (30, 0)


async def test_what_comes_without_coverage_comes_with_it() -> None:
    async with Bench() as bench, chat(bench):
        bench.modem.cover(False)
        bench.modem.network.receive("+4500000002", "JA")
        assert bench.modem.device.storage["SM"] == {}
        bench.modem.cover(True)
        await until(lambda: bench.modem.device.storage["SM"])


async def test_a_report_without_an_answer_switches_the_routing_off() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        await dialogue.command("AT+CSMS=1;+CNMI=2,2,0,1,0")
        bench.modem.network.receive("+4500000002", "JA")
        await until(lambda: bench.modem.device.settings.routing[1] == 0)
        assert len(bench.modem.device.storage["SM"]) == 1


async def test_what_was_left_unanswered_comes_again_when_the_routing_is_set() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        bench.modem.speed = 1  # the 15 s for +CNMA do not pass
        await dialogue.command("AT+CSMS=1;+CNMI=2,2,0,1,0")
        bench.modem.network.receive("+4500000002", "JA")
        first = await dialogue.unasked(timeout_s=1)
        await dialogue.command("AT+CNMI=2,2,0,1,0")
        assert await dialogue.unasked(timeout_s=1) == first


async def test_a_call_rings_until_it_is_hung_up() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        bench.modem.calls.ring(3)
        info = await dialogue.unasked(timeout_s=1)
        assert info is not None
        assert info.text == "RING"
        await dialogue.command("ATH")
        assert await dialogue.unasked(timeout_s=0.1) is None


@pytest.mark.parametrize(
    ("does", "code"), [("busy", "BUSY"), ("absent", "NO CARRIER"), ("rings", "NO ANSWER"), ("answers", None)]
)
async def test_a_call_ends_as_the_other_end_wants(does: str, code: str | None) -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        bench.modem.calls.callees["+4500000001"] = (Callee(does), 2)
        await dialogue.command("ATD+4500000001;")
        if code is not None:
            info = await dialogue.unasked(timeout_s=1)
            assert info is not None
            assert info.text == code
        else:
            await until(lambda: bench.modem.journal.of("call")[-1]["state"] == "answered")
            assert await told(dialogue, "AT+CLCC") == ['+CLCC: 1,0,0,0,0,"+4500000001",145']
            await dialogue.command("ATH")
        assert await told(dialogue, "AT+CLCC") == []


async def test_what_is_stored_can_be_read_after_a_restart() -> None:
    async with Bench() as bench, chat(bench) as dialogue:
        bench.modem.network.receive("+4500000002", "JA")
        bench.modem.reboot("test")
        await until(lambda: bench.modem.hears())
        await dialogue.command("ATE0")
        assert await told(dialogue, "AT+CPMS?") == ['+CPMS: "SM",1,30,"SM",1,30,"SM",1,30']
        head, pdu = await told(dialogue, "AT+CMGF=0;+CMGL=4")
        assert (head, decode_received(split_pdu(bytes.fromhex(pdu))[1]).content.text) == (
            "+CMGL: 1,0,,20",
            "JA",
        )  # type: ignore[union-attr]


async def test_the_link_goes_with_the_cable_and_comes_back_with_another_device(tmp_path: Path) -> None:
    link = tmp_path / "modem"
    async with emulator(tmp_path) as control:
        opener = lambda: open_port(str(link))  # noqa: E731
        async with GsmModem(opener, timing=Timing().scaled(FACTOR)) as modem:
            await in_state(modem, State.READY)
            await control.do("unplug")
            await in_state(modem, State.CLOSED)
            assert not link.is_symlink()
            await control.do("plug")
            await in_state(modem, State.READY)


async def test_the_channel_sends_and_hears_over_a_pty(tmp_path: Path) -> None:
    config = SmsModemConfig(bearer="sms-modem", port=str(tmp_path / "modem"), time_factor=0.1)
    async with emulator(tmp_path) as control, SmsModemChannel("sms-a", config) as channel:
        await control.do("latency", seconds=0, report=0)
        said = words(text="Mød på Æblevej kl. 10 € " * 8)
        receipt = await channel.submit(outgoing("sms:+4500000001", said))
        await control.do("receive", **{"from": "+4500000001", "text": "1 #K7"})
        async with asyncio.timeout(5):
            heard = [event async for event, _ in _take(channel, len(receipt.references) + 1)]
    assert len(receipt.references) == 2
    assert {type(event).__name__ for event in heard} == {"Report", "Inbound"}
    assert "Mød på Æblevej kl. 10 €" in "".join(line["text"] for line in journal(tmp_path, "sent"))


async def _take(channel: SmsModemChannel, count: int) -> AsyncIterator[tuple[Any, int]]:
    seen = 0
    async for event in channel.events():
        if type(event).__name__ in {"Report", "Inbound"}:
            await event.settle()
            seen += 1
            yield event, seen
        if seen == count:
            return


async def test_a_second_emulator_leaves_the_link_of_the_first_alone(tmp_path: Path) -> None:
    async with emulator(tmp_path):
        device = (tmp_path / "modem").readlink()
        with pytest.raises(FileExistsError):
            await gsm_emulator.emulate(Options(tmp_path / "modem"))
        assert (tmp_path / "modem").readlink() == device
