"""What a command prints into a pipe: one row is one thing, and what strangers wrote draws nothing."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.catalogue import catalogue
from gateway.cli.channels import log
from gateway.cli.desk import Desk
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


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """stdout is a terminal; yields the end at which a person reads."""
    reader, writer = os.openpty()
    with os.fdopen(reader, "rb", buffering=0), os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        yield reader


@dataclass
class Hub:
    """A hub that gives one answer to everything."""

    answer: dict[str, Any]

    def get(self, _: str) -> dict[str, Any]:
        return self.answer


def test_the_log_of_a_port_is_read_at_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub({"name": "sms-a", "lines": ["17.13.32 > AT+CSQ", "17.13.33 < +CSQ: 20,0\x1b[2J"]})
    with terminal(monkeypatch) as reader:
        log(Desk(None, catalogue("da"), Screen(), hub), "sms-a")  # type: ignore[arg-type]
        sys.stdout.flush()
        shown = os.read(reader, 4096).decode()
    assert [line[:20] for line in shown.splitlines()] == ["17.13.32 > AT+CSQ", "17.13.33 < +CSQ: 20,"]
    assert "\x1b" not in shown
