"""What the technician may read of a port, and what nobody may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.codecs.tpdu import submits
from hardware.gsm_state import State
from hardware.portlog import KEPT, PortLog, masked, shown
from tests.gsm import Bench, driver, in_state

PDU = "06915404939099040A9154214365870000621132410203401D520619749633C8A076990C32B319E432A8C37880380B07685306"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('AT+CPIN="1234"', "AT+CPIN=***"),
        ('AT+CPIN="12345678","0000"', "AT+CPIN=***"),
        ('AT+CPN="1234"', 'AT+CPN="<4 signs>"'),  # an echo that lost a sign
        ("+CPIN: SIM PIN", "+CPIN: SIM PIN"),
        ("AT+CMGS=35", "AT+CMGS=35"),
        (PDU, f"<{len(PDU)} octets>"),
        ('+CMT: "+4512345678",,"26/11/23,14:20:30+04"', '+CMT: "*********78",,"<20 signs>"'),
        ("Evakuer Nygade nu", "<17 octets>"),
        ("AT alle: mød kl. 10", "<19 octets>"),
        ("ATTENTION alle", "<14 octets>"),
        ("+INFO: Peter kommer", "<19 octets>"),
        ("ATD+4512345678;", "ATD*********78;"),
        ('+CSCA: "+4540390999",145', '+CSCA: "*********99",145'),
        ("490154203237518", "<15 octets>"),
        ("+CREG: 2,1, FFFE, 323301, 7", "+CREG: 2,1, FFFE, ****01, 7"),
        ('+COPS: 0,2,"23801",7', '+COPS: 0,2,"23801",7'),
        ("+CME ERROR: SIM busy", "+CME ERROR: SIM busy"),
        ("> ", ">"),
        ("OK", "OK"),
        ('AT+CUSD=1,"*100#",15', "AT+CUSD=***"),
        ("AT+SBDWT=Hjælp os", "<17 octets>"),
        ("AT+SBDWT=Send help", "AT+SBDWT=***"),
        ("+CTSDSD: 12,0, 82040153746F726D", "+CTSDSD: 12,0, <16 digits>"),  # octets of a text
        ("+XPDU: A0B0C0D0E0F0", "+XPDU: <12 digits>"),
        ("\x00\x0eHej fra rummet\x05*", "<18 octets>"),
    ],
)  # fmt: skip
def test_a_line_shows_the_protocol_and_nobodys_words(line: str, text: str) -> None:
    assert shown(line.encode("latin-1")) == text


def test_a_modem_may_say_what_it_is() -> None:
    assert shown(b"SIMCOM_SIM7600E-H", identity=True) == "SIMCOM_SIM7600E-H"
    assert shown(b"490154203237518", identity=True) == "*************18"
    assert shown(b"SIMCOM_SIM7600E-H") == "<17 octets>"


@given(st.from_regex(r"[0-9]{4,8}", fullmatch=True), st.integers(0, 20), st.sampled_from(["", "x", "\x1a"]))
def test_a_pin_never_stands_in_the_log_even_when_its_echo_is_damaged(pin: str, at: int, noise: str) -> None:
    line = f'AT+CPIN="{pin}"'
    for damaged in (line, line[:at] + noise + line[at:], line[:at] + line[at + 1 :]):
        assert pin not in shown(damaged.encode())


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
def test_lines_are_the_same_however_they_are_cut(size: int) -> None:
    log, stream = (
        PortLog(clock=lambda: 0),
        f'\r\n+CMTI: "ME",3\r\n\r\n+CMGR: 0,,24\r\n{PDU}\r\n\r\nOK\r\n'.encode(),
    )
    for start in range(0, len(stream), size):
        log.heard(stream[start : start + size])
    assert [line.text for line in log.lines()] == [
        '+CMTI: "ME",3',
        "+CMGR: 0,,24",
        f"<{len(PDU)} octets>",
        "OK",
    ]
    assert str(log.lines()[0]) == '1970-01-01T00:00:00.000Z < +CMTI: "ME",3'


def test_only_the_last_lines_are_kept_and_an_endless_one_takes_no_memory() -> None:
    log = PortLog()
    for number in range(KEPT + 50):
        log.heard(f"+CREG: {number}\r\n".encode())
    assert [log.lines()[0].text, len(log.lines())] == ["+CREG: 50", KEPT]
    for _ in range(1000):
        log.heard(b"x" * 1000)
        assert len(log._open) <= 512
    log.heard(b"\r\n")
    assert log.lines()[-1].text == "<1000000 octets>"
    assert len(log._open) == 0


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_counted_block_is_one_line_whatever_is_in_it(size: int) -> None:
    log = PortLog()
    payload = b"OK\r\nkode 4711\r\n\x00\x02"
    heard = b"\r\nSBDRING\r\n" + len(payload).to_bytes(2, "big") + payload + b"\x0d\x0a\r\nOK\r\n"
    log.asked("AT+SBDRB", block=True)
    for start in range(0, len(heard), size):
        log.heard(heard[start : start + size])
    log.asked("AT+SBDRB", block=True)
    log.heard(bytes(3))  # a block that is never whole
    log.asked("AT")
    said = [line.text for line in log.lines()]
    assert said == [
        "AT+SBDRB",
        "SBDRING",
        f"<{len(payload) + 4} octets>",
        "OK",
        "AT+SBDRB",
        "<3 octets>",
        "AT",
    ]


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_random_octets_never_raise_and_every_line_can_be_printed(chunks: list[bytes]) -> None:
    log = PortLog()
    for chunk in chunks:
        log.heard(chunk)
        log.asked(chunk.decode("latin-1"), block=len(chunk) % 2 == 0)
    assert all(line.text.isprintable() or line.sent for line in log.lines())
    assert masked("") == ""


async def test_a_dialogue_is_written_down_in_both_directions() -> None:
    async with Bench() as bench, driver(bench) as modem:
        await in_state(modem, State.READY)
        (tpdu,) = submits("Evakuer nu", "+4500000001", reference=0)
        await modem.send(tpdu, before=lambda: None)
        bench.pull()
        await in_state(modem, State.CLOSED)
    lines = [f"{'>' if line.sent else '<'} {line.text}" for line in modem.log()]
    assert lines[:2] == ["< the port was opened", "> <ESC>"]
    sending = lines.index(f"> AT+CMGS={len(tpdu)}")
    assert lines[sending + 1 : sending + 3] == [f"> <{2 * len(tpdu) + 3} octets>", "< >"]
    assert {"< +CMGS: 0", "< OK", "> AT+CPIN?", "< +CPIN: READY"} <= set(lines)
    assert lines[-1].startswith("< the port is lost")
    assert not any("00000001" in line or "Evakuer" in line for line in lines)
