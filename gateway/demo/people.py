"""The people of the demonstration: they read what their phones have, and answer like people do.

They act in the far ends only; the hub hears of it over its networks.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from gateway.demo.cast import HEAD, Role, by_address
from gateway.demo.networks import Copy, Networks
from gateway.demo.words import Words
from messages.answer import find_code

_LOOK_S = 0.05
_AWAKE_S = 1.5  # who is awake reads the next message soon


class Kind(Enum):
    """Which of the story's messages a text is."""

    CALL_IN = "call-in"
    STATUS = "status"
    CORRECTION = "correction"
    OTHER = "other"


_SIGNS = {
    Kind.CORRECTION: ("RETTELSE", "CORRECTION"),
    Kind.STATUS: ("STATUS",),
    Kind.CALL_IN: ("03.45",),
}


def kind_of(text: str) -> Kind:
    return next((kind for kind, signs in _SIGNS.items() if any(sign in text for sign in signs)), Kind.OTHER)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that left a phone. `counts` False: a thumb."""

    t: float
    role: str
    kind: Kind
    text: str
    counts: bool


@dataclass(slots=True)
class People:
    """`run` until cancelled. `received` and `said` are the far ends' ledger of the story."""

    networks: Networks
    words: Words
    seed: int
    pace: float
    heard: Callable[[str], None]  # a line for the log of the story
    received: list[Copy] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    _asked: set[tuple[str, str]] = field(default_factory=set)

    async def run(self) -> None:
        owners = by_address()
        chance = {role.id: random.Random(f"{self.seed} {role.id}") for role in owners.values()}  # noqa: S311
        async with asyncio.TaskGroup() as group:
            while True:
                for copy in self.networks.arrivals():
                    self.received.append(copy)
                    role, kind = owners.get(copy.address), kind_of(copy.text)
                    if role is None or copy.channel == "mail" or (role.id, _question(copy)) in self._asked:
                        continue
                    self._asked.add((role.id, _question(copy)))
                    group.create_task(
                        self._answer(copy, role, kind, chance[role.id]), name=f"{role.id} answers"
                    )
                await asyncio.sleep(_LOOK_S)

    async def _answer(self, copy: Copy, role: Role, kind: Kind, chance: random.Random) -> None:
        """Answers once to each message, however many copies of it came."""
        slower = chance.uniform(0.8, 1.2) * self.pace
        rested = 0.0
        for after_s, key in _replies(role, kind):
            await asyncio.sleep((after_s - rested) * slower)
            rested = after_s
            await self._say(copy, role, kind, key)

    async def _say(self, copy: Copy, role: Role, kind: Kind, key: str) -> None:
        text = self.words.say(key, quoted=copy.text, code=find_code(copy.text))
        await self.networks.modems[copy.channel].order("receive", **{"from": copy.address}, text=text)
        thumb = key == "thumb"
        self.said.append(Said(time.time(), role.id, kind, text, counts=not thumb))
        if kind is not Kind.CORRECTION:
            line = "log-thumb" if thumb else "log-answer"
            self.heard(self.words.say(line, who=self.words.name(role.id), text=text))


def _question(copy: Copy) -> str:
    """What is asked: copies of the same message, marked as repeated or not, are one question."""
    return f"{kind_of(copy.text).value} {find_code(copy.text)}"


def _replies(role: Role, kind: Kind) -> tuple[tuple[float, str], ...]:
    if role.id == HEAD:
        return ()  # asleep, with the phone in another room
    if kind is Kind.CALL_IN:
        return tuple((reply.after_s, reply.key) for reply in role.replies)
    return {
        Kind.OTHER: ((_AWAKE_S, "answer-1"),),  # what a visitor of --stay sends
        Kind.STATUS: ((_AWAKE_S, "answer-status"),),
        Kind.CORRECTION: ((_AWAKE_S, "answer-1"),),
    }.get(kind, ())
