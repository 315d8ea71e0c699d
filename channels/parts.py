"""A message that leaves in parts, one after the other, each with a reference of its own.

Once a part may have left, nothing can be said to have stayed here: every failure is Unknown. And the rest is worth
trying: phones show nothing of a message before they have all of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from channels import base
from hardware.errors import MaybeSent, ModemDown, NeverToThis, NotNow, NotSent

_TRIES = 3  # of a later part that the modem refuses

Send = Callable[[], Awaitable[str]]


@dataclass(slots=True)
class Parts:
    """What has become of the parts of one message so far. They are numbered from 1."""

    count: int
    references: dict[int, str] = field(default_factory=dict)
    doubts: dict[int, MaybeSent] = field(default_factory=dict)  # may have left, without a reference

    @property
    def may_have_left(self) -> bool:
        return bool(self.references or self.doubts)

    def late(self, reference: str) -> bool:
        """A reference that came after its part had been given up; False when no part misses one."""
        if not self.doubts:
            return False
        number = min(self.doubts)
        del self.doubts[number]
        self.references[number] = reference
        return True

    def receipt(self) -> base.Receipt:
        """Raises Unknown while a part is in doubt."""
        if self.doubts:
            raise self.unknown(next(iter(self.doubts.values())))
        detail = f"{self.count} part{'s' * (self.count > 1)}"
        return base.Receipt(self._in_order(), detail=detail)

    def unknown(self, error: NotSent | MaybeSent | base.Withdrawn, *, stayed: str = "") -> base.Unknown:
        """`stayed`: why the parts that are left did not leave."""
        doubts = [self._named(number, doubt.reason) for number, doubt in sorted(self.doubts.items())]
        code = "" if error.code is None else str(error.code)
        reason = "; ".join([*doubts, *filter(None, [stayed])])
        unknown = base.Unknown(reason, code=code, raw=error.raw, references=self._in_order())
        unknown.parts = self.count
        return unknown

    def _named(self, number: int, reason: str) -> str:
        return reason if self.count == 1 else f"part {number} of {self.count}: {reason}"

    def _in_order(self) -> tuple[str, ...]:
        return tuple(reference for _, reference in sorted(self.references.items()))


async def in_parts(
    sends: Sequence[Send], *, pause_s: float, patience_s: float = 0.0, parts: Parts | None = None
) -> base.Receipt:
    """Sends the parts of one message, each giving its reference.

    Where the modem is not fit for the next one, it is waited for: `patience_s` in all, asking every `pause_s`.
    `parts` is for whoever hears late references meanwhile.
    """
    parts = parts or Parts(len(sends))
    loop = asyncio.get_running_loop()
    until: float | None = None
    for number, send in enumerate(sends, start=1):
        if parts.may_have_left and until is None:
            until = loop.time() + patience_s
        try:
            parts.references[number] = await _one(send, parts, pause_s=pause_s, until=until)
        except MaybeSent as error:
            parts.doubts[number] = error
        except (NotSent, base.Withdrawn) as error:
            if not parts.may_have_left:
                if isinstance(error, base.Withdrawn):
                    raise
                raise failure(error) from error
            raise parts.unknown(error, stayed=_stayed(error, number)) from error
    return parts.receipt()


async def _one(send: Send, parts: Parts, *, pause_s: float, until: float | None) -> str:
    refusals = 0
    while True:
        try:
            return await send()
        except NotNow:
            refusals += 1
            if not parts.may_have_left or refusals >= _TRIES:
                raise
        except ModemDown:
            if until is None or asyncio.get_running_loop().time() + pause_s > until:
                raise
        await asyncio.sleep(pause_s)


def _stayed(error: NotSent | base.Withdrawn, number: int) -> str:
    withdrawn = isinstance(error, base.Withdrawn)
    how = "withdrawn" if withdrawn else "nothing left"
    return f"{how} after part {number - 1}: {error.reason}"


def failure(error: NotSent | MaybeSent) -> base.ChannelError:
    """The channel's word for the driver's."""
    code = "" if error.code is None else str(error.code)
    if isinstance(error, MaybeSent):
        return base.Unknown(error.reason, code=code, raw=error.raw)
    kinds: dict[type[NotSent], type[base.ChannelError]] = {
        NeverToThis: base.PermanentFailure,
        ModemDown: base.ChannelDown,
    }
    return kinds.get(type(error), base.TransientFailure)(error.reason, code=code, raw=error.raw)
