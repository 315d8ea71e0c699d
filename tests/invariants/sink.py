"""A mail server in a process of its own: takes 5 to 30 ms a mail and writes down when each step happened.

`python -m tests.invariants.sink JOURNAL SEED` prints its port, then a line for every mail whose content has arrived
and is not answered yet. One JSON object a line: `data` (the DATA command), `content` (all of it is here, the answer
is not given) and `sent` (kept, and answered with 250 right after).
"""

import asyncio
import json
import random
import re
import sys
import time
from pathlib import Path
from typing import TextIO

from gateway.demo_mail import MailSink

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
PAUSE_S = (0.005, 0.030)


class SlowSink(MailSink):
    def __init__(self, journal: TextIO, seed: int) -> None:
        super().__init__()
        self._lines, self._random = journal, random.Random(seed)

    async def answer(self, step: str, line: str) -> str:
        if step == "DATA":
            self._write("data", session=id(asyncio.current_task()))
        return await super().answer(step, line)

    async def _keep(
        self, writer: asyncio.StreamWriter, *, sender: str, recipients: list[str], raw: bytes
    ) -> None:
        """A mail whose content is here is delivered, whether or not the client lives to hear of it."""
        found = _MESSAGE_ID.search(raw)
        assert found is not None
        attempt, session = found[1].decode().rpartition("@")[0], id(asyncio.current_task())
        self._write("content", session=session, attempt=attempt)
        print("content", flush=True)
        await asyncio.sleep(self._random.uniform(*PAUSE_S))
        for to in recipients:
            text = raw.decode("utf-8", "replace")
            self._write("sent", session=session, attempt=attempt, to=f"mailto:{to}", text=text)
        writer.write((await self.answer("content", "")).encode() + b"\r\n")
        await writer.drain()

    def _write(self, event: str, **facts: object) -> None:
        self._lines.write(json.dumps({"t": time.time(), "event": event, **facts}) + "\n")
        self._lines.flush()


async def main(journal: Path, seed: int) -> None:
    with journal.open("a", encoding="utf-8") as lines:
        async with SlowSink(lines, seed) as sink:
            print(sink.port, flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
