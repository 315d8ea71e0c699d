"""Names for inbound messages: the same for one that comes again, another for one that only looks the same.

SMPP gives a message from a phone no number and no time, so every message is a new one and has a name that was never
given before; but for one that the message centre may not know to be kept. Such a one has its old name when it comes
again: where it was not acknowledged, or where its acknowledgement may have been lost with its session. An
acknowledgement is taken to have arrived when the message centre has answered something that left after it, when the
session stood for a while after it, or when something that came later is brought first: a message centre brings a
phone's messages in their order.

In doubt it is a new message: an answer seen twice costs a glance, one that is not seen may cost more. So of what was
acknowledged only a phone's latest words are taken for the same, 1, 2 and 1 again are three answers; and what nobody
types twice in a moment, which is a long text or a part of one.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
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

    @property
    def is_owed(self) -> bool:
        """It was not acknowledged, so that it comes again for sure."""
        return self.acknowledged_at is None

    @property
    def is_long(self) -> bool:
        return self.name.endswith("l")

    def says(self, digest: str) -> bool:
        return self.name.startswith(digest)

    def comes_again(self, session: Session, sequence: int) -> bool:
        """Over the same session only with its own number, which no other message that waits can have."""
        return self.session is not session or (self.is_owed and self.sequence == sequence)

    def is_over(self, session: Session | None, now: float) -> bool:
        """Whether it can come no more over `session`, the latest."""
        if self.session is not None and self._was_heard(self.session, now):
            return True
        if session is None or session is self.session:
            return False
        sure = self.session is not None and self.is_owed
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
        self._messages: dict[
            str, list[_Message]
        ] = {}  # by their phone's digest, in the order in which they came
        self._known = 0  # messages
        self._process, self._count = secrets.token_hex(4), 0

    def recall(self) -> None:
        """Takes up what an earlier process has left open."""
        known = {each.name for each in self._all()}
        for name, told in self._memory.recall().items():
            if name not in known:
                self._add(_Message(name, acknowledged_at=0 if told else None))

    def name(
        self, content: bytes, *, sender: str, session: Session, sequence: int, now: float, long: bool = False
    ) -> str:
        """`sequence`: the number that it came with; `long`: nobody says that again at once."""
        phone = self._digest(sender.encode(), size=6)
        digest = phone + self._digest(content, size=10)
        known = [each for each in self._messages.get(phone, ()) if not each.is_over(session, now)]
        message = _again(known, digest, session=session, sequence=sequence)
        self._forget(_heard(known, message, digest=digest, session=session))
        if message is None:
            self._count += 1
            message = _Message(f"{digest}.{self._process}.{self._count}{'l' * long}")
        else:
            self._remove(message)
        message.session, message.sequence, message.acknowledged_at = session, sequence, None
        self._add(message)
        self._memory.came(message.name)
        return message.name

    def acknowledged(self, name: str, *, now: float) -> None:
        """The message centre was told over a session that still stood."""
        for each in self._messages.get(_phone(name), ()):
            if each.name == name:
                each.acknowledged_at = now
                self._memory.told(name)

    def sweep(self, session: Session | None, *, now: float) -> bool:
        """Forgets what can come no more; `session` is the latest. Whether anything is left that may.

        One that is acknowledged and that only a torn session could bring again is not remembered over a restart: if
        the process is killed meanwhile, the connection most likely was whole.
        """
        self._forget([each for each in self._all() if each.is_over(session, now)])
        self._memory.over(each.name for each in self._all() if each.is_told(now))
        return bool(self._messages)

    def _digest(self, octets: bytes, *, size: int) -> str:
        return hashlib.blake2b(octets, digest_size=size, key=self._key).hexdigest()

    def _all(self) -> Iterator[_Message]:
        return (each for same in self._messages.values() for each in same)

    def _add(self, message: _Message) -> None:
        self._messages.setdefault(_phone(message.name), []).append(message)
        self._known += 1
        if self._known > _MOST:
            self._forget([next(self._all())])

    def _remove(self, message: _Message) -> None:
        phone = _phone(message.name)
        self._messages[phone].remove(message)
        self._known -= 1
        if not self._messages[phone]:
            del self._messages[phone]

    def _forget(self, messages: Sequence[_Message]) -> None:
        for each in messages:
            self._remove(each)
        self._memory.over(each.name for each in messages)


def _phone(name: str) -> str:
    return name[:12]


def _again(known: list[_Message], digest: str, *, session: Session, sequence: int) -> _Message | None:
    """Which of a phone's messages it is: rather one that is owed than one that was acknowledged.

    Of the latter only one before another that is still owed, since nothing new is brought before that; its latest
    words, since they say the same as a new one would; and a long one.
    """
    same = [each for each in known if each.says(digest) and each.comes_again(session, sequence)]
    for each in same:
        if each.is_owed:
            return each
    for each in same:
        later = [other for other in known[known.index(each) + 1 :] if other.session is not session]
        owed = any(other.is_owed for other in later)
        if each.is_long or owed or all(other.says(digest) for other in later):
            return each
    return None


def _heard(
    known: list[_Message], message: _Message | None, *, digest: str, session: Session
) -> list[_Message]:
    """The acknowledgements that have arrived, as `message` shows, which is brought before what they were for."""
    before = known if message is None else known[: known.index(message)]
    there = [each for each in before if not each.is_owed and not each.is_long and each.session is not session]
    return there if message is None else [each for each in there if not each.says(digest)]
