"""What the hub says of itself: it tells the duty officer of an urgent answer, and asks back which question is meant.

Both are alerts like others, with evidence, a ladder and an audit, and each is sent once: their keys are made from
what they are about. Nobody who is not in the directory is ever written to.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

from gateway.accept import Submission
from gateway.errors import GatewayError
from gateway.marks import ASKS, TELLS
from gateway.store.accepting import Accepted
from gateway.store.answering import Matched
from gateway.store.database import Store
from gateway.store.inbox import inbox_item
from gateway.store.questions import Question
from gateway.store.showing import Json
from gateway.store.telling import told, told_lately, untold
from gateway.world import World
from messages.directory import Contact
from messages.neutral import neutral_line
from messages.precedence import Precedence

log = logging.getLogger(__name__)

_TEXT_MOST = 60  # characters of what they wrote that go with it
_NAMES_MOST = 4  # questions that are named when the hub asks back
_OF_A_STRANGER, _OF_STRANGERS = 3, 10  # notices an hour; the rest stand in the inbox
_WORDS = {
    "da": {
        "urgent": "HASTEMELDING {code}fra {who}: {said}",
        "stranger": "{who} (ikke i kontakterne)",
        "nobody": "ukendt afsender",
        "take": "jeg tager den",
        "which": "Hvad svarer du på?",
        "write": "Skriv koden først: {codes}",
    },
    "en": {
        "urgent": "URGENT {code}from {who}: {said}",
        "stranger": "{who} (not among the contacts)",
        "nobody": "unknown sender",
        "take": "I take it",
        "which": "What are you answering?",
        "write": "Begin with the code: {codes}",
    },
}


class Duty:
    """Sends what the hub itself has to say. `send` takes the JSON of the contract and a submission."""

    def __init__(self, store: Store, send: Callable[[bytes, Submission], Awaitable[Accepted]]) -> None:
        self._store, self._send = store, send

    async def heard(self, matched: Matched) -> None:
        """Does what an inbound message calls for. What cannot be sent is logged, and stands in the inbox."""
        try:
            if matched.urgent is not None:
                await self._tell(matched.urgent)
            if matched.several:
                await self._ask_back(matched.several)
        except GatewayError as error:
            log.error("what the hub has to say was not accepted: %s", error)

    async def catch_up(self) -> None:
        """After a restart: urgent answers of which nobody has been told."""
        for number in await self._store.read(untold, None):
            await self.heard(Matched("answer", urgent=number))

    async def _tell(self, number: int) -> None:
        duty, item = self._store.world.duty, await self._store.read(inbox_item, number)
        if item["told"]:
            return
        if not duty:
            log.warning("urgent item %d is in the inbox, and no duty officer is configured", number)
            return
        people, lately = senders(item, self._store.world), await self._store.read(told_lately, number)
        if lately.same:  # who takes the one takes the other
            await self._store.run(told, (number, lately.same))
            return
        if not people and (lately.of_sender >= _OF_A_STRANGER or lately.unmatched >= _OF_STRANGERS):
            log.warning("urgent item %d is in the inbox: enough was told of strangers in this hour", number)
            return
        body = urgent_alert(item, people, duty=duty, plane=self._store.world.plane)
        accepted = await self._send(body, Submission(submitter=ASKS, key=f"urgent:{number}"))
        await self._store.run(told, (number, accepted.identifier))

    async def _ask_back(self, several: tuple[Question, ...]) -> None:
        body = which_alert(several)
        await self._send(body, Submission(submitter=TELLS, key=f"which:{sha256(body).hexdigest()}"))


def senders(item: Json, world: World) -> tuple[Contact, ...]:
    """Whose message it is, or may be: nobody's where the sender is not in the directory."""
    if item["recipient"]:
        contact = world.directory.contact(item["recipient"])
        return (contact,) if contact else ()
    return world.directory.at(item["sender"])


def urgent_alert(item: Json, people: tuple[Contact, ...], *, duty: str, plane: str) -> bytes:
    """The alert about an urgent item, to the duty officer: who, what, about which alert; or what is known of that."""
    alert = item["alert"]
    words = _words(alert["language"] if alert else "da")
    said = neutral_line(item["text"])
    shown = f"{said[:_TEXT_MOST]}..." if len(said) > _TEXT_MOST else said
    code = f"#{alert['code']} " if alert else ""
    headline = words["urgent"].format(code=code, who=_who(item, people, words), said=shown)
    return _json(
        to=[duty],
        status=alert["status"] if alert else "Actual" if plane == "live" else "Exercise",
        precedence=Precedence.FLASH.word,
        headline=headline,
        answers={"1": words["take"]},
    )


def _who(item: Json, people: tuple[Contact, ...], words: dict[str, str]) -> str:
    if people:
        return " / ".join(neutral_line(each.name) for each in people[:_NAMES_MOST])
    address = neutral_line(item["recipient"] or item["sender"].partition(":")[2] or item["sender"])
    return words["stranger"].format(who=address[:_TEXT_MOST]) if address else words["nobody"]


def which_alert(several: tuple[Question, ...]) -> bytes:
    """The alert that asks back, to the one person who may have answered any of these."""
    first = several[0]
    words = _words(first.alert.language)
    named = [f"#{q.code} ({neutral_line(q.alert.headline)[:30]})" for q in several[:_NAMES_MOST]]
    return _json(
        to=[first.recipient],
        status=first.alert.status.value,
        precedence=min(q.alert.precedence for q in several).word,
        headline=words["which"],
        text=words["write"].format(codes=", ".join(named)),
        want="delivered",
    )


def _words(language: str) -> dict[str, str]:
    return _WORDS["da" if language.lower().startswith("da") else "en"]


def _json(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()
