"""An inbox over IMAP: a mailbox that is read as it fills (IDLE, RFC 2177), in a thread of its own.

| step                                     | what happens to a mail                                          |
|------------------------------------------|-----------------------------------------------------------------|
| SEARCH UNDELETED SINCE                   | all of the last ten days, whether somebody has seen them or not |
| FETCH BODY.PEEK[]<0.max>                 | read up to `max_octets`, and still unseen                       |
| the event is with the hub                | nothing; a session that ends now finds the mail again           |
| the hub has committed it (`settle`)      | +FLAGS \\Seen, then MOVE to `done`                               |
| killed between commit and MOVE           | it comes again, and counts once by its `bearer_id`              |

Whatever fails ends the session; the next one begins after a pause that grows up to `reconnect_max_s`. A mail that is
with the hub is not passed on a second time by the same channel as long as the mailbox has the same UIDVALIDITY.
imap-tools blocks, so nothing of it runs on the event loop.
"""

import asyncio
import imaplib
import logging
import random
import re
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from channels.email_config import ImapInbox
from channels.email_inbound import Arrived
from channels.email_inlet import InboxAway, Inlet, now

log = logging.getLogger(__name__)

_MOST_UNSETTLED = 200  # mails that are with the hub; the others stay where they are
_OLDEST = timedelta(days=10)  # what came earlier can be about nothing of ours, and may be somebody's
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_AT_ONCE = 100  # moved with one command
_LONGEST_IDLE_S = 1_700.0  # RFC 2177: less than 30 minutes
_CLOSE_S = 2.0  # for the thread to end
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_FAILURES = (ImapToolsError, imaplib.IMAP4.error, OSError, EOFError, ValueError, LookupError, TypeError)


class ImapReader:
    """`note` hears why the inbox cannot be read, and '' when it can."""

    def __init__(self, config: ImapInbox, inlet: Inlet, *, note: Callable[[str], None]) -> None:
        self._config, self._inlet, self._note = config, inlet, note
        self._validity = b""
        self._passed: set[int] = set()  # UIDs that are with the hub
        self._later: dict[int, float] = {}  # UIDs of strangers' mails that wait, and until when (monotonic)
        self._settled: deque[tuple[bytes, int]] = deque()  # appended on the loop, taken in the thread
        self._stopping = threading.Event()
        self._connection: socket.socket | None = None
        self._up = False

    async def run(self) -> None:
        """Reads until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        pause_s = self._config.reconnect_s
        try:
            while True:
                self._up = False
                try:
                    await self._in_thread()
                except InboxAway as away:
                    if (
                        not self._up
                    ):  # servers end sessions now and then: the next one tells whether they are away
                        self._note(str(away))
                if self._up:
                    pause_s = self._config.reconnect_s
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 (spreads gateways, no secret)
                pause_s = min(2 * pause_s, self._config.reconnect_max_s)
        finally:
            self._ear.close()
            self._bell.close()

    async def _in_thread(self) -> None:
        """One session, in a thread that nobody waits for long: a daemon, so that it never keeps a hub from ending."""
        ended: asyncio.Future[None] = self._loop.create_future()

        def work() -> None:
            failure: Exception | None = None
            try:
                self._session()
            except _FAILURES as error:
                failure = InboxAway(self._why(error))
            except Exception as error:  # noqa: BLE001 (goes on where it is awaited)
                failure = error
            with suppress(RuntimeError):  # the loop has been closed meanwhile
                self._loop.call_soon_threadsafe(_end, ended, failure)

        thread = threading.Thread(target=work, name="imap inbox", daemon=True)
        thread.start()
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError:
            ended.cancel()
            self._stopping.set()
            self._ring()
            await asyncio.to_thread(thread.join, _CLOSE_S / 10)
            self._cut()
            await asyncio.to_thread(thread.join, _CLOSE_S)
            raise

    def _ring(self) -> None:
        with suppress(OSError):  # full: it is rung already
            self._bell.send(b"!")

    def _cut(self) -> None:
        """Ends whatever the thread is waiting for."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _why(self, error: Exception) -> str:
        where = f"{self._config.host}:{self._config.port}"
        return f"the mailbox at {where} cannot be read: {' '.join(str(error).split())[:200] or type(error).__name__}"

    # In the thread

    def _session(self) -> None:
        box = self._open()
        try:
            self._connection = box.client.socket()
            self._prepare(box)
            self._up = True
            self._loop.call_soon_threadsafe(self._note, "")
            while not self._stopping.is_set():
                self._finish(box)
                self._look(box)
                if not self._settled:
                    self._wait(box)
            with suppress(*_FAILURES):
                box.logout()
        finally:
            self._connection = None
            with suppress(OSError):
                box.client.shutdown()

    def _open(self) -> BaseMailBox:
        config = self._config
        host, port, within = config.host, config.port, config.connect_s
        if config.tls == "none":
            return MailBoxUnencrypted(host, port, timeout=within)
        context = ssl.create_default_context(cafile=config.ca_file)
        kind = MailBox if config.tls == "implicit" else MailBoxStartTls
        return kind(host, port, timeout=within, ssl_context=context)

    def _prepare(self, box: BaseMailBox) -> None:
        """Logs in and selects the folder. What a server offers is asked anew: some say all of it only then."""
        config = self._config
        password = config.password.get_secret_value()
        login = box.login if f"{config.username}{password}".isascii() else box.login_utf8
        login(config.username, password, initial_folder=None)
        box.client.socket().settimeout(config.command_s)
        offers = box.client.capability()[1][-1].decode("ascii", "replace")
        box.client.capabilities = tuple(offers.upper().split())
        if not box.folder.exists(config.done):
            box.folder.create(config.done)
        box.folder.set(config.folder)
        validity = box.client.response("UIDVALIDITY")[1][0] or b""
        if validity != self._validity:
            self._validity = validity
            self._passed.clear()
            self._later.clear()

    def _look(self, box: BaseMailBox) -> None:
        """Passes on what is new, oldest first."""
        uids = sorted(int(uid) for uid in box.uids(f"UNDELETED SINCE {_day(now() - _OLDEST)}", charset=None))
        there = set(uids)
        self._passed &= there
        self._later = {uid: due for uid, due in self._later.items() if uid in there}
        for uid in uids:
            if self._stopping.is_set() or len(self._passed) >= _MOST_UNSETTLED:
                return
            if uid not in self._passed and self._later.get(uid, 0.0) <= time.monotonic():
                self._pass_on(box, uid)

    def _pass_on(self, box: BaseMailBox, uid: int) -> None:
        arrived = self._fetch(box, uid)
        if arrived is None:
            return
        place = (self._validity, uid)

        async def settle() -> None:
            self._settled.append(place)
            self._ring()

        event = self._inlet.event(arrived, settle)
        if uid not in self._later and (wait_s := self._inlet.wait_s(event, reserve=True)):
            self._later[uid] = time.monotonic() + wait_s
            return
        self._later.pop(uid, None)
        self._passed.add(uid)
        asyncio.run_coroutine_threadsafe(self._inlet.put(event), self._loop).result()

    def _fetch(self, box: BaseMailBox, uid: int) -> Arrived | None:
        """The beginning of a mail; None if it is gone."""
        parts = f"(INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{self._config.max_octets}>)"
        answer = box.client.uid("FETCH", str(uid), parts)[1]
        pieces = [piece for piece in answer if isinstance(piece, tuple)]
        if not pieces:
            return None
        said = b" ".join(piece if isinstance(piece, bytes) else piece[0] for piece in answer if piece)
        size, local = _SIZE.search(said), imaplib.Internaldate2tuple(said)
        at = datetime.fromtimestamp(time.mktime(local), UTC) if local else now()
        raw = bytes(pieces[0][1])
        return Arrived(raw, min(at, now()), int(size[1]) if size else len(raw))

    def _finish(self, box: BaseMailBox) -> None:
        """Marks and moves what the hub has kept. What fails stays settled, for the next session."""
        while self._settled:
            batch = [self._settled[n] for n in range(min(_AT_ONCE, len(self._settled)))]
            uids = [str(uid) for validity, uid in batch if validity == self._validity]
            if uids:
                box.client.uid("STORE", ",".join(uids), "+FLAGS.SILENT", r"(\Seen)")
                box.move(uids, self._config.done)
            for _, uid in batch:
                self._settled.popleft()
                self._passed.discard(uid)

    def _wait(self, box: BaseMailBox) -> None:
        """Until something comes, the hub has kept something, or it is time to look again.

        A server may announce a mail in the same breath as it begins to idle, where nobody sees it: hence the last.
        """
        due = min(self._later.values(), default=float("inf")) - time.monotonic()
        within_s = min(self._config.look_every_s, _LONGEST_IDLE_S, max(due, 0.05))
        idles = "IDLE" in box.client.capabilities
        if idles:
            box.idle.start()  # type: ignore[no-untyped-call]
        connection = box.client.socket()
        poll = select.poll()
        poll.register(self._ear, select.POLLIN)
        poll.register(connection, select.POLLIN)
        if not (isinstance(connection, ssl.SSLSocket) and connection.pending()):
            poll.poll(within_s * 1000)
        with suppress(OSError):
            self._ear.recv(4096)
        if idles:
            box.idle.stop()  # type: ignore[no-untyped-call]


def _day(at: datetime) -> str:
    """RFC 3501 9, date: English whatever the locale."""
    return f"{at.day}-{_MONTHS[3 * at.month - 3 : 3 * at.month]}-{at.year}"


def _end(ended: asyncio.Future[None], failure: Exception | None) -> None:
    if ended.done():
        return
    ended.set_exception(failure) if failure else ended.set_result(None)
