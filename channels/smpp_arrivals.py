"""Names for inbound messages: the same for one that comes again, another for one that only looks the same.

SMPP gives a message from a phone no number and no time, so every message is a new one and has a name that was never
given before; but for one that the message centre may not know to be kept. Such a one has its old name when it comes
again: where it was not acknowledged, or where its acknowledgement may have been lost with its session. An
acknowledgement is taken to have arrived when the message centre has answered something that left after it, or when the
session stood for a while after it. In doubt it is a new message: an answer seen twice costs a glance, one that is not
seen may cost more.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from channels.smpp_memory import ArrivalMemory
from channels.smpp_session import Session

_ON_ITS_WAY_S = 0.5  # an acknowledgement so shortly before the end of its session may not have arrived
_FIRST_S = 10.0  # of a session, in which the message centre brings what it may take for not acknowledged
_KEPT_S = 900.0  # of a session, in which what was not acknowledged for sure comes again: it must
_MOST = 10_000


@dataclass(slots=True, eq=False)
class _Message:
    name: str
    session: Session | None = None  # None: it came to an earlier process
    sequence: int = 0
    acknowledged_at: float | None = None

    def comes_again(self, session: Session, sequence: int) -> bool:
        """Over the same session only with its own number, which no other message that waits can have."""
        if self.session is session:
            return self.acknowledged_at is None and self.sequence == sequence
        return True

    def is_over(self, session: Session | None, now: float) -> bool:
        """Whether it can come no more over `session`, the latest."""
        if self.session is not None and self._was_heard(self.session, now):
            return True
        if session is None or session is self.session:
            return False
        sure = self.session is not None and self.acknowledged_at is None
        return now - session.bound_at >= (_KEPT_S if sure else _FIRST_S)

    def is_told(self, now: float) -> bool:
        """Its acknowledgement had its time, over a session that stands."""
        at = self.acknowledged_at
        standing = self.session is not None and self.session.ended_at is None
        return standing and at is not None and now - at >= _ON_ITS_WAY_S

    def _was_heard(self, session: Session, now: float) -> bool:
        at = self.acknowledged_at
        return at is not None and not session.may_have_missed(at, now=now, within_s=_ON_ITS_WAY_S)


class Arrivals:
    """Names of what may come again. `now` is the event loop's clock, in seconds; `key` is the digests' own."""

    def __init__(self, memory: ArrivalMemory | None = None, *, key: bytes = b"") -> None:
        self._memory = memory or ArrivalMemory()
        self._key = key[:64]
        self._messages: dict[str, list[_Message]] = {}  # by their digest, oldest first
        self._known = 0  # messages
        self._process, self._count = secrets.token_hex(4), 0

    def recall(self) -> None:
        """Takes up what an earlier process has left open."""
        known = {each.name for each in self._all()}
        for name in self._memory.recall()[-_MOST:]:
            if name not in known:
                self._add(_Message(name))

    def name(self, content: bytes, *, session: Session, sequence: int, now: float) -> str:
        """`sequence`: the number that it came with."""
        digest = hashlib.blake2b(content, digest_size=16, key=self._key).hexdigest()
        for each in self._messages.get(digest, ()):
            if not each.is_over(session, now) and each.comes_again(session, sequence):
                each.session, each.sequence, each.acknowledged_at = session, sequence, None
                self._memory.came(each.name)
                return each.name
        self._count += 1
        name = f"{digest}.{self._process}.{self._count}"
        self._add(_Message(name, session, sequence))
        self._memory.came(name)
        if self._known > _MOST:
            self._forget([next(self._all())])
        return name

    def acknowledged(self, name: str, *, now: float) -> None:
        """The message centre was told over a session that still stood."""
        for each in self._messages.get(_digest(name), ()):
            if each.name == name:
                each.acknowledged_at = now

    def sweep(self, session: Session | None, *, now: float) -> bool:
        """Forgets what can come no more; `session` is the latest. Whether anything is left that may.

        One that is acknowledged and that only a torn session could bring again is not remembered over a restart: if
        the process is killed meanwhile, the connection most likely was whole.
        """
        self._forget([each for each in self._all() if each.is_over(session, now)])
        self._memory.over(each.name for each in self._all() if each.is_told(now))
        return bool(self._messages)

    def _all(self) -> Iterator[_Message]:
        return (each for same in self._messages.values() for each in same)

    def _add(self, message: _Message) -> None:
        self._messages.setdefault(_digest(message.name), []).append(message)
        self._known += 1

    def _forget(self, messages: list[_Message]) -> None:
        for each in messages:
            same = self._messages[_digest(each.name)]
            same.remove(each)
            self._known -= 1
            if not same:
                del self._messages[_digest(each.name)]
        self._memory.over(each.name for each in messages)


def _digest(name: str) -> str:
    return name.partition(".")[0]
