"""The place of the Unix socket: what a killed hub left is taken away, and nothing that is anybody else's."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.api.socket_place import place
from gateway.errors import StoreUnfit

LONG = "a-folder-whose-name-is-rather-long/" * 4


@contextmanager
def bound(path: Path) -> Iterator[Path]:
    """A socket at its place, as the server binds it; gives where it is bound."""
    with place(path) as at, socket.socket(socket.AF_UNIX) as server:
        server.bind(str(at.address))
        at.bound()
        yield at.address


def left_by_a_killed_hub(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def link_of_a_killed_hub(path: Path) -> None:
    path.symlink_to(path.with_name("socket"))
    left_by_a_killed_hub(path.with_name("socket"))


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("gone"))


def file(path: Path) -> None:
    path.write_text("a key", encoding="ascii")


def link_to_a_file(path: Path) -> None:
    file(path.with_name("master.key"))
    path.symlink_to(path.with_name("master.key"))


@pytest.mark.parametrize("leave", [left_by_a_killed_hub, link_of_a_killed_hub, link_to_nothing])
def test_what_a_killed_hub_left_makes_room(leave: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "bavn.sock"
    leave(path)
    with bound(path):
        assert path.is_socket()
        assert path.stat().st_mode & 0o777 == 0o660
    assert not path.is_symlink()
    assert not path.exists()


@pytest.mark.parametrize("stands", [file, link_to_a_file, os.mkfifo, Path.mkdir])
def test_what_is_no_socket_is_left_as_it_is(stands: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "bavn.sock"
    stands(path)
    before = path.lstat()
    with (
        pytest.raises(StoreUnfit, match=r"bavn\.sock is there already and is no socket; name a file of"),
        place(path),
    ):
        pass
    assert path.lstat() == before


def test_a_long_path_is_a_link_that_goes_with_its_socket(tmp_path: Path) -> None:
    path = tmp_path / LONG / "bavn.sock"
    path.parent.mkdir(parents=True)
    with bound(path) as address:
        assert (path.readlink(), address.is_socket()) == (address, True)
    assert not path.is_symlink()
    assert not address.exists()


@pytest.mark.parametrize("folder", [".", LONG])
def test_what_took_its_place_meanwhile_stays(folder: str, tmp_path: Path) -> None:
    path = tmp_path / folder / "bavn.sock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with bound(path):
        path.unlink()
        file(path)
    assert path.read_text(encoding="ascii") == "a key"


def test_a_socket_that_could_not_be_bound_leaves_no_link(tmp_path: Path) -> None:
    path = tmp_path / LONG / "bavn.sock"
    path.parent.mkdir(parents=True)
    with pytest.raises(OSError, match="bound by nobody"), place(path):
        raise OSError("bound by nobody")
    assert not path.is_symlink()
