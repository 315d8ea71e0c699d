"""Operations: an alert enters the store, once per key; a withdrawing one stops what it replaces.

Only after COMMIT of these does a submitter hear "accepted" (invariant I2).
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import to_json as json_octets
from sqlalchemy import select

from gateway.errors import Conflict, GatewayError, Refused
from gateway.opening import Opening, opening
from gateway.router import plan
from gateway.store import tables as t
from gateway.store.bulk import ByKey, inserting
from gateway.store.creation import Creation
from gateway.store.ledger import Ledger
from gateway.store.naming import Names, cap_columns, nothing_here, referenced
from gateway.store.series import RoundOf, keep_round
from gateway.store.stopping import REPLACED, WITHDRAWN, loaded, may_have_it, stop_alert
from gateway.store.succession import held, last_of, predecessors
from gateway.store.transaction import CODE_REST_MS, Transaction
from gateway.store.writer import grouped
from messages.alert import Alert, Withdrawal, to_json
from messages.directory import Contact
from messages.evidence import Evidence
from messages.precedence import Precedence

_KEYS = ByKey(
    select(t.idempotency.c.key, t.idempotency.c.body_hash, t.idempotency.c.answer), t.idempotency.c.key
)
_INSERT_KEY = inserting(t.idempotency)

CAP_KEY = "\ncap "  # begins the key of a CAP file that came without: nobody can give a key with a line end


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """An alert that has passed every check, ready to be kept. `recipients` are contacts, each once."""

    alert: Alert
    body: bytes  # the alert as messages.alert.to_json writes it
    cap: bytes | None
    plane: str
    submitter: str
    key: str  # the submitter's idempotency key; '': none
    body_hash: bytes
    expires_ms: int
    recipients: tuple[Contact, ...]
    want: Evidence
    round_of: RoundOf | None = None  # the hub asks again: a round of a series
    expires_given: bool = False  # the author wrote the time, not how long: it stands when the clock is moved


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the submitter hears. `replayed`: the same key and body had been accepted before."""

    identifier: str
    code: str
    no_route: tuple[str, ...]
    recipients: int
    state: str = "released"
    replayed: bool = False
    follows: tuple[
        Mapping[str, Any], ...
    ] = ()  # what its recipients may have: code, recipients, as_correction
    left_out: tuple[str, ...] = ()  # who waited for what it replaces, never had it, and gets nothing now
    warnings: tuple[Mapping[str, Any], ...] = ()  # for the submitter; judged afresh for each answer, not kept


@grouped
def accept(tx: Transaction, items: Sequence[Acceptance]) -> Sequence[Accepted | GatewayError]:
    """Keeps first alerts. An item that conflicts gets its error as its result; the others are not touched."""
    known, names = _known_keys(tx, items), Names(tx)
    new = Creation(tx)
    results: list[Accepted | GatewayError] = []
    keys: list[dict[str, Any]] = []
    for item in items:
        key = _key(item)
        earlier = known.get(key) if item.key else None
        if earlier is not None:
            results.append(_replay(earlier, item))
            continue
        if _is_known(item, names):
            results.append(_known_already(item))
            continue
        everyone = [(contact, None) for contact in item.recipients]
        accepted = _keep(tx, new, item, recipients=everyone, replaces=None, names=names)
        results.append(accepted)
        if item.key:
            row = _key_row(item, accepted)
            keys.append(row)
            known[key] = (row["body_hash"], row["answer"])
    new.flush()
    _INSERT_KEY.write(tx.connection, keys)
    return results


def withdraw(tx: Transaction, item: Acceptance) -> Accepted | GatewayError:
    """Keeps an Update or Cancel: stops what it references, and goes to exactly those who may have got that."""
    earlier = _known_keys(tx, [item]).get(_key(item)) if item.key else None
    if earlier is not None:
        return _replay(earlier, item)
    names = Names(tx)
    if _is_known(item, names):
        return _known_already(item)
    live = _replaceable(tx, item)
    item = _no_slower(tx, item, Precedence(min(row.precedence for row in live)))
    ledger = Ledger(tx)
    touched = _withdrawn(tx, ledger, item, live) if item.alert.status.actionable else {}
    recipients = [
        (contact, frozenset(ways))
        for recipient, ways in touched.items()
        if (contact := tx.world.directory.contact(recipient)) is not None
    ]
    replaces = int(live[0].id) if item.alert.status.actionable else None  # a draft withdraws nothing
    accepted = _keep(tx, ledger.new, item, recipients=recipients, replaces=replaces, names=names)
    ledger.flush()
    follows = _follows(tx, item, live, of={contact.id for contact, _ in recipients})
    accepted = replace(accepted, follows=follows, left_out=_left_out(tx, item, live, told=touched.keys()))
    if item.key:
        _INSERT_KEY.write(tx.connection, [_key_row(item, accepted)])
    return accepted


def _withdrawn(
    tx: Transaction, ledger: Ledger, item: Acceptance, live: Sequence[Any]
) -> dict[str, set[tuple[str, str]]]:
    """Stops all of these; everybody who may have got one of them, or a text before it, with the ways it went.

    Whoever has the text before, and had not got its update when that was withdrawn, has nothing but a wrong text.
    """
    touched: dict[str, set[tuple[str, str]]] = {}
    ids = [int(row.id) for row in live]
    word = WITHDRAWN[item.alert.withdrawal]
    found = [stop_alert(tx, ledger, alert_id, word=word) for alert_id in ids]
    before = [may_have_it(ledger, loaded(tx, ledger, each)) for each in predecessors(tx.connection, ids)]
    for recipient, ways in (pair for each in (*found, *before) for pair in each.items()):
        touched.setdefault(recipient, set()).update(ways)
    return touched


def _follows(
    tx: Transaction, item: Acceptance, live: Sequence[Any], *, of: set[str]
) -> tuple[Mapping[str, Any], ...]:
    """What the recipients may have, and how many of them: each is told which of their texts this one replaces."""
    ids = [int(row.id) for row in live]
    have = held(tx.connection, {*ids, *predecessors(tx.connection, ids)})
    counted = Counter(have[who] for who in of if who in have)
    return tuple(
        {"code": each.code, "recipients": number, "as_correction": each.corrected and item.alert.adds}
        for each, number in sorted(counted.items(), key=lambda found: (-found[1], found[0].code))
    )


def _left_out(
    tx: Transaction, item: Acceptance, live: Sequence[Any], *, told: Collection[str]
) -> tuple[str, ...]:
    """Who was to have what is replaced and never had it: it is not sent any more, and what replaces it is not either.

    After an all-clear there is nothing that they need.
    """
    if not item.alert.status.actionable or item.alert.withdrawal is Withdrawal.ALL_CLEAR:
        return ()
    of = t.deliveries.c
    query = select(of.recipient).where(
        of.alert_id.in_([int(row.id) for row in live]), of.deputy_for.is_(None)
    )
    meant = dict.fromkeys(row.recipient for row in tx.connection.execute(query.order_by(of.id)))
    return tuple(who for who in meant if who not in told)


def _no_slower(tx: Transaction, item: Acceptance, earlier: Precedence) -> Acceptance:
    """What replaces an alert moves at least as fast as that did: a Cancel without info says nothing of urgency."""
    if item.alert.precedence <= earlier:
        return item
    alert = replace(item.alert, precedence=earlier)
    return replace(item, alert=alert, body=to_json(alert), want=alert.want or tx.world.policies[earlier].want)


def _replaceable(tx: Transaction, item: Acceptance) -> list[Any]:
    """The alerts that are named and stand. Only their own sender may replace them, and nothing is replaced twice.

    A whole row of updates may be named (CAP 1.2, 3.2.1 references): those that were replaced before are passed over,
    and so is what never came here. Refused or Conflict if nothing is left.
    """
    references = item.alert.references
    if not references:
        raise Refused("an Update or Cancel names what it replaces", pointer="references")
    rows = {row.id: row for each in references if (row := referenced(tx.connection, each)) is not None}
    if not rows:
        raise nothing_here(references[0])
    for row in rows.values():
        _may_replace(row, item)
    live = [row for row in rows.values() if row.withdrawn not in REPLACED]
    if not live:
        raise _replaced_before(tx, item, next(iter(rows.values())))
    return live


def _may_replace(row: Any, item: Acceptance) -> None:
    name = repr(row.cap_identifier)
    if row.sender != item.alert.sender:
        raise Refused(f"{name} was sent by {row.sender}: only its sender may replace it", pointer="sender")
    if row.plane != item.plane:
        raise Refused(f"{name} belongs to the {row.plane} plane: use its status", pointer="status")


def _replaced_before(tx: Transaction, item: Acceptance, row: Any) -> Conflict:
    """What to name instead: what stands in its place. People know an alert by its code, CAP by its identifier."""
    after = last_of(tx.connection, row.id)
    named = repr(row.cap_identifier) if item.cap is not None else f"#{row.code}"
    if after is None:
        reason = f"{named} was already {row.withdrawn}, and nothing replaced it: send a new alert"
        return Conflict(reason, code="nothing_instead", about={"code": row.code})
    instead = repr(after.cap_identifier) if item.cap is not None else f"#{after.code}"
    reason = f"{named} was already {row.withdrawn}: name the alert that stands in its place, {instead}"
    return Conflict(reason, code=f"{row.withdrawn}_before", about={"code": row.code, "after": after.code})


def _keep(
    tx: Transaction,
    new: Creation,
    item: Acceptance,
    *,
    recipients: Iterable[tuple[Contact, frozenset[tuple[str, str]] | None]],
    replaces: int | None,
    names: Names,
) -> Accepted:
    alert_id = tx.new_id("alerts")
    code = tx.code(alert_id)
    name = item.alert.identifier if item.cap is None else names.give(item.alert, alert_id)  # ours are random
    new.alert({**_alert_row(tx, item, alert_id), "identifier": name, "code": code, "replaces": replaces})
    no_route, deliveries = [], []
    audience = list(recipients) if item.alert.status.actionable else []
    new.expect(alert_id, {contact.id for contact, _ in audience})
    for contact, same in audience:
        opened = _opening(tx, item, contact, same=same)
        number = new.delivery(
            contact,
            opened,
            alert_id=alert_id,
            plane=item.plane,
            precedence=item.alert.precedence,
            want=item.want,
            expires_ms=item.expires_ms,
        )
        deliveries.append([number, tx.world.persons[contact.id]])
        if not opened.ladder:
            no_route.append(contact.id)
    tx.audit(
        "accepted",
        alert=alert_id,
        submitter=item.submitter,
        status=item.alert.status.value,
        precedence=item.alert.precedence.word,
        deliveries=deliveries,
        **({"replaces": replaces} if replaces else {}),
    )
    if item.round_of is not None or item.alert.repeat is not None:
        keep_round(tx, item.alert, alert_id, round_of=item.round_of)
    tx.changes.alerts.add(alert_id)
    return Accepted(name, code, tuple(no_route), len(deliveries))


def _opening(
    tx: Transaction, item: Acceptance, contact: Contact, *, same: frozenset[tuple[str, str]] | None
) -> Opening:
    world, precedence = tx.world, item.alert.precedence
    if same is None:
        return world.opening(contact, precedence, plane=item.plane, want=item.want)
    policy = world.policies[precedence]
    ladder = plan(contact, world.surroundings, policy=policy, plane=item.plane, same=same)
    return opening(ladder, precedence, want=item.want, policy=policy)


def _alert_row(tx: Transaction, item: Acceptance, alert_id: int) -> dict[str, Any]:
    return {
        "id": alert_id,
        **cap_columns(item.alert),
        "plane": item.plane,
        "status": item.alert.status.value,
        "precedence": int(item.alert.precedence),
        "submitter": item.submitter,
        "accepted_ms": tx.now_ms,
        "expires_ms": item.expires_ms,
        "expires_given": item.expires_given,
        "body": item.body,
        "cap": item.cap,
    }


# Idempotency, per submitter.


def _key(item: Acceptance) -> str:
    return f"{item.submitter}\n{item.key}"


def _known_keys(tx: Transaction, items: Sequence[Acceptance]) -> dict[str, tuple[bytes, str]]:
    keys = [_key(item) for item in items if item.key]
    if not keys:
        return {}
    return {row.key: (row.body_hash, row.answer) for row in _KEYS.read(tx.connection, keys)}


def _is_known(item: Acceptance, names: Names) -> bool:
    """A file from outside whose sender, identifier and time are here already; ours are random."""
    return item.cap is not None and names.known(item.alert)


def _known_already(item: Acceptance, and_says: str = "") -> Conflict:
    alert = item.alert
    return Conflict(
        f"{alert.sender} has sent {alert.identifier!r} of {alert.sent.isoformat()} here already{and_says}: "
        "a new message needs a new identifier",
        pointer="identifier",
        code="sent_before",
        about={"sender": alert.sender, "identifier": alert.identifier},
    )


def _key_row(item: Acceptance, accepted: Accepted) -> dict[str, Any]:
    answer = {
        "identifier": accepted.identifier,
        "code": accepted.code,
        "no_route": accepted.no_route,
        "recipients": accepted.recipients,
        "state": accepted.state,
        "follows": accepted.follows,
    }
    return {
        "key": _key(item),
        "body_hash": item.body_hash,
        "answer": json_octets(answer).decode(),
        "until_ms": item.expires_ms + CODE_REST_MS,
    }


def _replay(earlier: tuple[bytes, str], item: Acceptance) -> Accepted | GatewayError:
    body_hash, answer = earlier
    if body_hash != item.body_hash:
        if item.key.startswith(CAP_KEY):
            return _known_already(item, ", with another text or another envelope")
        return Conflict(
            "this idempotency key was used for another message, or the same one written otherwise: "
            "use a new key for a new message, and the same octets for the same",
            pointer="Idempotency-Key",
            code="key_used",
        )
    before = json.loads(answer)
    no_route, follows = tuple(before["no_route"]), tuple(before.get("follows", ()))
    return replace(Accepted(**before), no_route=no_route, follows=follows, replayed=True)


def forget_old_keys(tx: Transaction, _: None) -> int:
    """Keys whose alert expired more than seven days ago."""
    done = tx.connection.execute(t.idempotency.delete().where(t.idempotency.c.until_ms < tx.now_ms))
    return done.rowcount
