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


def typed(dce: Dce, octets: bytes) -> tuple[list[Event], bytes]:
    """One octet at a time, as a person types."""
    events: list[Event] = []
    out = b""
    for octet in octets:
        more, echo = dce.receive(bytes([octet]))
        events, out = events + more, out + echo
    return events, out


def test_each_octet_is_echoed_as_it_comes() -> None:
    dce = Dce()
    assert [dce.receive(bytes([octet]))[1] for octet in b"AT\r"] == [b"A", b"T", b"\r"]
    dce.ask()
    assert typed(dce, b"00\x1a") == ([Given(b"00")], b"00")


@pytest.mark.parametrize("key", [b"\x08", b"\x7f"])
def test_a_wrong_key_can_be_taken_back(key: bytes) -> None:
    (called,), out = typed(Dce(), b"ATX" + key + b"I\r")
    assert (called, out) == (Called(Command("I"), "ATI"), b"ATX\b \bI\r")
    assert typed(Dce(echo=False), key + b"AT\r") == ([Called(Command(""), "AT")], b"")


def test_s5_says_which_key_takes_back() -> None:
    dce = Dce(echo=False)
    dce.erase = ord("#")
    assert typed(dce, b"ATX#I\r")[0] == [Called(Command("I"), "ATI")]


def test_a_slash_repeats_the_line_before_without_a_carriage_return() -> None:
    dce = Dce()
    assert typed(dce, b"a/") == ([Called(Command(""), "AT")], b"a/")
    dce.end()
    typed(dce, b"AT+CSQ\r")
    dce.end()
    assert typed(dce, b"A/") == ([Called(Command("+CSQ"), "AT+CSQ")], b"A/")
    dce.end()
    assert typed(dce, b"AT\r")[0] == [Called(Command(""), "AT")]


def test_a_text_has_a_prompt_for_each_of_its_lines() -> None:
    dce = Dce(echo=False)
    dce.receive(b'AT+CMGS="1"\r')
    dce.ask(next_line=b"\r\n> ", erasers=b"\x08")
    assert typed(dce, b"aa\x08\rb\x1a") == ([Given(b"a\rb")], b"\r\n> ")


@pytest.mark.parametrize(
    ("text", "loud", "short", "quiet"),
    [
        ("OK", b"\r\nOK\r\n", b"0\r", b""),
        ("NO CARRIER", b"\r\nNO CARRIER\r\n", b"3\r", b""),
        ("RING", b"\r\nRING\r\n", b"2\r", b""),
        ("+CRING: VOICE", b"\r\n+CRING: VOICE\r\n", b"+CRING: VOICE\r\n", b""),
        ("+CMS ERROR: 321", b"\r\n+CMS ERROR: 321\r\n", b"+CMS ERROR: 321\r\n", b""),
    ],
)
def test_result_codes_are_words_numbers_or_nothing(
    text: str, loud: bytes, short: bytes, quiet: bytes
) -> None:
    dce = Dce()
    assert dce.result(text) == loud
    dce.verbose = False
    assert dce.result(text) == short
    dce.quiet = True
    assert dce.result(text) == quiet
    assert dce.unasked("+CREG: 1") == b"+CREG: 1\r\n"


def test_a_line_without_end_is_an_error() -> None:
    (called,), _ = Dce().receive(b"AT" + b"x" * 100_000 + b"\r")
    assert isinstance(called, Called)
    assert called.command == Command("", arguments="too long")
