"""What the checkers read: the ledger, the far ends' journals, the store's file, and copies of it made at each crash."""

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gateway.anchor import read_anchors
from gateway.audit import Record
from tests.invariants.ledger import Line, read_lines

Row = dict[str, Any]
_NUMBER = re.compile(r"Nr\. [0-9]+-[0-9]+(-[a-z-]+)?")
_UNSAFE = re.compile(r"\+([0-9A-F]{2})")  # how a Message-ID carries signs that are not allowed in it


@dataclass
class StoreImage:
    """The tables that matter, as they stand in one file. `at` is when it was taken (seconds since 1970)."""

    at: float
    alerts: dict[str, Row]  # by identifier
    deliveries: dict[int, Row]
    attempts: dict[int, Row]
    keys: dict[str, str] = field(default_factory=dict)  # idempotency key -> alert identifier
    audit: list[Record] = field(default_factory=list)

    def of(self, identifier: str) -> dict[str, Row]:
        """The deliveries of an alert by recipient."""
        number = self.alerts[identifier]["id"]
        return {d["recipient"]: d for d in self.deliveries.values() if d["alert_id"] == number}


@dataclass(frozen=True)
class Copy:
    """One message that arrived at a far end."""

    channel: str
    attempt: int
    began: float
    arrived: float
    address: str
    text: str


@dataclass
class Facts:
    ledger: list[Line]
    store: StoreImage
    copies: list[Copy]
    crashes: list[StoreImage] = field(default_factory=list)  # one at each kill, oldest first
    anchors: dict[int, bytes] = field(default_factory=dict)

    def lines(self, event: str) -> list[Line]:
        return [line for line in self.ledger if line["event"] == event]

    @cached_property
    def identifier(self) -> dict[int, str]:
        """Alert number -> identifier."""
        return {row["id"]: name for name, row in self.store.alerts.items()}

    @cached_property
    def known(self) -> list[Copy]:
        """The copies that the store can account for; I3 names the others."""
        return [copy for copy in self.copies if copy.attempt in self.store.attempts]

    @cached_property
    def records(self) -> list[Row]:
        """The audit's records, read."""
        return [json.loads(record.record) for record in self.store.audit]

    def delivery_of(self, copy: Copy) -> Row:
        return self.store.deliveries[self.store.attempts[copy.attempt]["delivery_id"]]


def read_store(path: Path, *, at: float, audit: bool = True) -> StoreImage:
    """Reads a store's file without changing it; of a copy, its write-ahead log must lie beside it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row

        def rows(sql: str) -> list[Row]:
            return [dict(row) for row in connection.execute(sql)]

        keys = {r["key"]: json.loads(r["answer"])["identifier"] for r in rows("select * from idempotency")}
        records = rows("select n, record, hash from audit order by n") if audit else []
        return StoreImage(
            at=at,
            alerts={r["identifier"]: r for r in rows("select * from alerts")},
            deliveries={r["id"]: r for r in rows("select * from deliveries")},
            attempts={r["id"]: r for r in rows("select * from attempts")},
            keys=keys,
            audit=[Record(r["n"], r["record"], r["hash"]) for r in records],
        )


def read_mail_journal(path: Path, *, channel: str) -> list[Copy]:
    """The mails that were kept. A mail begins with its DATA command."""
    copies, began = [], dict[int, float]()
    for line in read_lines(path):
        if line["event"] == "data":
            began[line["session"]] = line["t"]
        elif line["event"] == "sent":
            attempt = int(_UNSAFE.sub(_sign, line["attempt"]).rpartition(".")[2])
            copies.append(Copy(channel, attempt, began[line["session"]], line["t"], line["to"], line["text"]))
    return copies


def read_sms_journal(path: Path, store: StoreImage, *, channel: str) -> list[Copy]:
    """The messages that the network took. Each text carries its alert's number, which the senders put there."""
    copies, began = [], 0.0
    for line in read_lines(path):
        if line["event"] == "command" and line["name"] == "+CMGS":
            began = line["t"]
        elif line["event"] == "sent" and line.get("part", [0, 1, 1])[2] == 1:
            address = f"sms:{line['to']}"
            attempt = _attempt_of(line["text"], address, store, before_ms=line["t"] * 1000 + 1)
            copies.append(Copy(channel, attempt, began, line["t"], address, line["text"]))
    return copies


def _attempt_of(text: str, address: str, store: StoreImage, *, before_ms: float) -> int:
    """The attempt that was under way to this address with this text; -1 if there is none."""
    found = _NUMBER.search(text)
    named = f"{found[0]}.".encode() if found else b"?"
    alerts = {row["id"] for row in store.alerts.values() if named in row["body"]}
    mine = {d["id"] for d in store.deliveries.values() if d["alert_id"] in alerts}
    tries = [a for a in store.attempts.values() if a["delivery_id"] in mine and a["address"] == address]
    return max((a["id"] for a in tries if a["started_ms"] and a["started_ms"] <= before_ms), default=-1)


def _sign(escaped: "re.Match[str]") -> str:
    return chr(int(escaped[1], 16))


def read_facts(
    *,
    ledger: Path,
    store: Path,
    copies: list[Copy],
    crashes: list[tuple[float, Path]],
    anchor: Path,
    at: float,
) -> Facts:
    return Facts(
        ledger=list(read_lines(ledger)),
        store=read_store(store, at=at),
        copies=sorted(copies, key=lambda c: c.arrived),
        crashes=[read_store(path, at=when, audit=False) for when, path in crashes],
        anchors=read_anchors(anchor),
    )
