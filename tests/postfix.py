"""A Postfix of our own: its configuration, queue and log in one folder, on a port of 127.0.0.1, never Debian's service.

Without `relayhost` it is a mail server for eksempelkommune.invalid, all of whose mailboxes end in one maildir, and it
refuses refused.invalid for good and later.invalid for now. With `relayhost` it passes everything on, as in benchmarks.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

DOMAIN = "eksempelkommune.invalid"
REFUSED = "refused.invalid"
LATER = "later.invalid"
_START_S, _STOP_S = 10.0, 10.0
_QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = postfix.invalid
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_recipient_access inline:{{
  {{ {refused} = 550 5.1.1 no such mailbox }}, {{ {later} = 450 4.2.1 mailbox busy }} }}, permit_mynetworks, reject
"""
_MAILBOXES = """\
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""
# No service runs in a chroot: the folder holds no copy of /etc.
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixServer:
    """`with PostfixServer(folder, port) as server`. Needs root. `extra` adds to main.cf; it starts and stops again."""

    def __init__(
        self, folder: Path, port: int, *, relayhost: str | None = None, extra: Mapping[str, str] | None = None
    ) -> None:
        self.folder, self.port = folder, port
        self._wrapper: subprocess.Popen[bytes] | None = None
        self._write(relayhost, dict(extra or {}))

    def _write(self, relayhost: str | None, extra: dict[str, str]) -> None:
        nobody, postfix = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        main = _MAIN.format(folder=self.folder, refused=REFUSED, later=LATER)
        if relayhost is None:
            ids = {"uid": nobody.pw_uid, "gid": nobody.pw_gid}
            main += _MAILBOXES.format(folder=self.folder, domain=DOMAIN, **ids)
        else:
            main += f"relayhost = {relayhost}\n"
        main += "".join(f"{key} = {value}\n" for key, value in extra.items())
        for name in ("config", "queue", "data", "mail"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for folder in (self.folder, *self.folder.parents):  # Postfix works as a user of its own
            if not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)
        os.chown(self.folder / "data", postfix.pw_uid, postfix.pw_gid)
        os.chown(self.folder / "mail", nobody.pw_uid, nobody.pw_gid)
        (self.folder / "config/main.cf").write_text(main)
        (self.folder / "config/master.cf").write_text(_MASTER.format(port=self.port))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when the port answers; RuntimeError with Postfix's own words if it does not. Running: nothing."""
        if self._wrapper is not None and self._wrapper.poll() is None:
            return
        program = shutil.which("postfix", path=f"{os.environ['PATH']}:/usr/sbin") or "postfix"
        with (self.folder / "console").open("ab") as console:
            self._wrapper = subprocess.Popen(
                [program, "-c", str(self.folder / "config"), "start-fg"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if self._wrapper.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Postfix did not start:\n{self._words()}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stops it by its own process id, with all that it started; does nothing if it does not run.

        The wrapper that we started ends when the master has; the master leads a process group of its own.
        """
        wrapper, self._wrapper = self._wrapper, None
        if wrapper is None or wrapper.poll() is not None:
            return
        master = self._master()
        if master is None:
            wrapper.kill()
        elif how is signal.SIGKILL:
            os.killpg(master, how)
        else:
            os.kill(master, how)
        try:
            wrapper.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            if how is signal.SIGKILL:
                raise
            self._wrapper = wrapper
            self.stop(signal.SIGKILL)
        (self.folder / "queue/quick-start").touch()  # the check of the installation took two seconds once

    def _master(self) -> int | None:
        try:
            return int((self.folder / "queue/pid/master.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def counts(self) -> dict[str, int]:
        """How many messages stand in each queue."""
        queues = {name: self.folder / "queue" / name for name in _QUEUES}
        return {name: sum(1 for file in path.rglob("*") if file.is_file()) for name, path in queues.items()}

    def flush(self) -> None:
        """Tries again at once what stands in the queue."""
        program = shutil.which("postqueue", path=f"{os.environ['PATH']}:/usr/sbin") or "postqueue"
        subprocess.run([program, "-c", str(self.folder / "config"), "-f"], check=True)

    def mails(self) -> list[bytes]:
        """The mails that have arrived in the maildir, oldest first, with Postfix's own header lines before ours."""
        files = (self.folder / "mail/all/new").glob("*")
        return [file.read_bytes() for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def _words(self) -> str:
        return "".join(
            path.read_text() for name in ("console", "log") if (path := self.folder / name).exists()
        )
