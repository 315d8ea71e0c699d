"""Those who watch: each has a bounded queue of events; one that does not keep up is let go and looks again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

QUEUE_MOST = 1000


class Watchers:
    """Tells what changed. Events are hints to look again, never the only copy of anything."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[dict[str, Any] | None]] = set()

    @contextmanager
    def watch(self) -> Iterator["asyncio.Queue[dict[str, Any] | None]"]:
        """A queue of events; None means that events were missed: look at everything again."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(QUEUE_MOST)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def alerts(self, numbers: set[int]) -> None:
        if self._queues and numbers:
            self.tell({"type": "alerts", "numbers": sorted(numbers)})

    def tell(self, event: dict[str, Any]) -> None:
        for queue in self._queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)
