"""The audit chain: every change to it is found, and nothing in it names a person (invariant I8)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.audit import GENESIS, Entry, Record, address_mark, chain, far_end_code, link, verify

ENTRIES = [
    Entry("accepted", {"alert": 1, "deliveries": [[1, "a1b2"]]}),
    Entry("sending", {"delivery": 1, "attempt": 1, "channel": "mail"}),
    Entry("submitted", {"delivery": 1, "attempt": 1, "ended": "reached"}),
    Entry("withdrawn", {"alert": 1, "how": "ended"}),
    Entry("answered", {"delivery": 1, "option": "1"}),
]
CHAIN = tuple(chain(ENTRIES, at_ms=1_795_400_000_000, after=0, head=GENESIS))
ANCHORS = {len(CHAIN): CHAIN[-1].hash}


def found(records: tuple[Record, ...] | list[Record], anchors: dict[int, bytes] = ANCHORS) -> list[int]:
    return [flaw.n for flaw in verify(records, anchors)]


def without_anchor(records: list[Record]) -> list[int]:
    return found(records, {})


def flips(octets: bytes) -> Iterator[bytes]:
    for place in range(len(octets)):
        for bit in range(8):
            yield octets[:place] + bytes([octets[place] ^ 1 << bit]) + octets[place + 1 :]


def test_a_whole_chain_has_no_flaw() -> None:
    assert found(CHAIN) == []


def test_a_chain_goes_on_where_the_last_group_ended() -> None:
    second = chain(ENTRIES[2:], at_ms=1_795_400_000_000, after=2, head=CHAIN[1].hash)
    assert (*CHAIN[:2], *second) == CHAIN


def test_every_flipped_bit_of_every_record_is_found() -> None:
    for i, record in enumerate(CHAIN):
        for octets in flips(record.record.encode()):
            changed = [*CHAIN]
            changed[i] = replace(record, record=octets.decode("utf-8", "surrogateescape"))
            assert found(changed), f"bit of record {record.n}: {octets!r}"


def test_every_flipped_bit_of_every_hash_is_found() -> None:
    for i, record in enumerate(CHAIN):
        for octets in flips(record.hash):
            assert found([*CHAIN[:i], replace(record, hash=octets), *CHAIN[i + 1 :]])


def test_every_changed_number_is_found() -> None:
    for i, record in enumerate(CHAIN):
        for n in {record.n ^ 1 << bit for bit in range(20)}:
            assert found([*CHAIN[:i], replace(record, n=n), *CHAIN[i + 1 :]])


@pytest.mark.parametrize("gone", range(len(CHAIN) - 1))
def test_every_missing_record_before_the_last_is_found_without_an_anchor(gone: int) -> None:
    assert without_anchor([*CHAIN[:gone], *CHAIN[gone + 1 :]])


@pytest.mark.parametrize("length", range(len(CHAIN)))
def test_every_cut_end_is_found_by_the_anchor(length: int) -> None:
    assert found(CHAIN[:length]) == [len(CHAIN)]


@pytest.mark.parametrize("i", range(len(CHAIN) - 1))
def test_every_swap_is_found_with_and_without_its_numbers(i: int) -> None:
    a, b = CHAIN[i], CHAIN[i + 1]
    rest = CHAIN[i + 2 :]
    assert without_anchor([*CHAIN[:i], b, a, *rest])
    assert without_anchor([*CHAIN[:i], replace(b, n=a.n), replace(a, n=b.n), *rest])


@pytest.mark.parametrize("i", range(len(CHAIN)))
def test_every_inserted_and_repeated_record_is_found(i: int) -> None:
    assert without_anchor([*CHAIN[:i], CHAIN[i], *CHAIN[i:]])
    head = CHAIN[i - 1].hash if i else GENESIS
    [forged] = chain([Entry("answered", {"delivery": 1})], at_ms=0, after=i, head=head)
    assert without_anchor([*CHAIN[:i], forged, *CHAIN[i:]])


def test_a_chain_rewritten_from_a_record_on_is_found_by_the_anchor() -> None:
    forged = chain(ENTRIES[:2] + [Entry("answered", {})] * 3, at_ms=1_795_400_000_000, after=0, head=GENESIS)
    rewritten = list(forged)
    assert without_anchor(rewritten) == []
    assert found(rewritten) == [len(CHAIN)]


@pytest.mark.parametrize(
    ("head", "anchors", "flawed"),
    [
        (2, {2: CHAIN[1].hash}, []),
        (2, {}, [6]),
        (2, {1: CHAIN[0].hash}, [6]),
        ([2], {2: CHAIN[1].hash}, [6]),  # a note of ours names a number
    ],
)
def test_an_anchor_that_was_noted_and_is_gone_is_found(
    head: object, anchors: dict[int, bytes], flawed: list[int]
) -> None:
    last = CHAIN[-1]
    noted = chain([Entry("anchored", {"head": head})], at_ms=0, after=last.n, head=last.hash)
    assert found([*CHAIN, *noted], anchors) == flawed


@pytest.mark.parametrize("after", range(1, len(CHAIN)))
def test_a_part_is_judged_from_the_record_before_it(after: int) -> None:
    part, head = CHAIN[after:], CHAIN[after - 1].hash
    assert list(verify(part, {}, after=after, head=head)) == []
    assert [flaw.n for flaw in verify(part, {}, after=after, head=GENESIS)] == [after + 1]


def test_a_record_that_is_no_json_any_more_is_a_flaw_and_no_crash() -> None:
    record = "{"
    broken = Record(1, record, chain_hash(record))
    assert found([broken], {}) == [1]


def chain_hash(record: str) -> bytes:
    return link(GENESIS, record)


def test_an_address_is_marked_under_a_key_of_its_own() -> None:
    mark = address_mark(b"k" * 32, "sms:+4500000001")
    assert mark == address_mark(b"k" * 32, "sms:+4500000001")
    assert mark != address_mark(b"l" * 32, "sms:+4500000001")
    assert len(mark) == 16
    assert "4500000001" not in mark


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("550 5.1.1 no such user", "550 5.1.1"),
        ("5.1.1 vagt@eksempelkommune.invalid", "5.1.1"),
        ("451 later", "451"),
        ("vagt@eksempelkommune.invalid is full", ""),
    ],
)
def test_of_a_far_end_s_words_only_the_code_is_kept(words: str, code: str) -> None:
    assert far_end_code(words) == code
