"""Entries to deliveries: what a submitter sends is judged here, and kept by the store before they hear of it.

Judging is pure and happens before the store is asked: an alert that cannot be carried out is refused with an error
that names the element. The audience is never guessed: no recipients means a refusal, not everybody.
"""

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.clock import Clock, from_ms, to_ms
from gateway.errors import GatewayError, Refused
from gateway.judging import Judging
from gateway.outgoing import OutgoingMaker
from gateway.policy import Policy
from gateway.room import Reserve
from gateway.store.accepting import CAP_KEY, Acceptance, Accepted, accept, withdraw
from gateway.store.database import Store
from gateway.store.naming import names_of
from gateway.store.series import Due
from gateway.strict_json import read_object
from gateway.warnings import Json, not_here, warnings
from gateway.world import World
from messages.alert import (
    Alert,
    AlertError,
    AlertRequest,
    MsgType,
    Status,
    compose,
    from_cap,
    is_time,
    to_json,
)
from messages.cap import CapError, parse
from messages.directory import Contact
from messages.evidence import Evidence
from messages.precedence import Precedence

_PLANE = {Status.ACTUAL: "live"}  # everything else belongs to the exercise plane
_SEEN = {True: "set", False: "seen"}  # in Danish, in any other language
_REPLACING = frozenset({MsgType.UPDATE, MsgType.CANCEL})
_ANSWERS = frozenset({MsgType.ACK, MsgType.ERROR})
UNKNOWN_NAMED = 5  # of the names that nobody answers to; a hint is looked for among all contacts
SKEW = timedelta(minutes=10)  # how far a sender's clock may be ahead of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What came in with the message: who sent it, under which key, and what the envelope adds to a CAP file."""

    submitter: str
    key: str = ""
    to: tuple[str, ...] = ()
    precedence: Precedence | None = None
    want: Evidence | None = None
    radio_text: str = ""


class Intake:
    """Accepts alerts: from JSON, from CAP, and as followers of an earlier alert."""

    def __init__(self, store: Store, clock: Clock, outgoing: OutgoingMaker, reserve: Reserve) -> None:
        self._store, self._clock, self._outgoing, self._reserve = store, clock, outgoing, reserve
        self._judging = Judging()

    async def json(self, body: bytes, submission: Submission) -> Accepted:
        """An alert in the JSON of the contract. Refused names the field."""
        world, now = self._store.world, self._clock()
        request = read_request(body, world)
        alert = composed(request, world, now)
        given = is_time(request.expires)
        return await self._keep(
            judge(alert, submission, world=world, now=now, body=body, expires_given=given)
        )

    async def cap(self, body: bytes, submission: Submission) -> Accepted:
        """An alert as a CAP 1.2 file; what CAP lacks comes from our profile's parameters or the envelope."""
        world, now = self._store.world, self._clock()
        judged = await self._judging.of(len(body), lambda: judge_cap(body, submission, world=world, now=now))
        return await self._keep(judged)

    async def follow(
        self, alert: Alert, submission: Submission, body: bytes, *, expires_given: bool = False
    ) -> Accepted:
        """A correction, update or all-clear that the hub itself composed from an earlier alert."""
        world, now = self._store.world, self._clock()
        return await self._keep(
            judge(alert, submission, world=world, now=now, body=body, expires_given=expires_given)
        )

    async def again(self, due: Due) -> Accepted:
        """The next round of a question that is put again and again. Its key is made from the round: it is sent once."""
        world, now = self._store.world, self._clock()
        policy = world.policies[due.alert.precedence]
        alert = replace(
            due.alert,
            identifier=new_identifier(now),
            sent=now.replace(microsecond=0),
            expires_at=(now + min(policy.expires_after, due.every)).replace(microsecond=0),
            repeat=None,
            repeat_until=None,
        )
        key = f"round:{due.round.series}:{due.round.number}"
        submission = Submission(submitter=due.submitter, key=key)
        acceptance = judge(alert, submission, world=world, now=now, body=key.encode())
        return await self._keep(replace(acceptance, round_of=due.round))

    async def _keep(self, acceptance: Acceptance) -> Accepted:
        alert = acceptance.alert
        if alert.msg_type in _REPLACING:
            replaced = alert.references if alert.status.actionable else ()
            found = await self._store.read(names_of, replaced)
            with self._outgoing.withdrawing(found.names):
                accepted = _good(await self._store.run(withdraw, acceptance))
            return self._warned(acceptance, accepted, not_here(found.not_here))
        self._reserve.check(alert.precedence)
        accepted = _good(await self._store.run(accept, acceptance))
        if not accepted.replayed:
            self._outgoing.remember(accepted.identifier, alert)
        return self._warned(acceptance, accepted)

    def _warned(self, acceptance: Acceptance, accepted: Accepted, more: Iterable[Json] = ()) -> Accepted:
        said = (*more, *warnings(acceptance, accepted, self._store.world))
        return replace(accepted, warnings=said) if said else accepted


def _good(result: Accepted | GatewayError) -> Accepted:
    if isinstance(result, GatewayError):
        raise result
    return result


def read_request(body: bytes, world: World) -> AlertRequest:
    """The submitter's JSON. Refused names the first field at fault, with what is wrong there."""
    try:
        request = AlertRequest.model_validate(read_object(body))
    except ValidationError as error:
        raise refusal(error) from error
    if request.status is None and world.plane != "exercise":
        raise Refused('say whether it is for real: "status": "Actual" or "Exercise"', pointer="status")
    return request


def refusal(error: ValidationError) -> Refused:
    """All that is wrong, as one problem whose pointer is the first field."""
    problems = [
        (".".join(str(part) for part in each["loc"]) or "body", _in_words(each))
        for each in error.errors(include_url=False, include_input=False)
    ]
    reason, pointer = "; ".join(f"{field}: {what}" for field, what in problems), problems[0][0]
    of_time = len(problems) == 1 and pointer in _TIMES and error.errors()[0]["type"] == "value_error"
    return Refused(reason, pointer=pointer, code=f"bad_{pointer}" if of_time else "")


_TIMES = frozenset({"expires", "repeat", "until"})
_SHAPES = {  # the kind of a pydantic error: what to write instead
    "missing": "is missing",
    "string_type": 'is not a text: write it in quotation marks, "..."',
    "tuple_type": 'is not a list: write ["...", "..."]',
    "list_type": 'is not a list: write ["...", "..."]',
    "dict_type": 'is not an object: write {{"1": "..."}}',
    "enum": "is not one of {expected}",
    "extra_forbidden": "is not a field that is known here: take it out, or see /api/v1/openapi.json",
    "string_too_long": "has more than {max_length} characters: shorten it",
    "too_short": "is empty: give at least {min_length}",
    "too_long": "has more than {max_length}: give fewer",
    "model_type": "is not an object: write {{...}}",
}


def _in_words(error: ErrorDetails) -> str:
    """What is wrong with a field, in our words; where we have none, in those of the validation."""
    shape, told = error["type"], error.get("ctx", {})
    return _SHAPES[shape].format(**told) if shape in _SHAPES else error["msg"].removeprefix("Value error, ")


def new_identifier(now: datetime) -> str:
    """A CAP identifier: the time and 40 random bits, without any sign that CAP forbids."""
    return f"{_stamp(int(now.timestamp()))}-{random.getrandbits(40):010X}"


@lru_cache(maxsize=2)
def _stamp(second: int) -> str:
    return f"{from_ms(second * 1000):%Y%m%dT%H%M%SZ}"


def composed(request: AlertRequest, world: World, now: datetime) -> Alert:
    policy = world.policies[request.precedence]
    try:
        return compose(
            request,
            identifier=new_identifier(now),
            sender=world.gateway_id,
            sender_name=world.gateway_name,
            sent=now,
            default_status=Status.EXERCISE,
            default_expiry=policy.expires_after,
        )
    except AlertError as error:
        raise Refused(str(error), pointer=error.element) from error


def judge_cap(body: bytes, submission: Submission, *, world: World, now: datetime) -> Acceptance:
    """A CAP file with its envelope, as `judge`. Without a key it is known by its own name."""
    try:
        alert = from_cap(parse(body))
        alert = replace(
            alert,
            to=submission.to or alert.to,
            precedence=submission.precedence or alert.precedence,
            want=alert.want if submission.want is None else submission.want,
            radio_text=submission.radio_text or alert.radio_text,
            sender_name=alert.sender_name or world.gateway_name,
        )
    except (CapError, AlertError) as error:
        raise Refused(str(error), pointer=error.element) from error
    key = submission.key or f"{CAP_KEY}{alert.sender},{alert.identifier},{alert.sent.isoformat()}"
    submission = replace(submission, key=key)
    return judge(alert, submission, world=world, now=now, body=body, cap=body)


def judge(
    alert: Alert,
    submission: Submission,
    *,
    world: World,
    now: datetime,
    body: bytes,
    cap: bytes | None = None,
    expires_given: bool = False,
) -> Acceptance:
    """Everything that can be said against an alert before it is kept. Refused names the element.

    `expires_given`: its author wrote the time at which it expires; of a CAP file it is found out here.
    """
    if alert.msg_type in _ANSWERS:
        raise Refused("an Ack or Error answers a message: it is not sent on to people", pointer="msgType")
    plane = _PLANE.get(alert.status, "exercise")
    if plane == "live" and world.plane != "live":
        raise Refused(
            'this gateway is on the exercise plane: send it as Exercise, or set plane = "live" in bavn.toml',
            pointer="status",
            code="exercise_only",
        )
    if alert.sent > now + SKEW:
        raise Refused(
            f"sent is {alert.sent:%Y-%m-%d %H:%M}Z, in the future: check the sender's clock", pointer="sent"
        )
    policy = world.policies[alert.precedence]
    expires_at = _expiry(alert, policy, now=now, strict=cap is None)
    replacing = alert.msg_type in _REPLACING
    want = policy.want if alert.want is None else alert.want
    if want < Evidence.SUBMITTED:
        known = ", ".join(each.word for each in Evidence if each >= Evidence.SUBMITTED)
        raise Refused(f"evidence {want.word!r} cannot be wanted: ask for one of {known}", pointer="want")
    given = expires_given or (cap is not None and expires_at == alert.expires_at)
    answers, until = _answers(alert, want), expires_at.replace(microsecond=0)
    if answers != alert.answers or until != alert.expires_at:
        alert = replace(alert, expires_at=until, answers=answers)
    return Acceptance(
        alert=alert,
        body=to_json(alert),
        cap=cap,
        plane=plane,
        submitter=submission.submitter,
        key=submission.key,
        body_hash=_hash(body, submission, cap=cap) if submission.key else b"",
        expires_ms=to_ms(expires_at),
        recipients=() if replacing else audience(alert, world),
        want=want,
        expires_given=given,
    )


def _hash(body: bytes, submission: Submission, *, cap: bytes | None) -> bytes:
    """What makes two messages under one key the same: of a CAP file also what its envelope adds."""
    if cap is not None:
        body += repr((submission.to, submission.precedence, submission.want, submission.radio_text)).encode()
    return hashlib.sha256(body).digest()


def _answers(alert: Alert, want: Evidence) -> tuple[tuple[str, str], ...]:
    """Who wants an answer and offers none asks for the smallest one: seen."""
    if alert.answers or want is not Evidence.ACKNOWLEDGED:
        return alert.answers
    return (("1", _SEEN[alert.language.startswith("da")]),)


def _expiry(alert: Alert, policy: Policy, *, now: datetime, strict: bool) -> datetime:
    """When it expires. A CAP file of others may run longer than we keep trying; our own may not."""
    longest = now + policy.expires_longest
    if alert.expires_at is None:
        return now + policy.expires_after
    if alert.expires_at <= now:
        at = f"{alert.expires_at:%Y-%m-%d %H:%M}Z"
        reason = f"it expired at {at}: nothing is sent late"
        raise Refused(reason, pointer="expires", code="expired", about={"at": at})
    if strict and alert.expires_at > longest:
        hours = policy.expires_longest // timedelta(hours=1)
        raise Refused(
            f"{alert.precedence.word} may be valid for at most {hours} hours: give an earlier time",
            pointer="expires",
            code="valid_too_long",
            about={"precedence": alert.precedence.word, "hours": hours},
        )
    return min(alert.expires_at, longest)


def audience(alert: Alert, world: World) -> tuple[Contact, ...]:
    """The recipients, each once. Refused names the ids that nobody answers to."""
    if not alert.status.actionable:
        return ()
    if not alert.to:
        raise Refused("it names no recipients: give contact or group ids", pointer="to", code="no_to")
    found = world.directory.expand(alert.to)
    if found.unknown:
        named = [_unknown(name, world) for name in found.unknown[:UNKNOWN_NAMED]]
        more = len(found.unknown) - len(named)
        names = "; ".join([*named, f"and {more} more"] if more else named)
        code, about = _by_key(found.unknown, world)
        reason = f"{names} (the directory is read at the start: restart the hub after a change)"
        raise Refused(reason, pointer="to", code=code, about=about)
    return found.contacts


def _unknown(name: str, world: World) -> str:
    close = _close(name, world)
    hint = f"did you mean {close[0]!r}?" if close else "see directory.toml"
    return f"{name!r} is neither a contact nor a group: {hint}"


def _close(name: str, world: World) -> list[str]:
    """The one contact or group that was probably meant, if any."""
    known = [contact.id for contact in world.directory.contacts] + list(world.directory.groups)
    return get_close_matches(name, known, n=1)


def _by_key(unknown: Sequence[str], world: World) -> tuple[str, dict[str, str]]:
    """The same by the catalogue's key: with what was meant where each name has such a one."""
    names = unknown[:UNKNOWN_NAMED]
    more = [f"(+{len(unknown) - len(names)})"] if len(unknown) > len(names) else []
    about = {"names": ", ".join([*map(repr, names), *more])}
    close = [each for name in names for each in _close(name, world)]
    if len(close) == len(unknown):
        return "unknown_to_close", about | {"close": ", ".join(close)}
    return "unknown_to", about
