"""Loopback: a bearer that ends in a file or in memory. For drills and tests, and the example to copy.

The far end is `path`, one JSON object a line, or the list `delivered`; a folder that is gone is a far end
that is away. `outcome` and `delay_s` script what it does, `answer` what each recipient answers.
"""

import asyncio
import errno
import json
import os
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator

from channels import base
from channels.feed import Feed
from messages.evidence import Evidence
from messages.render import Size, body, subject

SCHEMES = frozenset({"loopback"})


class LoopbackConfig(base.ChannelConfig):
    path: Path | None = None  # None: in memory
    outcome: Literal["accept", "transient", "permanent", "unknown"] = "accept"
    delay_s: float = Field(0.0, ge=0, le=3600)
    answer: str = ""  # "": nothing

    @field_validator("path")
    @classmethod
    def _can_be_written(cls, path: Path | None) -> Path | None:
        if path is not None and path.exists() and not path.is_file():
            raise ValueError(f"'{path}' is a folder, a pipe or a device. Name a file, which may be a new one")
        return path


def measure(text: str) -> Size:
    return Size(1, len(text.encode()))


class LoopbackChannel:
    config_model: ClassVar[type[base.ChannelConfig]] = LoopbackConfig
    capability = base.Capability(
        schemes=SCHEMES, max_evidence=Evidence.SUBMITTED, measure=measure, window=4, two_way=True
    )

    def __init__(self, name: str, config: LoopbackConfig) -> None:
        self.name, self.config, self.delivered, self._feed = name, config, list[dict[str, str]](), Feed()

    async def __aenter__(self) -> Self:
        self._feed = Feed()
        await self.probe()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._feed.close()

    def events(self) -> AsyncIterator[base.Event]:
        return self._feed.events()

    async def probe(self) -> base.Health:
        reason = "" if self.config.path is None else _amiss(self.config.path)
        return self._feed.put_health(base.Health(base.State.DOWN if reason else base.State.UP, reason))

    async def submit(self, outgoing: base.Outgoing) -> base.Receipt:
        ref, to = outgoing.attempt, str(outgoing.address)
        line = {"to": to, "attempt": ref, "subject": subject(outgoing.words), "text": body(outgoing.words)}
        if outgoing.address.scheme != "loopback" or self.config.outcome == "permanent":
            raise base.PermanentFailure(f"{to} will never do")
        await asyncio.sleep(self.config.delay_s)
        if (health := await self.probe()).state is base.State.DOWN:
            raise base.ChannelDown(health.reason)
        if self.config.outcome == "transient":
            raise base.TransientFailure("told to refuse for now")
        outgoing.hand_over()  # right before the first byte: from here on nobody can say that nothing left
        try:
            await self._keep(line)
        except OSError as error:
            raise base.Unknown(f"{self.config.path}: {error.strerror}", references=(ref,)) from error
        if self.config.outcome == "unknown":
            raise base.Unknown("told to fall silent", references=(ref,))
        if text := self.config.answer:
            now = datetime.now(UTC)
            await self._feed.put(base.Inbound(bearer_id=ref, sender=to, text=text, at=now, in_reply_to=ref))
        return base.Receipt((ref,))

    async def _keep(self, line: dict[str, str]) -> None:
        if self.config.path is None:
            self.delivered.append(line)
        else:
            text = json.dumps(line, ensure_ascii=False) + "\n"
            await asyncio.to_thread(_append, self.config.path, text.encode())


def _amiss(path: Path) -> str:
    """Why nothing can be written there, '' if nothing is seen."""
    if not path.parent.is_dir():
        return "the folder is gone"
    return f"{path} is no file" if path.exists() and not path.is_file() else ""


def _append(path: Path, octets: bytes) -> None:
    """Never waits for the far end of a pipe. OSError if it is no file, or not all could be written."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    with open(descriptor, "wb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "is no file", str(path))
        file.write(octets)
