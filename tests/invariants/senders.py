"""Submitters that send, stop, correct and send again with the same key, and write down each success they hear."""

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.invariants.stage import GROUP, STAFF, Stage

WORDS = ("flash", "immediate", "priority", "routine")
SHARES = (2, 2, 3, 7)
LIVES_S = {"flash": (4, 5), "immediate": (4, 5), "priority": (2, 5), "routine": (2, 5)}
PAUSE_S = (0.02, 0.25)


class Sender:
    """One submitter. Its choices come from the seed alone."""

    def __init__(self, stage: Stage, number: int) -> None:
        self._stage, self._number = stage, number
        self._random = random.Random(f"{stage.seed}/{number}")
        self._count = 0

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            sent = await self._send()
            chance = self._random.random()
            if chance < 0.10:
                await self._stop(sent["id"])
            elif chance < 0.18:
                await self._follow(sent, self._random.choice(["correct", "update", "all-clear"]))
            elif chance < 0.25:
                await self._again(sent)
            await asyncio.sleep(self._random.uniform(*PAUSE_S))

    async def _send(self) -> dict[str, Any]:
        word = self._random.choices(WORDS, SHARES)[0]
        to = self._random.sample(STAFF, self._random.randint(1, 3))
        if self._random.random() < 0.15:
            to.append("krisestab")
        lives = timedelta(seconds=self._random.randint(*LIVES_S[word]))
        expires = (datetime.now(UTC) + lives).replace(microsecond=0)
        self._count += 1
        body = {
            "to": to,
            "precedence": word,
            "headline": f"Øvelse {self._number}.{self._count}",
            "text": f"Strømmen er væk på rådhuset. Nr. {self._number}-{self._count}.",
            "expires": expires.isoformat(),
        }
        if word == "priority":
            body["want"] = "submitted"  # mail proves no more than that
        recipients = sorted({each for name in to for each in (GROUP if name == "krisestab" else [name])})
        facts = {"recipients": recipients, "precedence": word, "expires": expires.timestamp()}
        return await self._post("/alerts", body, facts)

    async def _post(self, path: str, body: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
        key = f"{self._number}-{self._count}-{path.rpartition('/')[2]}"
        status, answer = await self._stage.ask("POST", path, json=body, headers={"Idempotency-Key": key})
        sent = {"key": key, "path": path, "body": body, "id": answer.get("id"), **facts}
        if status == 202:
            kept = {name: sent[name] for name in ("key", "id", *facts)}
            self._stage.ledger.write("accepted", **kept)
        else:
            assert status in {409, 422}, answer  # expired while the hub was away, or withdrawn meanwhile
        return sent

    async def _stop(self, identifier: str | None) -> None:
        if identifier is None:
            return
        await asyncio.sleep(self._random.uniform(0, 0.05))
        status, answer = await self._stage.ask("POST", f"/alerts/{identifier}/stop")
        assert status == 200, answer
        self._stage.ledger.write("stopped", id=identifier)

    async def _follow(self, sent: dict[str, Any], how: str) -> None:
        if sent["id"] is None:
            return
        await asyncio.sleep(self._random.uniform(0, 0.2))
        expires = (datetime.now(UTC) + timedelta(seconds=4)).replace(microsecond=0)
        body = {"headline": f"{how} Nr. {self._number}-{self._count}-{how}.", "expires": expires.isoformat()}
        facts = {"recipients": [], "precedence": sent["precedence"], "expires": expires.timestamp()}
        await self._post(f"/alerts/{sent['id']}/{how}", body, facts | {"replaces": sent["id"]})

    async def _again(self, sent: dict[str, Any]) -> None:
        """The same key and body, some time later: the same answer, and no second alert."""
        if sent["id"] is None or time.time() > sent["expires"] - 0.5:
            return
        headers = {"Idempotency-Key": sent["key"]}
        status, answer = await self._stage.ask("POST", sent["path"], json=sent["body"], headers=headers)
        assert status == 422 or answer["id"] == sent["id"], answer
