"""A disk that fills up (invariant I11): what can wait is refused before it is full, and in words that help."""

import itertools
from pathlib import Path

import pytest

from gateway.room import LEAST, MB, MOST, NoRoom, Reserve, Room, room_on
from messages.precedence import Precedence


def reserve(*free_mb: int) -> Reserve:
    """Looks at a disk whose free space is the next number each second; 200 MB are kept."""
    looks = itertools.chain(free_mb, itertools.repeat(free_mb[-1]))
    seconds = itertools.count()
    return Reserve(lambda: Room(next(looks) * MB, 200 * MB), clock=lambda: float(next(seconds)))


@pytest.mark.parametrize("precedence", [p for p in Precedence if p is not Precedence.FLASH])
def test_below_the_reserve_everything_but_flash_has_to_wait(precedence: Precedence) -> None:
    with pytest.raises(NoRoom, match=r"only 199 MB are free .* make room on the disk of data_dir"):
        reserve(199).check(precedence)
    reserve(199).check(Precedence.FLASH)
    reserve(200).check(precedence)


def test_a_disk_that_was_cleared_is_seen_within_a_second() -> None:
    disk = reserve(10, 10, 900)
    with pytest.raises(NoRoom):
        disk.check(Precedence.ROUTINE)
    disk.check(Precedence.ROUTINE)


def test_the_reserve_is_a_twentieth_within_bounds_or_what_the_configuration_says(tmp_path: Path) -> None:
    assert LEAST <= room_on(tmp_path).reserve <= MOST
    assert room_on(tmp_path, 7).reserve == 7 * MB
    assert not room_on(tmp_path, 0).gone
