"""The anchor file: what is kept outside the store, and who may write it."""

from pathlib import Path

import pytest

from gateway.anchor import Anchor, read_anchors
from tests.stores import store_in

KEY, OTHER = b"k" * 32, b"o" * 32


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
