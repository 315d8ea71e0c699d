"""The place of the Unix socket in the file system. What the hub did not make there it never removes."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gateway.errors import StoreUnfit
from gateway.socket_path import in_the_way, short_path


class Place:
    """`address` is where to bind; `bound` is called once that is done."""

    def __init__(self, address: Path, made: ExitStack) -> None:
        self.address, self._made = address, made

    def bound(self) -> None:
        """From here on the socket is ours to remove; group and owner may use it, others may not."""
        self._made.callback(_remove_socket, self.address, self.address.lstat())
        self.address.chmod(0o660)


@contextmanager
def place(path: Path) -> Iterator[Place]:
    """Room for a socket: what a killed hub left is gone, and a path that is too long is a link to a short one.

    StoreUnfit if something else is there.
    """
    address = short_path(path)
    with ExitStack() as made:
        try:
            address.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for each in (path, address):
                _make_room(each)
            if address != path:
                path.symlink_to(address)
                made.callback(_remove_link, path, address)
        except OSError as error:
            remedy = "name a file in a folder that the hub may write"
            raise StoreUnfit(f"socket {path}: {error.strerror or error}; {remedy}") from error
        yield Place(address, made)


def _make_room(path: Path) -> None:
    if in_the_way(path):
        raise StoreUnfit(f"http.socket: {path} is there already and is no socket; name a file of its own")
    path.unlink(missing_ok=True)


def _remove_link(path: Path, address: Path) -> None:
    if path.is_symlink() and path.readlink() == address:
        path.unlink()


def _remove_socket(address: Path, bound: os.stat_result) -> None:
    """Unless something else stands there by now."""
    with suppress(FileNotFoundError):
        if os.path.samestat(address.lstat(), bound):
            address.unlink()
