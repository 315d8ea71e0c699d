"""A pty that looks like a USB modem's port: a link at a fixed path to a device that changes with every plug.

The far side is kept open by us, or the first client that closes would end the line (EIO on the master).
"""

import asyncio
import hashlib
import os
import socket
import tty
from pathlib import Path

from hardware.errors import PortLost


class PtyPort:
    """The emulator's end of one pty."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._ours)
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.device = os.ttyname(self._theirs)
        self._waiting = bytearray()
        self._unsent = bytearray()
        self._news = asyncio.Event()
        self._open = True
        asyncio.get_running_loop().add_reader(self._ours, self._readable)

    async def read(self) -> bytes:
        while not self._waiting:
            if not self._open:
                raise PortLost("unplugged")
            self._news.clear()
            await self._news.wait()
        octets = bytes(self._waiting)
        self._waiting.clear()
        return octets

    def write(self, octets: bytes) -> None:
        """Sends what the line takes now and keeps the rest. A host that never reads loses the newest octets."""
        if not self._open:
            raise PortLost("unplugged")
        if len(self._unsent) < 65_536:
            self._unsent += octets
        self._writable()

    async def close(self) -> None:
        self.unplug()

    def unplug(self) -> None:
        """The device is gone, as when a cable is pulled: the host reads end of file or EIO."""
        if self._open:
            self._open = False
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._ours)
            loop.remove_writer(self._ours)
            os.close(self._theirs)
            os.close(self._ours)
            self._news.set()

    def _readable(self) -> None:
        try:
            octets = os.read(self._ours, 4096)
        except BlockingIOError:
            return
        except OSError:  # EIO: the host closed; ours stays open, so it may come again
            return
        self._waiting += octets
        self._news.set()

    def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            sent = os.write(self._ours, self._unsent) if self._unsent else 0
        except BlockingIOError:
            sent = 0
        del self._unsent[:sent]
        if self._unsent:
            loop.add_writer(self._ours, self._writable)
        else:
            loop.remove_writer(self._ours)


class Claim:
    """Keeps other emulators away from a path, from `take` until `release` or the end of this process.

    It is a name in Linux's abstract namespace (unix(7)): nothing is left of it after a kill.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None

    def take(self) -> None:
        """FileExistsError when an emulator has it."""
        place = self._path.parent.resolve() / self._path.name
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(b"\0bavn-emulator-" + hashlib.sha256(os.fsencode(place)).hexdigest().encode())
        except OSError as error:
            claim.close()
            raise FileExistsError(
                f"{self._path} belongs to an emulator that runs: choose another path"
            ) from error
        self._socket = claim

    def release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Link:
    """The path that the host opens: there while the modem is plugged in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._claim = Claim(path)

    def claim(self) -> None:
        """Keeps other emulators away until `release`. FileExistsError if one is there, or no file is named."""
        if not self.path.name:
            raise FileExistsError("the link has no name: write a path, as /tmp/modem")
        self._claim.take()

    def release(self) -> None:
        self._claim.release()

    def point_to(self, device: str) -> None:
        """Replaces the link in one step; refuses a path that is a real file, or in no folder."""
        if self.path.exists() and not self.path.is_symlink():
            raise FileExistsError(f"{self.path} exists and is no link: choose another path")
        if not self.path.parent.is_dir():
            raise NotADirectoryError(f"{self.path}: there is no folder {self.path.parent}: make it first")
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        fresh.symlink_to(device)
        fresh.replace(self.path)

    def remove(self) -> None:
        if self.path.is_symlink():
            self.path.unlink()
