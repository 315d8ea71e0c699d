"""What to do about a delivery when something happens to it: the ladder's one decision function. Pure.

`step` first folds the event into the delivery (what is now known), then decides (what follows from it). Deciding
looks only at the state and the time, so the same decision is reached after a restart, and a second look at the
same moment does nothing. Only this module ends a delivery.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.delivery import (
    Answered,
    AskDeputy,
    ChannelProven,
    ChannelSilent,
    ChannelWentDown,
    Delivery,
    Drop,
    Effect,
    End,
    Event,
    FellSilent,
    GivenUp,
    HandedOver,
    NextRound,
    PutOnCallList,
    Reported,
    Start,
    Stopped,
    Tick,
    Try,
    TryState,
    TurnedDown,
)
from gateway.errors import GatewayError
from gateway.policy import Policy
from gateway.router import Rung
from messages.evidence import Ended, Evidence, best, climb

# Late evidence may turn these into REACHED; CANCELLED and REACHED stay what they are.
_REVOCABLE = frozenset({Ended.EXPIRED, Ended.FAILED})


def step(
    delivery: Delivery, event: Event, policy: Policy, *, now: datetime
) -> tuple[Delivery, tuple[Effect, ...]]:
    """The delivery after the event, and what is to be done. GatewayError if the event names no try of it."""
    known = _observe(delivery, event, now)
    effects: list[Effect] = []
    if isinstance(event, Reported):
        told = _try(known, event.try_id)
        if event.evidence >= Evidence.DELIVERED:
            effects.append(ChannelProven(known.ladder[told.rung].channel))
        known = _drop_retries(known, told, effects)
    if isinstance(event, Answered) and event.try_id is not None:
        effects.append(ChannelProven(known.ladder[_try(known, event.try_id).rung].channel))
    if isinstance(event, Stopped) and known.ended is None:
        return _end(known, Ended.CANCELLED, effects)
    return _decide(known, policy, now, effects)


def with_tries(delivery: Delivery, tries: tuple[Try, ...]) -> Delivery:
    return replace(delivery, tries=tries)


# What is now known.


def _observe(d: Delivery, event: Event, now: datetime) -> Delivery:
    match event:
        case Tick() | Stopped():
            return d
        case Answered():
            return replace(d, evidence=Evidence.ACKNOWLEDGED)
        case ChannelWentDown(channel):
            tries = tuple(
                replace(t, stalled=True) if t.waiting and d.ladder[t.rung].channel == channel else t
                for t in d.tries
            )
            return replace(d, tries=tries)
        case HandedOver(try_id, evidence) | Reported(try_id, evidence):
            changed = _done(_try(d, try_id), evidence, now)
        case GivenUp(try_id):
            changed = replace(_try(d, try_id), stalled=True)
        case FellSilent(try_id):
            changed = _done(_try(d, try_id), Evidence.UNKNOWN, now)
        case TurnedDown(try_id, permanent=permanent):
            changed = replace(_done(_try(d, try_id), Evidence.REFUSED, now), permanent=permanent)
    tries = tuple(changed if t.id == changed.id else t for t in d.tries)
    known = replace(d, tries=tries, evidence=best((t.evidence for t in tries), d.evidence))
    return _schedule_retry(known, event, changed) if isinstance(event, TurnedDown) else known


def _try(d: Delivery, try_id: int) -> Try:
    for candidate in d.tries:
        if candidate.id == try_id:
            return candidate
    raise GatewayError(f"delivery {d.id} has no attempt {try_id}")


def _done(t: Try, evidence: Evidence, now: datetime) -> Try:
    after = climb(t.evidence, evidence)
    return replace(t, state=TryState.DONE, evidence=after, started_at=t.started_at or now)


def _schedule_retry(d: Delivery, event: TurnedDown, refused: Try) -> Delivery:
    """A hint for `_decide`: when a transient refusal may be tried again travels on the refused try."""
    return replace(
        d, tries=tuple(replace(t, not_before=event.retry_at) if t.id == refused.id else t for t in d.tries)
    )


def _drop_retries(d: Delivery, told: Try, effects: list[Effect]) -> Delivery:
    """What was refused and is reported all the same had left: the same text does not leave again in this round."""
    again = {t.id for t in d.tries if t.waiting and (t.rung, t.round) == (told.rung, told.round)}
    if not again or told.evidence < Evidence.SUBMITTED:
        return d
    effects += [Drop(number) for number in sorted(again)]
    return replace(
        d,
        tries=tuple(replace(t, state=TryState.DONE, dropped=True) if t.id in again else t for t in d.tries),
    )


# What follows from it.


def _decide(
    d: Delivery, policy: Policy, now: datetime, effects: list[Effect]
) -> tuple[Delivery, tuple[Effect, ...]]:
    if d.ended in {None, *_REVOCABLE} and _reached(d, policy):
        return _end(d, Ended.REACHED, effects)
    if d.ended is not None:
        effects += _retry_musts(d, policy, now)
        return replace(d, due_at=None), tuple(effects)
    d = _escalate(d, policy, now, effects)
    if not d.ladder:
        return _end(d, Ended.FAILED, effects)
    if now >= d.expires_at:
        return _end(d, Ended.EXPIRED, effects)
    d = _turn_round(d, policy, now, effects)
    d = _hear_silence(d, policy, now, effects)
    d = _climb_ladder(d, policy, now, effects)
    if _exhausted(d, policy, now, effects):
        return _end(d, Ended.FAILED, effects)
    return replace(d, due_at=due(d, policy, now)), tuple(effects)


def _reached(d: Delivery, policy: Policy) -> bool:
    """The wanted evidence is there, not by mail alone where the precedence says that mail does not suffice."""
    if d.evidence >= Evidence.ACKNOWLEDGED:
        return True
    mail = policy.mail_proves(d.want)
    return any(t.evidence >= d.want and (mail or not _by_mail(d, t)) for t in d.tries)


def _by_mail(d: Delivery, t: Try) -> bool:
    return d.ladder[t.rung].bearer == "email"


def _end(d: Delivery, ended: Ended, effects: list[Effect]) -> tuple[Delivery, tuple[Effect, ...]]:
    """Ends it and empties its queue; what must go over the same ways as a withdrawn alert still goes, if in time."""
    keep_must = ended is Ended.REACHED
    d = _drop_waiting(d, effects, keep_must=keep_must)
    effects.append(End(ended))
    return replace(d, ended=ended, due_at=None), tuple(effects)


def _drop_waiting(
    d: Delivery, effects: list[Effect], *, keep_must: bool, before_round: int | None = None
) -> Delivery:
    tries = []
    for t in d.tries:
        keep = keep_must and d.ladder[t.rung].must
        if t.waiting and not keep and (before_round is None or t.round < before_round):
            effects.append(Drop(t.id))
            t = replace(t, state=TryState.DONE, dropped=True)
        tries.append(t)
    return (
        replace(d, tries=tuple(tries)) if any(a is not b for a, b in zip(tries, d.tries, strict=True)) else d
    )


def _escalate(d: Delivery, policy: Policy, now: datetime, effects: list[Effect]) -> Delivery:
    """The deputy and the call list, once each; at once when there is no way to the recipient at all."""
    if d.want is not Evidence.ACKNOWLEDGED:
        return d
    ask = _past(d.began_at, policy.no_answer_deputy, now) and now < d.expires_at
    if not d.deputy_asked and (ask or not d.ladder):
        effects.append(AskDeputy())
        d = replace(d, deputy_asked=True)
    if not d.on_call_list and (_past(d.began_at, policy.no_answer_call_list, now) or not d.ladder):
        effects.append(PutOnCallList())
        d = replace(d, on_call_list=True)
    return d


def _past(since: datetime, after: timedelta | None, now: datetime) -> bool:
    return after is not None and now >= since + after


def _turn_round(d: Delivery, policy: Policy, now: datetime, effects: list[Effect]) -> Delivery:
    if d.round >= policy.rounds or not _past(d.round_began, policy.no_answer_next_round, now):
        return d
    d = _drop_waiting(d, effects, keep_must=False, before_round=d.round + 1)
    effects.append(NextRound(d.round + 1))
    return replace(d, round=d.round + 1, round_began=now)


def _hear_silence(d: Delivery, policy: Policy, now: datetime, effects: list[Effect]) -> Delivery:
    """A receipt whose report is overdue says something about its channel, once."""
    tries = []
    for t in d.tries:
        rung = d.ladder[t.rung]
        waits = t.evidence is Evidence.SUBMITTED and not t.stalled
        overdue = waits and _past(t.started_at or now, policy.deadline(rung.bearer), now)
        if overdue and rung.proves and not t.silent:
            effects.append(ChannelSilent(rung.channel))
            t = replace(t, silent=True)
        tries.append(t)
    return (
        replace(d, tries=tuple(tries)) if any(a is not b for a, b in zip(tries, d.tries, strict=True)) else d
    )


def _climb_ladder(d: Delivery, policy: Policy, now: datetime, effects: list[Effect]) -> Delivery:
    """Starts ways until as many are live as the policy wants; schedules again what was refused for now."""
    mine = _by_rung(d)
    if any(
        t.evidence >= Evidence.DELIVERED and (policy.mail_suffices or not _by_mail(d, t))
        for t in d.tries
        if t.round == d.round
    ):
        return _drop_waiting(d, effects, keep_must=True)
    for index, tries in mine.items():
        if _may_retry(tries):
            effects.append(_retry(d, index, tries, policy=policy, now=now))
    live = [d.ladder[i] for i, tries in mine.items() if _live_until(d, i, tries, policy=policy) > now]
    for index, rung in enumerate(d.ladder):
        if index in mine or not (rung.must or _joins(rung, live, at_once=policy.at_once)):
            continue
        why = _why_start(d, mine, first=not mine, must=rung.must)
        effects.append(Start(index, d.round, why, repeated=_used_before(d, index)))
        live.append(rung)
    return d


def _joins(rung: Rung, live: list[Rung], *, at_once: int) -> bool:
    """Another way is started beside those that are live only if it shares no failure domain with them."""
    return len(live) < at_once and not any(set(rung.domains) & set(other.domains) for other in live)


def _by_rung(d: Delivery) -> dict[int, list[Try]]:
    """This round's tries by rung, oldest first; dropped ones do not count as tried."""
    mine: dict[int, list[Try]] = {}
    for t in sorted(d.tries, key=lambda t: t.id):
        if t.round == d.round and not t.dropped:
            mine.setdefault(t.rung, []).append(t)
    return mine


def _may_retry(tries: list[Try]) -> bool:
    """Nothing has left over this rung, and the last refusal was not for good."""
    return tries[-1].evidence is Evidence.REFUSED and not tries[-1].permanent


def _retry(d: Delivery, index: int, tries: list[Try], *, policy: Policy, now: datetime) -> Start:
    at = now + policy.retry_after(len(tries))
    asked = tries[-1].not_before
    return Start(
        index, d.round, "retry", not_before=max(at, asked) if asked else at, repeated=_used_before(d, index)
    )


def _retry_musts(d: Delivery, policy: Policy, now: datetime) -> list[Start]:
    """A correction that one way has brought home is still owed over the others where the earlier text went (I6)."""
    if d.ended is not Ended.REACHED or now >= d.expires_at:
        return []
    owed = {
        index: tries for index, tries in _by_rung(d).items() if d.ladder[index].must and _may_retry(tries)
    }
    return [_retry(d, index, tries, policy=policy, now=now) for index, tries in owed.items()]


def _live_until(d: Delivery, index: int, tries: list[Try], *, policy: Policy) -> datetime:
    """Until when this rung keeps others from being started. A time in the past: it is spent."""
    last = tries[-1]
    bearer = d.ladder[index].bearer
    if _given_up(last):
        return last.queued_at
    if last.state is TryState.SENDING:
        return datetime.max.replace(tzinfo=d.began_at.tzinfo)
    if last.evidence is Evidence.UNKNOWN:
        return (
            last.queued_at if policy.hurry else (last.started_at or last.queued_at) + policy.deadline(bearer)
        )
    if last.evidence >= Evidence.SUBMITTED:
        return (last.started_at or last.queued_at) + policy.deadline(bearer)
    refused_before = len(tries) > 1 or last.evidence is Evidence.REFUSED
    if last.permanent or (policy.hurry and (refused_before or last.stalled)):
        return last.queued_at
    return tries[0].queued_at + (policy.deadline(bearer) if refused_before else policy.hand_over_within)


def _given_up(t: Try) -> bool:
    return t.stalled and Evidence.UNKNOWN <= t.evidence <= Evidence.SUBMITTED


def _why_start(d: Delivery, mine: dict[int, list[Try]], *, first: bool, must: bool) -> str:
    if must:
        return "same-way"
    if first:
        return "first" if d.round == 1 else "round"
    if any(_given_up(t) for tries in mine.values() for t in tries):
        return "given-up"
    evidence = {t.evidence for tries in mine.values() for t in tries}
    if Evidence.UNKNOWN in evidence:
        return "unknown"
    if Evidence.REFUSED in evidence:
        return "refused"
    return "no-evidence" if Evidence.SUBMITTED in evidence else "not-handed-over"


def _used_before(d: Delivery, index: int) -> bool:
    """Something may already have arrived over this way, or is about to: the text says (gentaget)."""
    rung = d.ladder[index]
    return any(
        t.evidence >= Evidence.SENDING
        and (d.ladder[t.rung].channel, d.ladder[t.rung].address) == (rung.channel, rung.address)
        for t in d.tries
    )


def _exhausted(d: Delivery, policy: Policy, now: datetime, effects: list[Effect]) -> bool:
    """Every rung of every round tried, nothing in the queue or in flight, and no deadline left to wait for."""
    if d.round < policy.rounds or any(isinstance(e, Start) for e in effects):
        return False
    if any(t.state is not TryState.DONE for t in d.tries):
        return False
    if any(_live_until(d, i, tries, policy=policy) > now for i, tries in _by_rung(d).items()):
        return False
    timers = [(d.round_began, policy.no_answer_next_round)]
    if d.want is Evidence.ACKNOWLEDGED:
        timers += [(d.began_at, policy.no_answer_deputy), (d.began_at, policy.no_answer_call_list)]
    return all(after is None or now >= since + after for since, after in timers)


def due(d: Delivery, policy: Policy, now: datetime) -> datetime:
    """When to look again if nothing happens before."""
    times = [d.expires_at]
    if d.want is Evidence.ACKNOWLEDGED:
        times += [
            d.began_at + after for after in (policy.no_answer_deputy, policy.no_answer_call_list) if after
        ]
    if policy.no_answer_next_round is not None:
        times.append(d.round_began + policy.no_answer_next_round)
    times += [_live_until(d, i, tries, policy=policy) for i, tries in _by_rung(d).items()]
    times += [
        t.started_at + policy.deadline(d.ladder[t.rung].bearer)
        for t in d.tries
        if t.started_at and t.evidence is Evidence.SUBMITTED and not (t.silent or t.stalled)
    ]
    return min(time for time in times if time > now)
