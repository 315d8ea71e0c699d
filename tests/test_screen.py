"""What a command prints into a pipe: one row is one thing, and what strangers wrote draws nothing."""

import json
import re

import pytest

from gateway.cli.screen import Screen

WORKS = re.compile(r"[^\n\t -~\xa0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\U0010ffff]")
HOSTILE = [
    "x\n99\turgent\tanswer\tsms:+4500000011\tleder\tCHEF",
    "x\r99\x0burgent\x0c\x85\u2028\u2029answer",
    "\x1b]0;pwn\x07\x1b[2Jhej",
    "\x9b31mhej\x7f\x00",
    "hej \u202eabc\u202c \u2066x\u2069 \u200f",
]


@pytest.mark.parametrize("said", HOSTILE)
def test_a_field_is_one_field_of_one_row(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Screen().result(7, "open", said, "")
    [row] = capsys.readouterr().out.splitlines()
    assert len(row.split("\t")) == 4
    assert WORKS.search(row) is None


@pytest.mark.parametrize("said", HOSTILE)
def test_what_is_said_to_people_draws_nothing(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Screen().people(said)
    Screen().progress(said)
    assert WORKS.search(capsys.readouterr().err) is None


@pytest.mark.parametrize("said", [*HOSTILE, "blåbærgrød 👍🏽 \udc80"])
def test_json_says_what_came_and_draws_nothing(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Screen(json=True).whole({"text": said})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"text": said}
    assert WORKS.search(printed.strip()) is None
    assert ("blåbærgrød 👍🏽" in printed) == ("👍🏽" in said)
