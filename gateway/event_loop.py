"""The hub's event loop: asyncio's own, but looking up one name never keeps another part of the hub waiting.

asyncio gives every lookup to the few threads that also open serial ports and write files. When name servers fall
silent a lookup takes 10 to 40 s (resolv.conf(5): timeout, attempts), and a handful of channels with names would take
the modems with them. Here an address needs no lookup, each name has a thread of its own, one lookup at a time for all
who ask for it, and nobody waits for those threads at the end.
"""

import asyncio
import socket
import threading
from asyncio import Future
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

THREADS = 32  # for opening ports and the like: a device that hangs at the opening holds one of them

_Wanted = tuple[Any, ...]


class HubLoop(asyncio.SelectorEventLoop):
    """To be made by `asyncio.Runner(loop_factory=HubLoop)`."""

    def __init__(self) -> None:
        super().__init__()
        self.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="hub"))
        self._lookups: dict[_Wanted, Future[Any]] = {}

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - asyncio named it
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        """As socket.getaddrinfo; socket.gaierror where the name has no address."""
        wanted = (host, port, family, type, proto, flags)
        if _is_numeric(host, port):
            return socket.getaddrinfo(*wanted)
        running = self._lookups.get(wanted)
        if running is None:
            running = self._lookups[wanted] = self.create_future()
            work = threading.Thread(
                target=self._look_up, args=(wanted, running), name=f"lookup {host!r}", daemon=True
            )
            work.start()
        return await asyncio.shield(running)  # who gives up waiting does not take it from the others

    def _look_up(self, wanted: _Wanted, running: "Future[Any]") -> None:
        """In the thread."""
        found, error = None, None
        try:
            found = socket.getaddrinfo(*wanted)
        except (OSError, UnicodeError, OverflowError) as failed:
            error = failed
        with suppress(RuntimeError):  # the loop is closed: nobody is left to hear it
            self.call_soon_threadsafe(self._found, wanted, running, found, error)

    def _found(
        self, wanted: _Wanted, running: "Future[Any]", found: Any, error: BaseException | None
    ) -> None:
        del self._lookups[wanted]
        if error is None:
            running.set_result(found)
        else:
            running.set_exception(error)
            running.exception()  # nobody may be left who waits for it


def _is_numeric(host: object, port: object) -> bool:
    """Whether no name server or table has to be asked."""
    if not (port is None or isinstance(port, int) or (isinstance(port, str) and port.isdecimal())):
        return False
    if host is None:
        return True
    try:
        ip_address(host)  # type: ignore[arg-type]
    except ValueError:
        return False
    return isinstance(host, str)
