"""Verifying the audit of an installation: the whole chain, page by page, against the anchors outside the store.

Read-only, beside a running hub or without one; on a SQLite that may have only one connection a running hub's store
is refused, since a second connection could do harm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.anchor import AnchorFile, BadLine, read_lines
from gateway.audit import Flaw, Record, verify
from gateway.config import Config
from gateway.errors import GatewayError
from gateway.init import own_master_key
from gateway.store.chain import sets_anchors
from gateway.store.lock import is_held, lock_file
from gateway.store.showing import audit_head, audit_records
from gateway.store.sqlite import driver, open_engine

FLAWS_MOST = 100  # shown; one change is one flaw, so a hundred say enough


class AuditUnreadable(GatewayError):
    """Nothing could be verified: the message says why, and what to do."""

    title = "The audit cannot be read"


@dataclass(frozen=True, slots=True)
class Verification:
    """`anchored` is the number of the last record that an anchor vouches for, 0 if none does.

    `flaws` are those of the chain, `bad_lines` those of the anchor file.
    """

    records: int
    anchored: int
    flaws: tuple[Flaw, ...]
    bad_lines: tuple[BadLine, ...] = ()

    def as_json(self) -> dict[str, Any]:
        flaws = [{"n": flaw.n, "reason": flaw.reason} for flaw in self.flaws]
        lines = [{"line": each.number, "reason": each.reason} for each in self.bad_lines]
        return {"records": self.records, "anchored": self.anchored, "flaws": flaws, "bad_lines": lines}


def verify_audit(config: Config) -> Verification:
    """Reads every record once. AuditUnreadable if the store or the anchors cannot be read."""
    if not config.database.exists():
        raise AuditUnreadable(f"{config.database}: there is no store yet: start the hub once with `bavn run`")
    if not driver().sound and (config.socket.exists() or is_held(lock_file(config.database))):
        raise AuditUnreadable(
            f"{driver().name} may have one connection only: stop the hub first, then verify"
        )
    anchors = _anchors(config)
    try:
        return _verified(config, anchors)
    except (SQLAlchemyError, driver().module.Error) as error:
        reason = getattr(error, "orig", None) or error
        raise AuditUnreadable(
            f"{config.database}: cannot be read ({reason}). Restore a backup beside it"
        ) from error


def _anchors(config: Config) -> AnchorFile:
    """AuditUnreadable if there are lines, and none of them holds."""
    try:
        found = read_lines(config.anchor, key=own_master_key(config.key_file), strict=True)
    except (OSError, GatewayError) as error:
        raise _unreadable(error) from error
    if found.bad and not found.heads:
        raise _unreadable(f"{config.anchor}: {found.bad[0]}")
    return found


def _unreadable(reason: object) -> AuditUnreadable:
    return AuditUnreadable(f"the anchors cannot be read: {reason}. Restore the file from its copy")


def _verified(config: Config, anchors: AnchorFile) -> Verification:
    seen, heads = _Seen(), anchors.heads
    with open_engine(config.database, read_only=True).connect() as connection, connection.begin():
        flaws = []
        audit_head(connection, None)  # from here on the chain stands still, and its notes have their lines
        for flaw in verify(seen.counting(_records(connection)), heads, known=_anchors(config).heads):
            flaws.append(flaw)
            if len(flaws) == FLAWS_MOST:
                break
        set_before = bool(heads) or sets_anchors(connection)
    if seen.last and not heads and set_before:
        flaws.append(Flaw(seen.last, "no anchor is in the file, and each start of the hub sets one"))
    anchored = max((n for n in heads if n <= seen.last), default=0)
    return Verification(seen.last, anchored, tuple(flaws), anchors.bad[:FLAWS_MOST])


def _records(connection: Connection) -> Iterator[Record]:
    after = 0
    while page := audit_records(connection, after):
        yield from page
        after = page[-1].n


class _Seen:
    """Counts on the way."""

    last = 0

    def counting(self, records: Iterator[Record]) -> Iterator[Record]:
        for record in records:
            self.last = record.n
            yield record
