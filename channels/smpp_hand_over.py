"""Handing over one attempt, part by part. The table in `channels.smpp` says what each answer becomes."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from channels.base import (
    ChannelDown,
    ChannelError,
    Event,
    Outgoing,
    Receipt,
    Report,
    TransientFailure,
    Unknown,
)
from channels.pace import Pace
from channels.smpp_config import SmppConfig
from channels.smpp_link import Link
from channels.smpp_pdu import RESPONSE, Command, Pdu, Submit, Tag, first_string
from channels.smpp_sent import Sent, canonical
from channels.smpp_session import Silence
from channels.smpp_status import OK, SLOW_DOWN, in_words, refusal
from channels.smpp_submit import submits
from messages.evidence import Evidence
from messages.precedence import Precedence

_PART_TRIES = 3  # of a later part that is refused for now


class HandOver:
    """`tell` hears of answers that came after their hand-over was called unknown."""

    def __init__(self, config: SmppConfig, link: Link, sent: Sent, *, tell: Callable[[Event], bool]) -> None:
        self._config, self._link, self._sent, self._tell = config, link, sent, tell
        self.pace = Pace(config.max_per_second, pause_s=config.throttle_s)
        self._long_reference = random.randrange(1 << 16)  # noqa: S311  # ties parts together, protects nothing
        self._user_reference = random.randrange(1 << 16)  # noqa: S311  # names a message, protects nothing

    async def send(self, outgoing: Outgoing) -> Receipt:
        """All parts, one after the other.

        Once one may have left, every failure is Unknown, and the rest is worth trying: phones show nothing of a
        message before they have all of it.
        """
        self._long_reference += 1
        parts = submits(outgoing, self._config, reference=self._long_reference, now=datetime.now(UTC))
        self.pace.check(urgent=_urgent(outgoing))
        references, doubt = list[str](), None
        for number, part in enumerate(parts, start=1):
            try:
                references.append(await self._until_taken(part, outgoing, number=number))
            except Unknown as unknown:
                doubt = doubt or _named(unknown, number, of=len(parts))
            except ChannelError as failure:
                if number == 1:
                    raise
                doubt = doubt or _named(failure, number, of=len(parts))
                break
        if doubt is not None:
            doubt.references, doubt.parts = tuple(references), len(parts)
            raise doubt
        return Receipt(tuple(references), detail=f"{len(parts)} part{'s' * (len(parts) > 1)}")

    async def _until_taken(self, part: Submit, outgoing: Outgoing, *, number: int) -> str:
        for _ in range(_PART_TRIES - 1 if number > 1 else 0):
            try:
                return await self._submit(part, outgoing, number=number)
            except ChannelDown:
                raise
            except TransientFailure as failure:
                pause = failure.retry_at - datetime.now(UTC) if failure.retry_at else timedelta()
                await asyncio.sleep(max(pause.total_seconds(), self._config.throttle_s))
        return await self._submit(part, outgoing, number=number)

    async def _submit(self, part: Submit, outgoing: Outgoing, *, number: int) -> str:
        """One part; its reference. Raises what a refusal is, Unknown, or what `hand_over` raises."""
        await self.pace.turn(urgent=_urgent(outgoing))
        session = self._link.session()
        self._user_reference = (self._user_reference + 1) & 0xFFFF
        named, attempt, address = self._user_reference, outgoing.attempt, outgoing.address
        if self._config.user_message_reference and session.knows_options:
            option = (int(Tag.USER_MESSAGE_REFERENCE), named.to_bytes(2, "big"))
            part = replace(part, options=(*part.options, option))
        heard, late = partial(self._note, outgoing), partial(self._late, outgoing, number)
        try:
            reply = await session.request(part.encode, before=outgoing.hand_over, heard=heard, late=late)
        except Silence as silence:
            self._sent.unheard(named, attempt=attempt, address=address)
            raise Unknown(str(silence)) from silence
        return self._judge(reply, outgoing, number=number)

    def _judge(self, reply: Pdu, outgoing: Outgoing, *, number: int) -> str:
        if _is_taken(reply):
            self.pace.taken()
            return self._reference(reply, outgoing, number)
        if reply.status == OK or reply.command not in {Command.SUBMIT_SM | RESPONSE, Command.GENERIC_NACK}:
            raise Unknown(f"the message centre answered nonsense: command {reply.command:#x}")
        failure = refusal(reply.status, what="the message")
        if reply.status in SLOW_DOWN and isinstance(failure, TransientFailure):
            failure.retry_at = datetime.now(UTC) + timedelta(seconds=self.pace.throttled())
        raise failure

    def _note(self, outgoing: Outgoing, reply: Pdu) -> None:
        """Before its receipt is read, which may have come with it."""
        if _is_taken(reply):
            self._sent.taken(first_string(reply.body), attempt=outgoing.attempt, address=outgoing.address)

    def _reference(self, reply: Pdu, outgoing: Outgoing, number: int) -> str:
        """Some give no message_id; then nothing but the attempt can name it."""
        return canonical(first_string(reply.body)) or f"{outgoing.attempt}/{number}"

    def _late(self, outgoing: Outgoing, number: int, reply: Pdu) -> None:
        taken = reply.status == OK
        self._tell(
            Report(
                reference=self._reference(reply, outgoing, number) if taken else "",
                attempt=outgoing.attempt,
                evidence=Evidence.SUBMITTED if taken else Evidence.REFUSED,
                at=datetime.now(UTC),
                address=outgoing.address,
                detail="the message centre answered late"
                if taken
                else f"refused late: {in_words(reply.status)}",
            )
        )


def _is_taken(reply: Pdu) -> bool:
    return reply.status == OK and reply.command == Command.SUBMIT_SM | RESPONSE


def _urgent(outgoing: Outgoing) -> bool:
    return outgoing.precedence is Precedence.FLASH


def _named(failure: ChannelError, number: int, *, of: int) -> Unknown:
    """The failure of a message of which something may have left."""
    reason = f"part {number} of {of}: {failure.reason}" if of > 1 else failure.reason
    return Unknown(reason, code=failure.code, raw=failure.raw)
