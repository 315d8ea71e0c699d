"""What the story is played on: the installation, the networks, the people and the hub, and the outside ledger."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.accept import new_identifier
from gateway.demo.cast import CALLED, by_address
from gateway.demo.figures import FarEnds, Judged, audit_check, judge
from gateway.demo.hub import HubProcess
from gateway.demo.installation import ALONE, CHANNELS, DOMAIN_OF, Installation, reach
from gateway.demo.networks import Networks
from gateway.demo.people import Kind, People, kind_of
from gateway.demo.watcher import Watcher
from gateway.demo.words import Words
from messages.alert import Alert, MsgType, Status, to_cap
from messages.cap import serialise
from messages.precedence import Precedence

PICTURE_VARIABLE = "BAVN_DEMO_PICTURE"
FAILING = frozenset(
    DOMAIN_OF[name] for name in ALONE
)  # what the story takes away: the internet and network A


@dataclass(slots=True)
class Stage:
    installation: Installation
    networks: Networks
    hub: HubProcess
    people: People
    watcher: Watcher
    words: Words
    pace: float
    seed: int
    accepted: dict[str, frozenset[str]] = field(default_factory=dict)
    failing: frozenset[str] = FAILING
    accepted_t: float = 0.0
    corrected_t: float | None = None

    async def rest(self, seconds: float) -> None:
        """Time for those who watch; nothing is done meanwhile but what people and networks do."""
        await asyncio.sleep(seconds * self.pace)

    def tell(self, key: str, **values: Any) -> None:
        self.watcher.screen.tell(self.words.say(key, **values))

    def step(self, key: str, **values: Any) -> None:
        self.watcher.step(self.words.say(key, **values))

    def within(self, seconds: float) -> float:
        """A limit that a slow machine does not reach: it ends the story only when something is wrong."""
        return seconds * self.pace + 20.0

    def cap_file(self) -> bytes:
        """The call-in as a CAP 1.2 file, written to the folder as it is sent."""
        now = datetime.now(UTC)
        words = self.words
        alert = Alert(
            identifier=new_identifier(now),
            sender=self.installation.config.gateway.id,
            sender_name=words["sender"],
            sent=now.replace(microsecond=0),
            status=Status.EXERCISE,
            msg_type=MsgType.ALERT,
            precedence=Precedence.FLASH,
            headline=words["call-in"],
            text=words["call-in"],
            long_text=words["call-in-long"],
            to=CALLED,
            answers=tuple((key, words[f"call-in-{key}"]) for key in "123"),
            event=words["call-in"],
            language={"da": "da-DK", "en": "en-GB"}[words.language],
        )
        cap = serialise(to_cap(alert))
        (self.installation.folder / "alert.xml").write_bytes(cap)
        return cap

    async def send(
        self, name: str, body: bytes | dict[str, Any], *, path: str = "/api/v1/alerts"
    ) -> dict[str, Any]:
        """As `bavn send` does it: over the hub's socket. What is accepted goes into the outside ledger."""
        answer = await self.hub.ask("POST", path, body=body)
        shown = await self.hub.alert(answer["id"])
        self.accepted[name] = frozenset(d["recipient"] for d in shown["deliveries"])
        self.watcher.alerts[name] = answer["id"]
        return answer

    async def call_in(self, cap: bytes) -> None:
        begun = time.monotonic()
        self.accepted_t = time.time()
        answer = await self.hub.ask("POST", "/api/v1/alerts", body=cap)
        ms = (time.monotonic() - begun) * 1000
        self.accepted["call-in"] = frozenset(CALLED)
        self.watcher.alerts["call-in"] = answer["id"]
        self.tell("accepted", code=answer["code"], ms=ms, n=answer["recipients"])

    def have(self, kind: Kind) -> frozenset[str]:
        """The roles whose phone or mailbox has a message of this kind."""
        owners = by_address()
        copies = (c for c in self.people.received if kind_of(c.text) is kind and c.address in owners)
        return frozenset(owners[copy.address].id for copy in copies)

    def save_picture(self) -> None:
        """For docs/demo.svg: the screen as it stands, where BAVN_DEMO_PICTURE says."""
        if path := os.environ.get(PICTURE_VARIABLE):
            self.watcher.screen.picture(Path(path))

    async def judged(self) -> Judged:
        """The figures, as the far ends see them now."""
        await self.watcher.look()
        ends = FarEnds(
            accepted=self.accepted,
            received=self.people.received,
            said=self.people.said,
            sent=self.networks.taken(),
            accepted_t=self.accepted_t,
            corrected_t=self.corrected_t,
        )
        config = self.installation.config
        with_bavn = reach(config, only=CHANNELS, without=self.failing)
        audit = await asyncio.to_thread(audit_check, config.database, config.anchor)
        return judge(ends, self.watcher.seen, with_bavn=with_bavn, seed=self.seed, audit=audit)
