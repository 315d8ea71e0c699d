"""The audit: one record for each change of state, hash-chained, in the same transaction as the change.

A record names a person by a random id and an address by an HMAC under that person's own key, never by name,
number or text. Record n is hashed with the hash of record n-1, so a changed, missing, swapped or inserted record
breaks the chain from there on; the head is anchored outside, so that a cut end is found too.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

_STATUS = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}"  # RFC 3463; a delivery report may have it without an SMTP code
_CODE = re.compile(rf"(?:{_STATUS}|[0-9]{{1,4}}(?: {_STATUS})?)(?![0-9])")
ANCHORED = "anchored"  # the event that says: record `head` stands in the anchor file
GENESIS = hashlib.sha256(b"bavn audit 1").digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened: a verb in the past tense, and the facts that the inquiry will ask for."""

    event: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    n: int
    record: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where the chain does not hold, and what is wrong there."""

    n: int
    reason: str


def chain(entries: Iterable[Entry], *, at_ms: int, after: int, head: bytes) -> Iterator[Record]:
    """Numbers and links the entries of one group after record `after`, whose hash is `head`."""
    for n, entry in enumerate(entries, start=after + 1):
        record = _text({"n": n, "at": at_ms, "event": entry.event, **entry.facts})
        head = link(head, record)
        yield Record(n, record, head)


def _text(facts: Mapping[str, Any]) -> str:
    """Compact JSON. What a far end said may hold half a surrogate pair: then it is written in ASCII."""
    try:
        return to_json(facts).decode()
    except PydanticSerializationError:
        return json.dumps(facts, separators=(",", ":"))


def link(head: bytes, record: str) -> bytes:
    """The hash of a record after `head`; a damaged record may hold octets that are no UTF-8."""
    return hashlib.sha256(head + record.encode("utf-8", "surrogateescape")).digest()


def verify(
    records: Iterable[Record],
    anchors: Mapping[int, bytes],
    *,
    known: Container[int] | None = None,
    after: int = 0,
    head: bytes = GENESIS,
) -> Iterator[Flaw]:
    """Every flaw of the chain after record `after`, in order, and every anchor that it does not meet.

    `known` are the numbers of all anchors where `anchors` are those of a part: the chain says itself which were set.
    """
    n, met, known = after, set[int](), anchors if known is None else known
    for record in records:
        if record.n != n + 1:
            yield Flaw(n + 1, f"record {n + 1} is missing: the next one is {record.n}")
        n, head = record.n, link(head, record.record)
        if record.hash != head:
            yield Flaw(n, "the record or one before it was changed: its hash does not follow")
            head = record.hash  # so that one change is one flaw
        elif (facts := inside(record.record)).get("n") != n:
            yield Flaw(n, "the record carries another number")
        elif facts.get("event") == ANCHORED and (noted := _noted(facts)) not in known:
            yield Flaw(n, f"record {noted} was anchored, and the anchor file does not have it any more")
        if n in anchors:
            met.add(n)
            if anchors[n] != record.hash:
                yield Flaw(n, "the chain does not meet the anchor: records were rewritten after it was set")
    for missing in sorted(set(anchors) - met):
        yield Flaw(missing, "the anchored record is not there: the end of the chain was cut off")


def _noted(facts: Mapping[str, Any]) -> int:
    """The record whose anchor is noted; -1 where a forged note names none."""
    head = facts.get("head")
    return head if isinstance(head, int) else -1


def inside(record: str) -> dict[str, Any]:
    """The facts of a record; {} for what is not one of ours, whatever its hash says."""
    try:
        facts = json.loads(record)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def far_end_code(words: str) -> str:
    """The code that a far end's words begin with, as `550 5.1.1`; '' if none.

    The words themselves stay out of the audit: what refuses an address names it.
    """
    found = _CODE.match(words)
    return found[0] if found else ""


def address_mark(key: bytes, address: str) -> str:
    """How an address is named in the audit: 64 bits of HMAC-SHA-256 under the person's key."""
    return hmac.digest(key, address.encode(), "sha256")[:8].hex()
