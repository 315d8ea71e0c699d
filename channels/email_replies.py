"""The relay's answers: octets in, replies out (RFC 5321 4.2). Pure, bounded, strict."""

import re
from dataclasses import dataclass

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n]*))?")
_LONGEST_ANSWER = 32_768  # octets of one answer with all its lines; a real EHLO is a tenth of it
_LONGEST_TEXT = 500  # characters kept of one answer
_UNSEEMLY = re.compile(r"[^ -~\u00a0-\ud7ff\ue000-\U0010ffff]")


class BrokenReply(ValueError):
    """Not an SMTP answer, or one without end: the session cannot go on."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its code, and its lines joined by spaces, without what could steer a terminal or end a line."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


class Replies:
    """Cuts a stream into replies, at any chunk size."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[bytes] = []
        self._octets = 0

    @property
    def unfinished(self) -> bool:
        """Whether an answer has begun that is not whole yet."""
        return bool(self._buffer or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that `data` completes, in order; BrokenReply if they are none."""
        self._buffer += data
        self._octets += len(data)
        *lines, self._buffer = self._buffer.split(b"\n")
        replies = [reply for line in lines if (reply := self._line(line.removesuffix(b"\r"))) is not None]
        if replies:
            self._octets = len(self._buffer)
        if self._octets > _LONGEST_ANSWER:
            raise BrokenReply("an answer without end")
        return replies

    def _line(self, line: bytes) -> Reply | None:
        found = _LINE.fullmatch(line)
        if found is None:
            raise BrokenReply(f"no SMTP answer: {line[:60]!r}")
        code, dash, text = found.groups()
        self._lines.append(text or b"")
        if dash == b"-":
            return None
        said = b" ".join(self._lines).decode("utf-8", "replace")
        self._lines.clear()
        return Reply(int(code), _UNSEEMLY.sub("?", said)[:_LONGEST_TEXT])
