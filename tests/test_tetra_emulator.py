"""The emulated TETRA radio, as software that nobody here wrote would meet it: octets in, octets out."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import serial

from hardware.codecs.sds_status import Status
from hardware.emulators.control import answer
from hardware.emulators.tetra_control import verbs
from hardware.emulators.tetra_network import STATUS, Incoming
from tests.memory_bench import virtually
from tests.tetra import GROUP, PEER, Bench

TEXT = "8206C90152F864206772F864"


class Host:
    """Writes lines and reads what comes back, without a thought."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    async def __aenter__(self) -> "Host":
        self.port = await self.bench.opener()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.port.close()

    async def says(self, octets: str, *, wait_s: float = 0.2) -> str:
        """What comes back in so many seconds, the lines between bars."""
        self.port.write(octets.encode("latin-1"))
        return await self.hears(wait_s)

    async def hears(self, wait_s: float) -> str:
        heard, until = b"", asyncio.get_running_loop().time() + wait_s
        while (rest := until - asyncio.get_running_loop().time()) > 0:
            try:
                heard += await asyncio.wait_for(self.port.read(), rest)
            except TimeoutError:
                break
        return (
            "|".join(heard.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n"))
            .replace("||", "|")
            .strip("|")
        )


def ordered(bench: Bench, do: str, **fields: Any) -> dict[str, Any]:
    """What the control socket answers."""
    order = {"do": do, **{name.removesuffix("_"): value for name, value in fields.items()}}
    return answer(json.dumps(order).encode(), verbs(bench.radio, plug=bench.plug, unplug=bench.pull))


@virtually
async def test_the_known_dialogue_of_a_report_is_held() -> None:
    async with Bench() as bench, Host(bench) as host:
        assert await host.says("ATE0\r\n") == "ATE0|OK"
        for command in ("AT", "AT+CSCS=8859-1", "AT+CTSDS=12,0,0,0,1", "AT+CTSP=1,3,130"):
            assert await host.says(f"{command}\r\n") == "OK"
        assert await host.says("AT+CMGS=?\r\n") == "+CMGS: (0-16777215),(1-1232)|OK"
        assert await host.says(f"AT+CMGS={PEER},96\r\n{TEXT}\x1a") == "+CMGS: 0|OK"
        assert await host.hears(1) == "+CMGS: 0,4,201"
        assert await host.hears(2) == "+CTSDSR: 12,2345678,0,1234567,0,32|821000C9"
        assert bench.sent()[0]["text"] == "Rød grød"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (f"AT+CMGS={PEER},96\r{TEXT}\x1a", "+CMGS: 0|OK"),
        (f"AT+CMGS={PEER},96\r\n{TEXT}\r\n\x1a", "+CMGS: 0|OK"),
        (f"AT+CMGS={PEER},96\r{TEXT.lower()}\x1a", "+CMGS: 0|OK"),
        (f"AT+CMGS={PEER},84\r0A112853A9FF4D4FFFE81\x1a", "+CMGS: 0|OK"),  # 21 digits
        (f"AT+CMGS={PEER},96\r{TEXT[:-2]}\x1a", "+CME ERROR: 32"),
        (f"AT+CMGS={PEER},96\r8206XX\x1a", "+CME ERROR: 25"),
        (f"AT+CMGS={PEER},1240\r{'00' * 155}\x1a", "+CME ERROR: 34"),
        (f"AT+CMGS={PEER}\r", "+CME ERROR: 35"),
        (f"AT+CMGS=+{PEER},96\r{TEXT}\x1a", "+CME ERROR: 33"),
        (f"AT+CMGS={PEER},96\r{TEXT[:8]}\x1b", "OK"),
        ("AT+CTSP=1,3,130\r", "+CME ERROR: 38"),
        ("AT+CTSP=3,3,130\r", "+CME ERROR: 34"),
        ("AT+CTSP=x\r", "+CME ERROR: 33"),
        ("AT+CTSDS=14,0\r", "+CME ERROR: 34"),
        ("AT+CTOM=9\r", "+CME ERROR: 34"),
        ("AT+CSQ\r", "+CME ERROR: 35"),
        ("AT+NONSENSE\r", "+CME ERROR: 35"),
        ("AT+CSQ?\r", "+CSQ: 20,99|OK"),
        ("AT+CREG?\r", "+CREG: 1,1234,2380001|OK"),
        ("AT+CNUMF?\r", "+CNUMF: 6,238000101234567|OK"),
        ("AT+CTOM?;+CTGS?\r", "+CTOM: 0|+CTGS: 1,238000103990100|OK"),
        ("AT+GMM?\r", "+GMM: 54009,EMULATED,91.2.0.0|OK"),
        ("AT+CREG=?\r", "+CREG: (0-2)|OK"),
        ("AT+CTOM=?\r", "+CTOM: (0-6)|OK"),
        ("AT+CSCS=?\r", "+CSCS: (8859-1,UCS2)|OK"),
        ("AT+CMEE=?\r", "+CMEE: (0-2)|OK"),
        ("AT+CTSP=?\r", "+CTSP: (0-2),(0-3),(0-255)|OK"),
        ("AT+CTGS=?\r", "+CTGS: (1),(0-16777215)|OK"),
        ("AT+CTSDS=?\r", "+CTSDS: (9-13),(0-5),(0,1),(0-3),(0,1)|OK"),
        ("AT+CSQ=?\r", "+CSQ: (0-31,99),(0-7,99)|OK"),
        ("AT+CNUMF=?\r", "OK"),
        ("AT+CNUMS?\r", "+CNUMS: 1,238000103990100|OK"),
        ("AT+CNUMD?\r", "OK"),
        ("AT+CLVL=30;+CLVL?\r", "+CLVL: 30|OK"),
        ("AT+CLVL=101\r", "+CME ERROR: 34"),
        ("AT+CMGL=0\r", "+CME ERROR: 4"),
        (f"AT+CMGS=2380001{PEER:0>8},96\r{TEXT}\x1a", "+CME ERROR: 33"),  # a TSI, and +CTSDS says SSI
        (f"AT+CTSDS=12,1\rAT+CMGS={PEER},96\r{TEXT}\x1a", "OK|+CME ERROR: 33"),
        (f"AT+CTSDS=12,1\rAT+CMGS=2380001{PEER:0>8},96\r{TEXT}\x1a", "OK|+CMGS: 0|OK"),
    ],
)
@virtually
async def test_a_command_is_answered_as_the_standard_has_it(said: str, heard: str) -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CTSDS=12,0\rAT+CTSP=1,3,130\r")
        assert await host.says(said) == heard


@virtually
async def test_a_status_goes_by_its_own_service_and_a_forgotten_service_is_an_error() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\r")
        assert await host.says(f"AT+CMGS={PEER},16\r8002\x1a") == "+CME ERROR: 44"
        await host.says("AT+CTSDS=13,0\r")
        assert await host.says(f"AT+CMGS={PEER},16\r8002\x1a", wait_s=2) == "+CMGS: 0|OK|+CMGS: 0,4,0"
        assert await host.says(f"AT+CMGS={PEER},96\r{TEXT}\x1a") == "+CME ERROR: 34"
        assert [line["status"] for line in bench.sent("status")] == [0x8002]


@pytest.mark.parametrize(
    ("user_data", "reference", "kind"),
    [
        (TEXT, 201, "text"),
        ("821802C9", 201, "report"),
        ("822001C9", 201, "acknowledgement"),
        ("0A11", 0, "data"),
    ],
)
@virtually
async def test_the_radio_names_the_reference_of_what_has_left(
    user_data: str, reference: int, kind: str
) -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CTSDS=12,0\r")
        heard = await host.says(f"AT+CMGS={PEER},{4 * len(user_data)}\r{user_data}\x1a", wait_s=1)
        assert heard == f"+CMGS: 0|OK|+CMGS: 0,4,{reference}"
        assert [line.get("ref", 0) for line in bench.sent(kind)] == [reference]


@virtually
async def test_user_data_that_never_comes_is_waited_for_ten_seconds() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CTSDS=12,0\r")
        assert await host.says(f"AT+CMGS={PEER},96\r8206", wait_s=9) == ""
        assert await host.hears(2) == "+CME ERROR: 37"
        assert await host.says("AT\r") == "OK"


@virtually
async def test_registrations_decide_who_gets_what_and_a_restart_loses_them() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\r")
        ordered(bench, "receive", from_=PEER, text="skjult")
        assert await host.hears(1) == ""
        assert bench.radio.journal.of("received")[-1]["on"] == "the radio's own display"
        await host.says("AT+CTSP=1,3,130\rAT+CTSP=2,2,20\r")
        ordered(bench, "receive", from_=PEER, status=0x8002)
        assert await host.hears(1) == f"+CTSDSR: 13,{PEER},0,1234567,0,16|8002"
        ordered(bench, "reboot")
        await asyncio.sleep(10)
        ordered(bench, "receive", from_=PEER, text="væk")
        assert await host.hears(1) == ""
        assert (await host.says("AT+CTSP=1,3,130\r")).endswith("OK")  # not 38: it has forgotten


@virtually
async def test_a_group_call_blocks_short_data_and_is_told_to_who_asked() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CTSDS=12,0\rAT+CTSP=2,0,0\r")
        bench.radio.network.latency_s = 3
        await host.says(f"AT+CMGS={PEER},96\r{TEXT}\x1a")
        assert ordered(bench, "call", seconds=10)["ok"]
        assert [line.partition(":")[0] for line in (await host.hears(5)).split("|")] == [
            "+CTICN",
            "+CTCC",
            "+CTXG",
        ]
        assert await host.says(f"AT+CMGS={PEER},96\r{TEXT}\x1a") == "+CME ERROR: 3"
        assert bench.sent() == []
        assert await host.hears(8) == "+CDTXC: 1,0|+CTCR: 1,13|+CMGS: 0,4,201"
        assert bench.radio.journal.of("call")[0]["group"] is True


@virtually
async def test_what_comes_while_out_of_coverage_comes_when_it_is_back() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CREG=2\rAT+CTSDS=12,0\rAT+CTSP=1,3,130\r")
        ordered(bench, "coverage", value=False)
        assert await host.says(f"AT+CMGS={PEER},96\r{TEXT}\x1a") == "+CREG: 2|+CME ERROR: 30"
        ordered(bench, "receive", from_=PEER, text="hej")
        assert await host.says("AT+CSQ?\r", wait_s=5) == "+CSQ: 99,99|OK"
        ordered(bench, "coverage", value=True)
        assert (
            await host.hears(3)
            == f"+CREG: 1,1234,2380001|+CTSDSR: 12,{PEER},0,1234567,0,56|82000001" + "68656A"
        )


@pytest.mark.parametrize(
    ("order", "reported"),
    [
        ({"do": "deliver", "value": False}, []),
        ({"do": "refuse", "to": PEER}, ["4B"]),
        ({"do": "consume", "value": True, "seconds": 5}, ["00", "02"]),
        ({"do": "latency", "seconds": 1, "report": 2}, ["00"]),
    ],
)
@virtually
async def test_the_network_reports_as_it_is_told(order: dict[str, Any], reported: list[str]) -> None:
    async with Bench() as bench, Host(bench) as host:
        assert ordered(bench, **order)["ok"]
        await host.says("AT+CTSDS=12,0\r")
        await host.says(f"AT+CMGS={PEER},96\r820E2A0152F864206772F864\x1a", wait_s=60)
        assert [line["status"] for line in bench.radio.journal.of("report")] == reported


@virtually
async def test_nobody_reports_on_a_message_to_a_group() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says(f"AT+CTSDS=12,0\rAT+CMGS={GROUP},96\r{TEXT}\x1a", wait_s=60)
        assert [line["to"] for line in bench.sent()] == [GROUP]
        assert bench.radio.journal.of("report") == []


@pytest.mark.parametrize(
    ("odd", "digits"), [(True, "0A112853A9FF4D4FFFE81"), (False, "0A112853A9FF4D4FFFE810")]
)
@virtually
async def test_a_location_report_has_the_digits_that_its_maker_sends(odd: bool, digits: str) -> None:
    async with Bench() as bench, Host(bench) as host:
        ordered(bench, "make", name="odd_digits", value=odd)
        await host.says("ATE0\rAT+CTSP=1,3,10\r")
        ordered(bench, "receive", from_=PEER, hex="0A112853A9FF4D4FFFE810")
        assert await host.hears(1) == f"+CTSDSR: 12,{PEER},0,1234567,0,84|{digits}"


@virtually
async def test_atz_restarts_a_radio_that_was_set_up_so() -> None:
    async with Bench() as bench, Host(bench) as host:
        assert await host.says("ATE0\rATZ\r") == "ATE0|OK|OK"
        ordered(bench, "make", name="atz", value="reboot")
        assert await host.says("ATZ\r", wait_s=5) == "ATZ"
        assert await host.says("AT\r", wait_s=5) == ""
        assert (await host.says("AT\r")).endswith("OK")


@virtually
async def test_direct_mode_and_inhibition_take_the_network_away() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CTSDS=12,0\r")
        ordered(bench, "mode", value=1)
        assert await host.says(f"AT+CMGS={PEER},96\r{TEXT}\x1a") == "+CTOM: 1|+CME ERROR: 3"
        ordered(bench, "mode", value=0)
        await asyncio.sleep(2)
        ordered(bench, "inhibit", value=True)
        assert (await host.says(f"AT+CMGS={PEER},96\r{TEXT}\x1a")).endswith("+CME ERROR: 3")
        assert bench.sent() == []


@virtually
async def test_a_long_text_comes_in_parts() -> None:
    async with Bench() as bench, Host(bench) as host:
        await host.says("ATE0\rAT+CTSP=1,3,138\r")
        assert ordered(bench, "receive", from_=PEER, text="x" * 200)["parts"] == 2
        assert (await host.hears(1)).count("+CTSDSR: 12,") == 2


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"do": "fault", "name": "sim-busy"}, "not one of"),
        ({"do": "report", "ref": 5}, "no message"),
        ({"do": "report", "ref": 5, "status": "lost"}, "not one of"),
        ({"do": "receive", "from": "+4500000001", "text": "x"}, "SSI"),
        ({"do": "receive", "from": PEER, "hex": "8"}, None),
        ({"do": "receive", "from": PEER, "hex": "xyz"}, "hexadecimal"),
        ({"do": "receive", "from": PEER, "status": 70000}, "number"),
        ({"do": "make", "name": "colour", "value": 1}, "not one of"),
        ({"do": "make", "name": "prompt", "value": "yes"}, "False"),
        ({"do": "mode", "value": 7}, "0 to 6"),
        ({"do": "dance"}, "not one of"),
        ({"do": "hang-up"}, None),
        ({"do": "ring", "seconds": 1}, None),
    ],
)
@virtually
async def test_an_order_that_cannot_be_followed_says_why(order: dict[str, Any], error: str | None) -> None:
    async with Bench() as bench:
        answered = ordered(bench, **order)
        assert answered["ok"] is (error is None)
        assert error is None or error in answered["error"]


@virtually
async def test_the_control_socket_lists_its_faults() -> None:
    async with Bench() as bench:
        names = ordered(bench, "faults")["faults"]
        assert {"sds-late-fail", "atz-reboot", "mute", "deaf", "damaged", "urc-in-answer", "pdu-lost"} <= set(
            names
        )
        bench.radio.network.bring(Incoming(STATUS, PEER, "1234567", Status(0x8002).encode()))
        assert bench.radio.journal.of("received")[0]["status"] == 0x8002


def test_it_runs_on_a_pty_for_any_serial_program(tmp_path: Path) -> None:
    async def run() -> None:
        link = tmp_path / "radio"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hardware.emulators.tetra",
            "--link",
            str(link),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == f"ready {link}\n".encode()
        with await asyncio.to_thread(serial.Serial, str(link), 38400, timeout=2) as port:
            await asyncio.to_thread(port.write, b"AT+CREG?\r\n")
            heard = await asyncio.to_thread(port.read_until, b"OK\r\n")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        assert heard == b"AT+CREG?\r\r\n+CREG: 1,1234,2380001\r\n\r\nOK\r\n"
        assert not link.exists()

    asyncio.run(run())
