"""What the doctor looks at in the set-up: the anchor, the domains, the contacts, and the channels of a running hub."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.anchor import ANCHOR_EVERY_S, read_lines
from gateway.audit import ANCHORED, Flaw, Record, inside
from gateway.audit_watch import NEWEST
from gateway.clock import from_ms
from gateway.config import Config, doubts
from gateway.doctor import Check, Finding, good, warning, wrong
from gateway.errors import GatewayError
from gateway.init import own_master_key
from gateway.policy import policies
from gateway.router import Rung, Surroundings, plan
from gateway.store.chain import Anchors, Page, sets_anchors, verified
from gateway.store.lock import is_held, lock_file
from gateway.store.showing import audit_head, audit_records
from gateway.store.sqlite import driver, open_engine
from messages.directory import Contact
from messages.precedence import Precedence

ANCHOR_LATE = timedelta(seconds=2 * ANCHOR_EVERY_S)
T = TypeVar("T")
PRACTICE = "loopback"  # ends in a file: no way to a person
NAMES_MOST = 8  # contacts named in one finding


def doubtful(config: Config, _now: datetime) -> Iterator[Finding]:
    """What `bavn config check` mentions too."""
    for doubt in doubts(config):
        yield warning(doubt.code, **doubt.fields)


@dataclass(frozen=True, slots=True)
class LastRecord:
    """`notes` is the number of the record whose anchor this one notes, 0 if it is another event."""

    n: int
    at_ms: int
    notes: int = 0


class _Store:
    """Reads of the store beside a running hub, where this SQLite may do that."""

    def __init__(self, config: Config) -> None:
        alone = not config.socket.exists() and not is_held(lock_file(config.database))
        self.readable = config.database.exists() and (driver().sound or alone)
        self._engine = open_engine(config.database, read_only=True)

    def head(self) -> int | None:
        with self._engine.connect() as connection, connection.begin():
            head = audit_head(connection, None)
        return None if head is None else head[0]

    def flaws(self, head: int, anchors: Mapping[int, bytes]) -> tuple[Flaw, ...]:
        """Those of the newest records."""
        page = Page(max(0, head - NEWEST), min(head, NEWEST), Anchors(anchors, known=anchors))
        with self._engine.connect() as connection, connection.begin():
            return verified(connection, page).flaws

    def record(self, n: int) -> Record | None:
        return self.reads(lambda connection: _record(connection, n))

    def reads(self, read: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection, connection.begin():
            return read(connection)


def _record(connection: Connection, n: int) -> Record | None:
    found = audit_records(connection, n - 1)
    return found[0] if found and found[0].n == n else None


def last_record(config: Config) -> LastRecord | None:
    """The audit's last record; None if there is none, or none that can be read now."""
    store = _Store(config)
    if not store.readable:
        return None
    try:
        head = store.head()
        record = None if head is None else store.record(head)
    except SQLAlchemyError:
        return None  # a store that cannot be read is the audit check's finding
    facts = {} if record is None else inside(record.record)
    if record is None or not isinstance(facts.get("at"), int):
        return None
    return LastRecord(record.n, facts["at"], facts.get("head", 0) if facts.get("event") == ANCHORED else 0)


def read_store(config: Config, read: Callable[[Connection], T | None]) -> T | None:
    """What it reads; None where the store cannot be read now, which is the audit check's finding."""
    store = _Store(config)
    try:
        return store.reads(read) if store.readable else None
    except SQLAlchemyError:
        return None


def audit(config: Config, now: datetime) -> Iterator[Finding]:
    """The last anchor against the record it vouches for, how old it is, and whether the newest records hold."""
    store = _Store(config)
    if not store.readable:
        yield warning("no_store", file=config.database)
        return
    try:
        number = store.head()  # before the anchors: what is noted up to here stands in the file
        file = read_lines(config.anchor, key=own_master_key(config.key_file), strict=True)
        anchors = file.heads
        head = last_record(config) if number else None
        anchored = max(anchors, default=0)
        record = store.record(anchored) if anchored else None
        flaws = store.flaws(number, anchors) if number else ()
        set_before = bool(anchors) or store.reads(sets_anchors)
    except OSError as error:
        yield wrong("anchor_damaged", reason=error)
    except (SQLAlchemyError, GatewayError) as error:
        yield wrong("store_unreadable", file=config.database, reason=error)
    else:
        key = "anchor_line" if anchors else "anchor_damaged"
        yield from (wrong(key, reason=f"{config.anchor}: {bad}") for bad in file.bad[:1])
        if file.bad and not anchors:
            return
        met = record is not None and record.hash == anchors[anchored]
        if head is not None and not set_before:
            yield warning("not_anchored_yet", n=head.n, file=config.anchor)
            return
        yield _anchored(config, anchored, head, met=met, now=now)
        yield from (wrong("audit_flaw", n=flaw.n, reason=flaw.reason) for flaw in flaws[:1])


def _anchored(config: Config, anchored: int, head: LastRecord | None, *, met: bool, now: datetime) -> Finding:
    if anchored and not met:
        return wrong("anchor_not_met", n=anchored, file=config.anchor)
    if head is None:
        return good("audit_empty")
    if not anchored:
        return wrong("anchor_none", n=head.n, file=config.anchor)
    if head.n > anchored and head.notes != anchored and now - from_ms(head.at_ms) > ANCHOR_LATE:
        return warning("anchor_late", n=head.n, anchored=anchored, file=config.anchor)
    return good("audit_good", n=head.n, anchored=anchored)


def domains(config: Config, _now: datetime) -> Iterator[Finding]:
    """Domains that nothing names: a name that was changed in one place, or a channel that is missing."""
    named = {name for channel in config.channels.values() for name in channel.domains}
    unused = sorted(config.domains.keys() - named)
    if unused:
        yield warning("domains_unused", names=", ".join(unused))
    bare = sorted(name for name, channel in config.channels.items() if not channel.domains)
    if bare:
        yield warning("channel_without_domain", names=", ".join(bare))


def contacts(config: Config, _now: datetime) -> Iterator[Finding]:
    """Who could be lost with one failure domain, judged as the router would for the highest precedence."""
    ladders = {contact.id: ladder(contact, config) for contact in config.directory.contacts}
    real = {who: [rung for rung in rungs if rung.bearer != PRACTICE] for who, rungs in ladders.items()}
    nowhere = [who for who, rungs in ladders.items() if not rungs]
    practice = [who for who, rungs in real.items() if ladders[who] and not rungs]
    one_domain: dict[str, list[str]] = {}
    for who, rungs in real.items():
        for name in sorted(shared(rungs) or _only_channel(rungs)):
            one_domain.setdefault(name, []).append(who)
    if nowhere:
        yield wrong("contact_no_route", who=_few(nowhere), plane=config.gateway.plane)
    if practice:
        yield warning("contact_practice_only", who=_few(practice))
    for name, people in one_domain.items():
        yield warning("contact_one_domain", who=_few(people), domain=config.domains.get(name, name))
    if not nowhere and not practice and not one_domain:
        yield good("contacts_good", n=len(ladders))


def ladder(contact: Contact, config: Config) -> tuple[Rung, ...]:
    """Every route to a contact on the gateway's plane, as FLASH would take them. Opens nothing."""
    from gateway.app import way

    surroundings = Surroundings(
        ways=tuple(way(name, config) for name in config.channels),
        domains_by_address=config.domains_by_address,
    )
    policy = policies(config.policy_overrides())[Precedence.FLASH]
    return plan(contact, surroundings, policy=policy, plane=config.gateway.plane)


def shared(rungs: Iterable[Rung]) -> frozenset[str]:
    """The domains that every route needs: each takes the contact away alone."""
    needed = [frozenset(rung.domains) for rung in rungs]
    return frozenset.intersection(*needed) if needed else frozenset()


def _only_channel(rungs: Iterable[Rung]) -> frozenset[str]:
    """A channel that names no domain is still one thing that can fail."""
    channels = frozenset(rung.channel for rung in rungs)
    return channels if len(channels) == 1 else frozenset()


def _few(names: list[str]) -> str:
    left_out = len(names) - NAMES_MOST
    return ", ".join(names[:NAMES_MOST]) + (f" (+{left_out})" if left_out > 0 else "")


def channels(config: Config, found: Iterable[Mapping[str, Any]] | None) -> Iterator[Finding]:
    """What the running hub says of each channel after probing it."""
    if found is None:
        held = is_held(lock_file(config.database))
        yield wrong("socket_gone", socket=config.socket) if held else warning("no_hub")
        return
    for channel in found:
        fields = {"name": channel["name"], "reason": channel["reason"] or channel["state"]}
        if channel["disabled"]:
            yield warning("channel_disabled", **fields)
        elif channel["state"] == "down":
            yield wrong("channel_down", **fields)
        elif channel["state"] == "up":
            yield good("channel_good", **fields)
        else:
            yield warning("channel_doubtful", **fields)


CHECKS: tuple[Check, ...] = (doubtful, audit, domains, contacts)
