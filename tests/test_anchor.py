"""The anchor file: what is kept outside the store, and who may write it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.anchor import Anchor, anchor_line, read_anchors, read_lines
from tests.stores import Bench, store_in

KEY, OTHER = b"k" * 32, b"o" * 32


async def _records(bench: Bench) -> list[tuple[int, str]]:
    """Number and event of each record."""
    return [(row["n"], json.loads(row["record"])["event"]) for row in await bench.rows("SELECT * FROM audit")]


async def _anchored(folder: Path, key: bytes | None) -> Path:
    path = folder / "anchors.log"
    async with store_in(folder) as bench:
        await bench.accept()
        anchor = Anchor(path, bench.store, lambda: bench.now, key=key, failed=pytest.fail)
        await anchor.write()
        await anchor.write()
    return path


async def test_the_head_is_anchored_once_however_often_it_is_asked(tmp_path: Path) -> None:
    assert len(read_anchors(await _anchored(tmp_path, KEY), key=KEY)) == 1


@pytest.mark.parametrize(
    ("written", "read", "reason"),
    [(KEY, OTHER, "not written by this installation"), (None, KEY, "carries no mark")],
)
async def test_an_anchor_that_is_not_ours_is_named(
    tmp_path: Path, written: bytes | None, read: bytes, reason: str
) -> None:
    path = await _anchored(tmp_path, written)
    with pytest.raises(ValueError, match=f"line 1 .*{reason}"):
        read_anchors(path, key=read)


async def test_a_changed_number_or_hash_is_named(tmp_path: Path) -> None:
    path = await _anchored(tmp_path, KEY)
    time, number, *rest = path.read_text().split(" ")
    path.write_text(" ".join((time, str(int(number) + 1), *rest)))
    with pytest.raises(ValueError, match="line 1"):
        read_anchors(path, key=KEY)


async def test_each_anchor_is_noted_in_the_chain_and_the_note_alone_sets_no_other(tmp_path: Path) -> None:
    path = tmp_path / "anchors.log"
    async with store_in(tmp_path) as bench:
        anchor = Anchor(path, bench.store, lambda: bench.now, key=KEY, failed=pytest.fail)
        for alerts in range(1, 4):
            await bench.accept()
            await anchor.write()
            await anchor.write()
            assert len(read_anchors(path, key=KEY)) == alerts
        notes = [n for n, event in await _records(bench) if event == "anchored"]
        assert [n - 1 for n in notes] == list(read_anchors(path, key=KEY))
        assert await bench.flaws(read_anchors(path, key=KEY)) == []


async def test_every_line_that_is_taken_out_is_missed_once_its_note_is_there(tmp_path: Path) -> None:
    path = tmp_path / "anchors.log"
    async with store_in(tmp_path) as bench:
        anchor = Anchor(path, bench.store, lambda: bench.now, key=KEY, failed=pytest.fail)
        for _ in range(3):
            await bench.accept()
            await anchor.write()
        anchors = read_anchors(path, key=KEY)
        for gone in anchors:
            left = {n: hash_ for n, hash_ in anchors.items() if n != gone}
            assert [flaw.n for flaw in await bench.flaws(left)] == [gone + 1]


async def test_a_later_line_for_the_same_record_hides_nothing(tmp_path: Path) -> None:
    path = await _anchored(tmp_path, KEY)
    ((number, head),) = read_anchors(path, key=KEY).items()
    with path.open("a", encoding="ascii") as file:
        file.write(anchor_line(datetime.now(UTC), number, bytes(32), key=KEY))
    assert read_anchors(path, key=KEY) == {number: head}


async def test_a_torn_line_is_named_and_the_others_still_vouch(tmp_path: Path) -> None:
    path = await _anchored(tmp_path, KEY)
    with path.open("a", encoding="ascii") as file:
        file.write("2026-11-23T03:12:00Z 7 0a1b")  # the power went
    async with store_in(tmp_path) as bench:
        await bench.accept()
        await Anchor(path, bench.store, lambda: bench.now, key=KEY, failed=pytest.fail).write()
    found = read_lines(path, key=KEY)
    assert [(bad.number, "damaged" in bad.reason) for bad in found.bad] == [(2, True)]
    assert len(found.heads) == 2


@pytest.mark.parametrize("torn_at", range(1, 110))
async def test_a_line_torn_anywhere_vouches_for_nothing(torn_at: int, tmp_path: Path) -> None:
    whole = anchor_line(datetime.now(UTC), 4711, bytes(32), key=KEY)
    (tmp_path / "anchors.log").write_text(whole + whole[:torn_at], encoding="ascii")
    found = read_lines(tmp_path / "anchors.log", key=KEY)
    assert (list(found.heads), [bad.number for bad in found.bad]) == ([4711], [2])
