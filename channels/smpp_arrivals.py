"""Names for inbound messages: the same for one that comes again, another for one that only looks the same.

SMPP gives a message from a phone no number and no time. Its name is made of its content and of the time when it came;
one that was not acknowledged keeps its name when it comes again, also after a crash if that is soon. In doubt it is a
new message: an answer seen twice costs a glance, one that is not seen may cost more.
"""

import hashlib
from collections import Counter, OrderedDict
from dataclasses import dataclass

_BUCKET_S = 120  # after a crash the message centre brings what was not acknowledged within seconds
_RESENT_AFTER_S = 5.0  # in one session; no message centre's patience is shorter
_KEPT_S = 900.0  # how long a name waits for a message that comes again
_MOST = 10_000


@dataclass(slots=True)
class _Waiting:
    name: str
    session: object
    since: float


class Arrivals:
    """Names of what came and was not acknowledged yet."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, list[_Waiting]] = OrderedDict()
        self._count: Counter[str] = Counter()  # of names given in the present bucket
        self._bucket = -1

    def name(self, content: bytes, *, session: object, now_s: float, wall_s: float) -> str:
        """`now_s`: a monotonic clock; `wall_s`: seconds since 1970, which a restart does not set back."""
        digest = hashlib.sha256(content).hexdigest()[:32]
        known = [each for each in self._waiting.get(digest, ()) if now_s - each.since < _KEPT_S]
        for waiting in known:
            if waiting.session is not session or now_s - waiting.since >= _RESENT_AFTER_S:
                waiting.session, waiting.since = session, now_s
                return waiting.name
        name = self._new_name(digest, int(wall_s) // _BUCKET_S)
        self._waiting[digest] = [*known, _Waiting(name, session, now_s)]
        if len(self._waiting) > _MOST:
            self._waiting.popitem(last=False)
        return name

    def acknowledged(self, name: str) -> None:
        """The message centre will not bring it again."""
        digest = name.partition(".")[0]
        left = [waiting for waiting in self._waiting.get(digest, ()) if waiting.name != name]
        if left:
            self._waiting[digest] = left
        else:
            self._waiting.pop(digest, None)

    def _new_name(self, digest: str, bucket: int) -> str:
        if bucket != self._bucket:
            self._bucket = bucket
            self._count.clear()
        self._count[digest] += 1
        return f"{digest}.{bucket}.{self._count[digest]}"
