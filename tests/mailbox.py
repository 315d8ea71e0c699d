"""A mailbox of our own behind a real IMAP server (pymap, in a process of its own, in memory)."""

import asyncio
import imaplib
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.peers import free_port

USER, PASSWORD = "bavn", "hemmelig-adgang"
_START_S = 15.0
# Its command with passwords that are hashed once, not half a million times: each login took 0.2 s.
_PYMAP = """
from pysasl.hashing import BuiltinHash
BuiltinHash.__init__.__kwdefaults__["rounds"] = 1
from pymap.main import main
main()
"""


class Mailbox:
    """`with Mailbox() as box`: serves on 127.0.0.1 at `port` until it is left.

    `tls`: certificate and key, for STARTTLS.
    """

    def __init__(self, *, tls: tuple[Path, Path] | None = None) -> None:
        self.port, self._tls = free_port(), tls
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when it answers. It begins empty."""
        self._server = self._launched()
        deadline = time.monotonic() + _START_S
        while True:
            try:
                imaplib.IMAP4("127.0.0.1", self.port, timeout=2).shutdown()
                return
            except OSError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _launched(self) -> subprocess.Popen[bytes]:
        where = ["--host", "127.0.0.1", "--port", str(self.port)]
        where += ["--cert", str(self._tls[0]), "--key", str(self._tls[1])] if self._tls else ["--no-tls"]
        return subprocess.Popen(
            [sys.executable, "-c", _PYMAP, *where, "dict", "--demo-user", USER, "--demo-password", PASSWORD],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def put(self, *mails: bytes, flags: str = "", at: datetime | None = None) -> None:
        """Mails arrive, as another client of the server puts them there."""
        client = self._client()
        for raw in mails:
            status, said = client.append("INBOX", flags, at or datetime.now(UTC), raw)
            assert status == "OK", said
        client.logout()

    def flags(self, folder: str = "INBOX") -> list[str]:
        """The flags of each mail in a folder; [] too where there is no such folder."""
        client = self._client()
        try:
            if client.select(folder, readonly=True)[0] != "OK":
                return []
            found = client.uid("FETCH", "1:*", "(FLAGS)")[1]  # by UID: of none there is no BAD
            return [each.decode() for each in found if isinstance(each, bytes)]
        finally:
            client.logout()

    def empty(self) -> None:
        """Both folders, for the next test."""
        client = self._client()
        for folder in ("INBOX", "Bavn"):
            if client.select(folder)[0] == "OK":
                client.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
                client.expunge()
        client.logout()

    async def filed(self, count: int, folder: str = "Bavn") -> list[str]:
        """The flags in `folder`, once it has so many mails and INBOX none."""
        async with asyncio.timeout(5):
            while True:
                flags = await asyncio.to_thread(self.flags, folder)
                if len(flags) >= count and not await asyncio.to_thread(self.flags):
                    return flags
                await asyncio.sleep(0.02)

    def _client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=5)
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            client.starttls(ssl._create_unverified_context())  # it is the channel that is tested
        client.login(USER, PASSWORD)
        return client
