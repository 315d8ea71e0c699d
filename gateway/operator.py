"""What an operator asks of the hub: stop, correct, answer by hand, see and switch channels."""

import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from channels.base import Logged, Tested, examine
from gateway.accept import Submission, new_identifier, refusal
from gateway.errors import NotFound, Refused
from gateway.hub import Hub
from gateway.router import Way
from gateway.scheduler import is_exercise
from gateway.store.accepting import Accepted
from gateway.store.answering import Matched, Spoken, answer_by_hand
from gateway.store.channel_states import Switch, queue_lengths, switch
from gateway.store.inbox import Identified, Taken, identify, inbox_item, take
from gateway.store.series import standing_rounds
from gateway.store.showing import Json, alert_row
from gateway.store.stopping import Stopping, stop
from messages.alert import (
    Alert,
    AlertError,
    AlertRequest,
    MsgType,
    Reference,
    Withdrawal,
    compose,
    from_json,
    is_time,
)
from messages.precedence import Precedence


class Follow(StrEnum):
    """What follows an alert. The words are those of the command line and of the path."""

    CORRECT = "correct"  # the earlier text was wrong
    ALL_CLEAR = "all-clear"  # the danger is over
    UPDATE = "update"  # the earlier text was right, there is more


_AS = {
    Follow.CORRECT: (MsgType.UPDATE, Withdrawal.CORRECTION),
    Follow.ALL_CLEAR: (MsgType.CANCEL, Withdrawal.ALL_CLEAR),
    Follow.UPDATE: (MsgType.UPDATE, Withdrawal.UPDATE),
}
_ALLOWED = frozenset(
    {
        "headline",
        "text",
        "radio_text",
        "long_text",
        "answers",
        "number",
        "urgent",
        "want",
        "expires",
        "precedence",
    }
)
_NUMBER = re.compile(r"[0-9]{1,2}")  # as the keys of answers
_ASKING = frozenset({"answers", "number", "urgent"})
_ALL_CLEAR_TEXT = {"da": "Faren er ovre", "en": "The danger is over"}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A request to follow up: the fields of the JSON to send, without `to` and `status`, which are inherited."""

    kind: Follow
    identifier: str
    fields: dict[str, Any]
    body: bytes


class Operator:
    """The hub's operator desk."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def stop(self, identifier: str) -> Stopping:
        """Nothing more leaves, and no text is sent. Of a question that is put again and again, every round."""
        others = [name for name in await self._rounds(identifier) if name != identifier]
        with self._hub.outgoing.withdrawing([identifier, *others]):
            for name in others:
                await self._hub.store.run(stop, name)
            return await self._hub.store.run(stop, identifier)

    async def _rounds(self, identifier: str) -> list[str]:
        return await self._hub.store.read(standing_rounds, identifier)

    async def follow(self, up: FollowUp, submission: Submission) -> Accepted:
        """Withdraws the earlier alert and tells exactly those who may have got it."""
        row = await self._hub.store.read(alert_row, up.identifier)
        earlier = from_json(row.body)
        rows = [await self._hub.store.read(alert_row, name) for name in await self._rounds(up.identifier)]
        rounds = [from_json(each.body).reference for each in rows]
        alert = self._composed(up, earlier, references=tuple(dict.fromkeys((earlier.reference, *rounds))))
        body = b"\n".join((up.kind.encode(), up.identifier.encode(), up.body))
        given = is_time(up.fields.get("expires"))
        return await self._hub.intake.follow(alert, submission, body, expires_given=given)

    def _composed(self, up: FollowUp, earlier: Alert, *, references: tuple[Reference, ...]) -> Alert:
        wrong = up.fields.keys() - _ALLOWED
        if wrong:
            name = min(wrong)
            raise Refused(f"{name} cannot be changed by what follows an alert", pointer=name)
        msg_type, withdrawal = _AS[up.kind]
        fields = {
            "precedence": earlier.precedence.word,
            **up.fields,
            "to": earlier.to,
            "status": earlier.status,
        }
        if up.kind is Follow.ALL_CLEAR and "headline" not in fields:
            fields["headline"] = _ALL_CLEAR_TEXT[
                earlier.language[:2] if earlier.language[:2] in _ALL_CLEAR_TEXT else "en"
            ]
        now = self._hub.clock()
        try:
            composed = replace(
                compose(
                    AlertRequest.model_validate_json(json.dumps(fields)),
                    identifier=new_identifier(now),
                    sender=earlier.sender,
                    sender_name=earlier.sender_name,
                    sent=now.replace(microsecond=0),
                ),
                msg_type=msg_type,
                withdrawal=withdrawal,
                references=references,
                language=earlier.language,
            )
        except ValidationError as error:
            raise refusal(error) from error
        except AlertError as error:
            raise Refused(str(error), pointer=error.element) from error
        return _asking_on(composed, up, earlier)

    async def answer(self, spoken: Spoken) -> Matched:
        """What somebody said. Refused where it is the number of an answer that was not offered."""
        row = await self._hub.store.read(alert_row, spoken.identifier)
        offered, said = [key for key, _ in from_json(row.body).answers], spoken.text.strip()
        numbered = bool(offered) and all(_NUMBER.fullmatch(key) for key in offered)
        if numbered and _NUMBER.fullmatch(said) and said not in offered:
            remedy = "write one of these, or in words what was said"
            about = {"said": said, "offered": ", ".join(offered)}
            raise Refused(
                f"{said} is none of {about['offered']}: {remedy}",
                pointer="text",
                code="not_offered",
                about=about,
            )
        matched = await self._hub.store.run(answer_by_hand, spoken)
        await self._hub.duty.heard(matched)
        return matched

    async def take(self, taken: Taken) -> Json:
        """Somebody takes an item of the inbox, or ticks it off."""
        await self._hub.duty.closed(await self._hub.store.run(take, taken))
        return await self._hub.store.read(inbox_item, taken.number)

    async def identify(self, said: Identified) -> Json:
        """Staff know whose message it is: then it is an answer."""
        await self._hub.duty.heard(await self._hub.store.run(identify, said))
        return await self._hub.store.read(inbox_item, said.number)

    async def channels(self) -> list[dict[str, Any]]:
        lengths = await self._hub.store.read(queue_lengths, None)
        return [self._channel(name, lengths.get(name, {})) for name in self._hub.dispatchers]

    async def channel(self, name: str) -> dict[str, Any]:
        self._known(name)
        lengths = await self._hub.store.read(queue_lengths, None)
        return self._channel(name, lengths.get(name, {}))

    def _channel(self, name: str, waiting: dict[int, int]) -> dict[str, Any]:
        health = self._hub.health(name)
        way = self._way(name)
        total = sum(waiting.values())
        channel = self._hub.dispatchers[name].channel
        pace = channel.capability.seconds_per_message / channel.capability.window if channel else None
        return {
            "name": name,
            "bearer": way.bearer,
            "domains": sorted(way.domains),
            "planes": sorted(way.planes),
            "state": health.state.value,
            "reason": health.reason,
            "disabled": way.disabled,
            "in_flight": self._hub.dispatchers[name].in_flight,
            "waiting": total,
            "waiting_by_precedence": _by_precedence(waiting),
            "drained_in_s": None if pace is None else round(total * pace, 1),
        }

    def _way(self, name: str) -> Way:
        return next(way for way in self._hub.store.world.surroundings.ways if way.name == name)

    async def switch(self, name: str, *, disabled: bool, reason: str, by: str) -> None:
        self._known(name)
        await self._hub.store.run(switch, Switch(name, disabled, reason, by))
        await self._hub.reload_states()

    async def test(self, name: str) -> dict[str, Any]:
        """What the channel can prove without sending anything to anybody."""
        dispatcher = self._known(name)
        found = Tested(dispatcher.health)
        if dispatcher.channel is not None:
            found = await examine(dispatcher.channel)
            dispatcher.note(found.health)
        health = found.health
        return {
            "name": name,
            "state": health.state.value,
            "reason": health.reason,
            "disabled": self._way(name).disabled,
            "proved": list(found.proved),
        }

    def port_log(self, name: str) -> dict[str, Any]:
        """What went over the channel's port lately; no lines where it has no port of its own."""
        channel = self._known(name).channel
        return {"name": name, "lines": channel.port_log() if isinstance(channel, Logged) else []}

    def _known(self, name: str) -> Any:
        if name not in self._hub.dispatchers:
            known = ", ".join(self._hub.dispatchers)
            about = {"name": repr(name), "known": known}
            reason = f"there is no channel {name!r}: this gateway has {known}"
            raise NotFound(reason, code="no_channel", about=about)
        return self._hub.dispatchers[name]


def _asking_on(alert: Alert, up: FollowUp, earlier: Alert) -> Alert:
    """With the answers of the earlier one, where it says none itself: who corrects a place still asks who comes."""
    if up.kind is Follow.ALL_CLEAR or up.fields.keys() & _ASKING:
        return alert
    return replace(alert, answers=earlier.answers, urgent=earlier.urgent)


def _by_precedence(waiting: dict[int, int]) -> dict[str, int]:
    found = {precedence.word: 0 for precedence in Precedence}
    for rank, number in waiting.items():
        found[Precedence(rank - 4 if is_exercise(rank) else rank).word] += number
    return found
