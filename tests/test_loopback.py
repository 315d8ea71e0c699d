"""Loopback: real outcomes of every class, in memory and in a file."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from channels.base import (
    ChannelDown,
    ChannelError,
    HealthChanged,
    Inbound,
    PermanentFailure,
    State,
    TransientFailure,
    Unknown,
)
from channels.loopback import LoopbackChannel, LoopbackConfig
from tests.outgoing import outgoing


def channel(**options: object) -> LoopbackChannel:
    return LoopbackChannel("loop", LoopbackConfig(bearer="loopback", **options))  # type: ignore[arg-type]


async def test_a_message_arrives_in_memory_with_its_text() -> None:
    async with channel() as loop:
        receipt = await loop.submit(outgoing("loopback:vagt"))
    assert receipt.references == (loop.delivered[0]["attempt"],)
    assert "Mød på kommandostationen" in loop.delivered[0]["text"]


async def test_a_message_arrives_in_the_file_as_one_json_line(tmp_path: Path) -> None:
    async with channel(path=tmp_path / "loop.jsonl") as loop:
        await loop.submit(outgoing("loopback:vagt"))
        await loop.submit(outgoing("loopback:souschef"))
    lines = [json.loads(line) for line in (tmp_path / "loop.jsonl").read_text("utf-8").splitlines()]
    assert [line["to"] for line in lines] == ["loopback:vagt", "loopback:souschef"]


@pytest.mark.parametrize(
    ("outcome", "failure", "arrived"),
    [("transient", TransientFailure, 0), ("permanent", PermanentFailure, 0), ("unknown", Unknown, 1)],
)
async def test_each_failure_is_what_it_says(outcome: str, failure: type[ChannelError], arrived: int) -> None:
    async with channel(outcome=outcome) as loop:
        with pytest.raises(failure):
            await loop.submit(outgoing("loopback:vagt"))
    assert len(loop.delivered) == arrived


async def test_a_folder_that_is_gone_is_a_far_end_that_is_away(tmp_path: Path) -> None:
    async with channel(path=tmp_path / "gone" / "loop.jsonl") as loop:
        with pytest.raises(ChannelDown):
            await loop.submit(outgoing("loopback:vagt"))
        first = await anext(loop.events())
    assert isinstance(first, HealthChanged)
    assert first.health.state is State.DOWN


async def test_the_recipient_answers_when_told_to() -> None:
    async with channel(answer="1") as loop:
        sent = outgoing("loopback:vagt")
        await loop.submit(sent)
    answers = [event async for event in loop.events() if isinstance(event, Inbound)]
    assert [(a.sender, a.text, a.in_reply_to) for a in answers] == [("loopback:vagt", "1", sent.attempt)]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_only_a_file_is_written_to(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "loop.jsonl")
    with pytest.raises(ValueError, match="is a folder, a pipe or a device"):
        channel(path=tmp_path / "loop.jsonl")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
async def test_a_far_end_that_is_no_file_any_more_is_away(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    """A pipe that nobody reads once held the whole hub."""
    async with channel(path=tmp_path / "loop.jsonl") as loop:
        make(tmp_path / "loop.jsonl")
        with pytest.raises(ChannelDown, match="is no file"):
            await loop.submit(outgoing("loopback:vagt"))


async def test_a_pipe_that_comes_in_the_last_moment_holds_nothing_up(tmp_path: Path) -> None:
    path = tmp_path / "loop.jsonl"
    async with channel(path=path) as loop:
        with pytest.raises(Unknown, match="loop"):
            await loop.submit(outgoing("loopback:vagt", hand_over=lambda: os.mkfifo(path)))


async def test_a_file_that_cannot_be_written_is_never_called_refused(tmp_path: Path) -> None:
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "gone" / "loop.jsonl")
    async with channel(path=tmp_path / "loop.jsonl") as loop:
        with pytest.raises(Unknown):
            await loop.submit(outgoing("loopback:vagt"))
