"""A store in which somebody was asked, what is heard from them, and what then stands in the inbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from channels.base import Inbound
from gateway.store.accepting import Accepted
from gateway.store.answering import Matched
from gateway.store.inbox import Listed, list_inbox
from gateway.store.receiving import receive
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.stores import Bench, store_in

STATUS = (("1", "alt ok"), ("4", "liv i fare"))


@asynccontextmanager
async def asked(
    folder: Path, questions: int = 1, *, people: list[dict[str, Any]] | None = None, to: str = "vagt"
) -> AsyncIterator[tuple[Bench, list[Accepted]]]:
    """A store in which the duty contact was asked for a status, with 4 an urgent answer."""
    async with store_in(folder, people=people) as bench:
        sent = [
            await bench.accept(to, precedence=Precedence.FLASH, answers=STATUS, urgent=("4",))
            for _ in range(questions)
        ]
        for claimed in await bench.claim(window=9):
            await bench.conclude(claimed)
        yield bench, sent


async def hears(
    bench: Bench, text: str, sender: str = "loopback:vagt", *, channel: str = "loop", **more: Any
) -> Matched:
    event = Inbound(**{"bearer_id": text, "sender": sender, "text": text, "at": bench.now} | more)
    return await bench.store.run(receive, (channel, event))


async def items(bench: Bench, *, everything: bool = False) -> list[dict[str, Any]]:
    return await bench.store.read(list_inbox, Listed(everything))


async def evidence(bench: Bench) -> list[Evidence]:
    return [Evidence(r["evidence"]) for r in await bench.rows("select evidence from deliveries order by id")]
