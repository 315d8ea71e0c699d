"""Names for inbound messages: the same for one that comes again, another for one that only looks the same.

SMPP gives a message from a phone no number and no time. Its name is made of its content and of the time when it came;
one that the message centre may not know to be kept has the same name when it comes again, over a new session or, if
that is soon, to a new process. In doubt it is a new message: an answer seen twice costs a glance, one that is not seen
may cost more.
"""

import hashlib
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Protocol

_BUCKET_S = 120  # after a crash the message centre brings what was not acknowledged within seconds
_RESENT_AFTER_S = 5.0  # in one session; no message centre's patience is shorter
_ON_ITS_WAY_S = 5.0  # an acknowledgement given so shortly before the session broke may not have arrived
_KEPT_S = 900.0  # how long a name waits for a message that comes again
_MOST = 10_000


class Over(Protocol):
    """The session that a message came over."""

    @property
    def ended_at(self) -> float | None: ...


@dataclass(slots=True)
class _Name:
    name: str
    session: Over
    came_at: float
    acknowledged_at: float | None = None

    def may_come_again(self, now: float) -> bool:
        ended_at = self.session.ended_at
        if self.acknowledged_at is None:
            return now - self.came_at < _KEPT_S
        if ended_at is None:
            return now - self.acknowledged_at < _ON_ITS_WAY_S
        return ended_at - self.acknowledged_at < _ON_ITS_WAY_S and now - ended_at < _BUCKET_S

    def comes_again(self, session: Over, now: float) -> bool:
        waited_in_vain = self.acknowledged_at is None and now - self.came_at >= _RESENT_AFTER_S
        return self.session is not session or waited_in_vain


class Arrivals:
    """Names of what came lately. `now` is the event loop's clock, in seconds."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, list[_Name]] = OrderedDict()
        self._count: Counter[str] = Counter()  # of names given in the present bucket
        self._bucket = -1

    def name(self, content: bytes, *, session: Over, now: float, wall_s: float) -> str:
        """`wall_s`: seconds since 1970, which a restart does not set back."""
        digest = hashlib.sha256(content).hexdigest()[:32]
        known = [each for each in self._names.get(digest, ()) if each.may_come_again(now)]
        for each in known:
            if each.comes_again(session, now):
                each.session, each.came_at, each.acknowledged_at = session, now, None
                return each.name
        name = self._new_name(digest, int(wall_s) // _BUCKET_S)
        self._names[digest] = [*known, _Name(name, session, now)]
        self._names.move_to_end(digest)
        if len(self._names) > _MOST:
            self._names.popitem(last=False)
        return name

    def acknowledged(self, name: str, *, now: float) -> None:
        """The message centre was told over a session that still stood."""
        for each in self._names.get(name.partition(".")[0], ()):
            if each.name == name:
                each.acknowledged_at = now

    def _new_name(self, digest: str, bucket: int) -> str:
        if bucket != self._bucket:
            self._bucket = bucket
            self._count.clear()
        self._count[digest] += 1
        return f"{digest}.{bucket}.{self._count[digest]}"
