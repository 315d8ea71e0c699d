"""Our end of the AT dialogue, replayed from files cut in every way a serial port may cut them.

A file has `ask COMMAND [prompt=...] [payload=...] [bare] [block=N]`, `give` (the payload), `abandon`,
`in OCTETS` and `event ...`; octets are written with Python's escapes.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.at.dte import (
    MOST_LINES,
    Answered,
    Ask,
    Dte,
    Event,
    IllegalRequest,
    Noise,
    Prompted,
    Request,
    Unasked,
)
from hardware.at.grammar import LONGEST_LINE, Info
from hardware.at.results import final_of

DIALOGUES = sorted((Path(__file__).parent / "dialogue").glob("*.txt"))


def octets(text: str) -> bytes:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def request(line: str) -> Request:
    words = line.split(" ")
    options = dict(word.partition("=")[::2] for word in words[1:])
    return Request(
        words[0],
        payload=octets(options.get("payload", "")),
        ask=Ask[options.get("prompt", "NEVER")],
        bare="bare" in options,
        block=int(options.get("block", "0")),
    )


def shown(info: Info) -> str:
    return info.text if info.follow is None else f"{info.text} / {info.follow}"


def told(event: Event) -> str:
    match event:
        case Answered(final, lines, block):
            name = final.outcome.value.removeprefix("+").removesuffix(" ERROR") if not final.ok else "OK"
            code = "" if final.ok else f" {final.code}"
            tail = [shown(line) for line in lines] + ([f"# {block.hex()}"] if block is not None else [])
            return f"Answered {name}{code}: {' | '.join(tail)}".rstrip()
        case Unasked(info):
            return f"Unasked: {shown(info)}"
        case Noise(noise):
            return f"Noise: {noise.decode()}"
        case Prompted():
            return "Prompted"


def replay(lines: list[str], size: int) -> Iterator[str]:
    dte = Dte()
    for line in lines:
        verb, _, rest = line.partition(" ")
        if verb == "ask":
            dte.request(request(rest))
        elif verb == "give":
            dte.payload()
        elif verb == "abandon":
            dte.abandon()
        elif verb == "in":
            stream = octets(rest)
            for start in range(0, len(stream), size):
                yield from map(told, dte.receive(stream[start : start + size]))


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_dialogue_gives_the_same_events_however_it_is_cut(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    expected = [line.removeprefix("event ").rstrip() for line in lines if line.startswith("event ")]
    assert expected
    for size in [*range(1, 130), 256, 1024, 4096]:
        assert list(replay(lines, size)) == expected, f"cut every {size} octets"


@pytest.mark.parametrize("size", [1, 100, 4096, 1 << 20])
def test_an_endless_line_is_noise_and_takes_no_memory(size: int) -> None:
    dte = Dte()
    dte.request(Request("AT+CSQ"))
    stream = b"\r\n" + b"x" * (1 << 20 if size > 1 else 20_000) + b"\r\n+CSQ: 1,99\r\n\r\nOK\r\n"
    events = [event for i in range(0, len(stream), size) for event in dte.receive(stream[i : i + size])]
    assert events[0] == Noise(b"x" * LONGEST_LINE)
    assert [told(event) for event in events[1:]] == ["Answered OK: +CSQ: 1,99"]


@given(st.lists(st.binary(max_size=60), max_size=8), st.booleans())
def test_random_octets_never_raise(chunks: list[bytes], block: bool) -> None:
    dte = Dte()
    dte.request(
        Request("AT+SBDRB", block=340) if block else Request("AT+CMGS=9", payload=b"00", ask=Ask.ANGLE)
    )
    for chunk in chunks:
        for event in dte.receive(chunk):
            assert isinstance(event, Answered | Prompted | Unasked | Noise)


@pytest.mark.parametrize(
    "text",
    [
        "OK, evacuating now",
        "OKAY",
        " OK then",
        "ERROR 5",
        "+CMS ERROR",
        "+CME ERROR:",
        "x+CMS ERROR: 3",
        "ok",
        "CONNECTED",
    ],
)
def test_only_a_whole_line_is_a_final_code(text: str) -> None:
    assert final_of(text) is None


def test_an_answer_that_does_not_end_keeps_a_thousand_lines_and_no_more() -> None:
    dte = Dte()
    dte.request(Request("AT+CLCC"))
    dropped = dte.receive(b"".join(b"+CLCC: %d\r\n" % number for number in range(MOST_LINES + 5)))
    assert dropped == [Noise(b"+CLCC: %d" % number) for number in range(MOST_LINES, MOST_LINES + 5)]
    (answered,) = dte.receive(b"OK\r\n")
    assert isinstance(answered, Answered)
    assert len(answered.lines) == MOST_LINES


def test_a_second_request_before_the_end_of_the_first_is_a_fault_of_the_program() -> None:
    dte = Dte()
    dte.request(Request("AT+CSQ"))
    with pytest.raises(IllegalRequest, match=r"AT\+CREG\?.*AT\+CSQ"):
        dte.request(Request("AT+CREG?"))
    with pytest.raises(IllegalRequest, match="payload"):
        dte.payload()
