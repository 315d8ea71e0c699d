"""The relay's answers, at any chunk size, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email_replies import BrokenReply, Replies, Reply

STREAM = (
    b"250-relay.invalid\r\n250-SIZE 10\r\n250 DSN\r\n250 2.1.0 Ok\r\n354\r\n550 5.1.1 ukendt \xc3\xb8\r\n"
)
READ = [
    Reply(250, "relay.invalid SIZE 10 DSN"),
    Reply(250, "2.1.0 Ok"),
    Reply(354, ""),
    Reply(550, "5.1.1 ukendt ø"),
]


@pytest.mark.parametrize("size", range(1, len(STREAM) + 1))
def test_answers_are_read_at_every_chunk_size(size: int) -> None:
    replies = Replies()
    chunks = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert [reply for chunk in chunks for reply in replies.feed(chunk)] == READ


@pytest.mark.parametrize(
    "noise", [b"hello\r\n", b"25 ok\r\n", b"999 ok\r\n", b"2500 ok\r\n", b"\r\n", b"250_ok\r\n"]
)
def test_what_is_no_answer_breaks_the_session(noise: bytes) -> None:
    with pytest.raises(BrokenReply):
        Replies().feed(noise)


@pytest.mark.parametrize("endless", [b"250-on and on\r\n", b"250 no line end "])
def test_an_answer_without_end_is_bounded(endless: bytes) -> None:
    with pytest.raises(BrokenReply, match="without end"):
        Replies().feed(endless * (40_000 // len(endless)))


def test_many_answers_are_not_one_without_end() -> None:
    replies = Replies()
    assert sum(len(replies.feed(b"250 ok\r\n")) for _ in range(10_000)) == 10_000


@given(st.binary(max_size=400))
def test_noise_never_raises_anything_else(noise: bytes) -> None:
    try:
        replies = Replies().feed(noise)
    except BrokenReply:
        return
    assert all(
        200 <= reply.code <= 599 and "\n" not in reply.text and "\x1b" not in reply.text for reply in replies
    )
