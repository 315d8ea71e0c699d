"""The modem's end of the AT dialogue: chained commands, prompts, echo, and both ends against each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.at.dce import Called, Cancelled, Dce, Event, Given
from hardware.at.dte import Answered, Ask, Dte, Prompted, Request
from hardware.at.grammar import Command, Form, commands_of


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("AT", []),
        ("atE0", [Command("E", Form.DO, "0")]),
        ("ATE0V1&K0", [Command("E", Form.DO, "0"), Command("V", Form.DO, "1"), Command("&K", Form.DO, "0")]),
        ("AT+CMEE=1;+CREG=2", [Command("+CMEE", Form.SET, "1"), Command("+CREG", Form.SET, "2")]),
        ("AT+CPMS=?", [Command("+CPMS", Form.TEST)]),
        ("AT+creg?", [Command("+CREG", Form.READ)]),
        ('AT+CSCA="+45;1",145;+CSQ', [Command("+CSCA", Form.SET, '"+45;1",145'), Command("+CSQ")]),
        ("ATD+4500000001;", [Command("D", Form.SET, "+4500000001;")]),
        ("ATS7=45", [Command("S7", Form.SET, "45")]),
        ("\x1a\x00garbageAT+CSQ", [Command("+CSQ")]),
        ("AT*R1", [Command("*R", Form.DO, "1")]),
        ("AT?", [Command("", Form.DO, "?")]),
        (
            "AT+GSN&F+SBDMTA=1+CIER=1,1,1,1;*R1",
            [Command("+GSN"), Command("&F"), Command("+SBDMTA", Form.SET, "1"),
             Command("+CIER", Form.SET, "1,1,1,1"), Command("*R", Form.DO, "1")],
        ),
        ("AT+SBDWT=OK; AT+CSQ", [Command("+SBDWT", Form.SET, "OK; AT+CSQ")]),
    ],
)  # fmt: skip
def test_a_line_holds_its_commands(line: str, commands: list[Command]) -> None:
    assert commands_of(line.encode("latin-1")) == tuple(commands)


def test_a_line_without_the_prefix_is_ignored() -> None:
    assert commands_of(b"hello") is None
    assert Dce().receive(b"hello\r") == ([], b"hello\r")


@given(st.binary(max_size=80))
def test_random_octets_never_raise(line: bytes) -> None:
    commands_of(line)
    Dce().receive(line + b"\r")


def test_a_chain_goes_on_after_ok_and_stops_at_the_first_error() -> None:
    dce = Dce(echo=False)
    events, _ = dce.receive(b"AT+CMEE=1;+CREG=9;+CSQ\r")
    assert [e.command.name for e in events if isinstance(e, Called)] == ["+CMEE"]
    events, out = dce.end()
    assert (out, [e.command.name for e in events if isinstance(e, Called)]) == (b"", ["+CREG"])
    assert dce.end("ERROR") == ([], b"\r\nERROR\r\n")


def test_a_command_waits_for_the_end_of_the_one_before() -> None:
    dce = Dce(echo=False)
    events, _ = dce.receive(b"AT+CSQ\rAT+CREG?\r")
    assert len(events) == 1
    events, out = dce.end()
    assert out == b"\r\nOK\r\n"
    assert [e.command.name for e in events if isinstance(e, Called)] == ["+CREG"]


@pytest.mark.parametrize(
    ("octets", "event"),
    [(b"00AB\x1a", Given(b"00AB")), (b"\r\n00AB\x1a", Given(b"00AB")), (b"00\x1b", Cancelled())],
)
def test_a_payload_ends_with_ctrl_z_or_escape(octets: bytes, event: Event) -> None:
    for size in range(1, len(octets) + 1):
        dce = Dce()
        dce.receive(b"AT+CMGS=9\r\n")
        seen, prompt = dce.ask()
        assert prompt == b"\r\n> "
        for start in range(0, len(octets), size):
            seen += dce.receive(octets[start : start + size])[0]
        assert seen == [event]


def test_a_counted_payload_is_binary() -> None:
    dce = Dce()
    dce.receive(b"AT+SBDWB=3\r")
    dce.ask(b"\r\nREADY\r\n", count=5)
    assert dce.receive(b"\x1a\x1bA\r\n") == ([Given(b"\x1a\x1bA\r\n")], b"")


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_the_two_ends_understand_each_other(size: int, echo: bool) -> None:
    dte, dce = Dte(), Dce(echo=echo)

    def carry(octets: bytes) -> tuple[list[Event], list[object]]:
        asked: list[Event] = []
        seen: list[object] = []
        for start in range(0, len(octets), size):
            events, out = dce.receive(octets[start : start + size])
            asked += events
            seen += dte.receive(out)
        return asked, seen

    asked, _ = carry(dte.request(Request("AT+CMGS=2", payload=b"00AB\x1a", ask=Ask.ANGLE)))
    assert [e.command for e in asked if isinstance(e, Called)] == [Command("+CMGS", Form.SET, "2")]
    assert dte.receive(dce.ask()[1]) == [Prompted()]
    asked, _ = carry(dte.payload())
    assert asked == [Given(b"00AB")]
    (answer,) = [e for e in dte.receive(dce.info("+CMGS: 5") + dce.end()[1]) if isinstance(e, Answered)]
    assert (answer.final.ok, [line.text for line in answer.lines]) == (True, ["+CMGS: 5"])


def test_a_payload_that_does_not_come_in_time_is_no_command_afterwards() -> None:
    dce = Dce(echo=False)
    dce.receive(b"AT+SBDWB=9\r")
    dce.ask(b"\r\nREADY\r\n", count=11)
    assert dce.receive(b"AT+SBDIX\r") == ([], b"")
    dce.give_up()
    assert dce.end() == ([], b"\r\nOK\r\n")


def test_a_text_may_end_with_a_carriage_return() -> None:
    dce = Dce(echo=False)
    dce.receive(b"AT+SBDWT\r")
    dce.ask(b"\r\nREADY\r\n", stops=b"\r")
    assert dce.receive(b"hej; AT\x1a\r") == ([Given(b"hej; AT\x1a")], b"")
