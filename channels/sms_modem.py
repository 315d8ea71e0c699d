"""SMS over a GSM or LTE modem of our own: one SIM, one port.

The relative validity of a message cannot say less than 5 minutes (9.2.3.12.1), so an SMS in the network may outlive an
alert that has less than that left (I17).
Not here: the dialogue with the modem (`hardware.gsm`), and joining the parts of an inbound message (the store).
Source: 3GPP TS 23.040 (messages, references, 9.2.3.15 states of a report).
"""

import asyncio
import hashlib
import random
import re
from collections import deque
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, Field, SecretStr, field_validator

from channels import base
from channels.numbers import sender_of
from channels.parts import Parts, in_parts
from channels.serial_modem import SerialModemChannel, SerialModemConfig
from channels.signs import unreadable, whole
from hardware.codecs import tpdu
from hardware.codecs.tpdu import Deliver, StatusReport
from hardware.codecs.userdata import Alphabet, alphabet
from hardware.errors import CodecError
from hardware.gsm import GsmModem
from hardware.gsm_events import Event, LateReference, Received, Reported, StateChanged
from hardware.gsm_owed import OwedMemory
from hardware.gsm_state import State
from hardware.pin_memory import PinMemory
from hardware.port import Opener
from hardware.timing import Timing
from messages.evidence import Evidence
from messages.precedence import Precedence
from messages.render import RenderError, ShortText, Size, Words, fit

_MINUTE = timedelta(minutes=1)
_HEALTH = {
    State.CLOSED: base.State.DOWN,
    State.STARTING: base.State.STARTING,
    State.LOCKED: base.State.DOWN,
    State.SEARCHING: base.State.DOWN,
    State.WAITING: base.State.DOWN,
    State.READY: base.State.UP,
    State.RECOVERING: base.State.DOWN,
}


class SmsModemConfig(SerialModemConfig):
    """A modem's table in bavn.toml."""

    model_config = ConfigDict(hide_input_in_errors=True)  # an error would show the PIN of a wrong table

    pin: SecretStr | None = None  # given once, never a second time while it is not known to be right
    max_parts: int = Field(3, ge=1, le=10)
    max_per_minute: int = Field(30, ge=1, le=600)  # parts; FLASH does not count them
    request_reports: bool = True
    country: str = Field("45", pattern=r"^[1-9][0-9]{0,2}$")  # of numbers that arrive without one

    @field_validator("pin")
    @classmethod
    def _digits(cls, pin: SecretStr | None) -> SecretStr | None:
        """Checked before the card is asked: a wrong one counts towards its lock."""
        if pin is not None and not re.fullmatch(r"[0-9]{4,8}", pin.get_secret_value()):
            raise ValueError("a PIN has 4 to 8 digits")
        return pin


class SmsModemChannel(SerialModemChannel[GsmModem]):
    """Parts go one after the other; a rung is left only between them."""

    config_model: ClassVar[type[base.ChannelConfig]] = SmsModemConfig

    def __init__(self, name: str, config: SmsModemConfig, *, opener: Opener | None = None) -> None:
        self.config = config
        self._timing = Timing().scaled(config.time_factor)
        self._pins, self._owed = PinMemory(), OwedMemory()
        super().__init__(name, config, opener=opener)
        self.capability = base.Capability(
            schemes=frozenset({"sms"}),
            max_evidence=Evidence.DELIVERED if config.request_reports else Evidence.SUBMITTED,
            measure=measure,
            shortened=self._shortened,
            two_way=True,
            seconds_per_message=6.0,  # field reports: 6 to 10 a minute over GSM signalling
            cost_rank=2,
        )
        self._sending = asyncio.Lock()
        self._leaving: tuple[str, Parts] | None = None  # to whom, and what has left so far
        # For a modem that was silent for one part and has to be well again for the next, twice.
        self._patience_s = 2 * (self._timing.sent_s + self._timing.late_s)
        self._long_reference = random.randrange(256)  # noqa: S311  # ties parts together, protects nothing
        self._sent_at: deque[datetime] = deque()

    def _new_driver(self) -> GsmModem:
        pin = self.config.pin.get_secret_value() if self.config.pin else None
        return GsmModem(
            self._opener,
            pin=pin,
            timing=self._timing,
            pins=self._pins,
            owed=self._owed,
            power_cycle=self.config.power,
        )

    def keep_in(self, folder: Path, *, key: bytes) -> None:
        """That the card refused its PIN: not given again by the next start; and that a message is not answered yet."""
        self._pins, self._owed = PinMemory(folder / "pin.json", key=key), OwedMemory(folder / "owed")

    def _health(self, state: State, reason: str) -> base.Health:
        return base.Health(_HEALTH[state], "" if state is State.READY else f"{state.value}: {reason}")

    async def _prove(self) -> tuple[str, ...]:
        """No message to ourselves either: each costs."""
        await self._modem.examine()
        status, registered = self._modem.status, self._modem.state is State.READY
        operator = f" ({status.operator})" if status.operator else ""
        return (
            f"the modem answers ({status.model})",
            "the SIM is unlocked",
            f"registered in a network{operator}" if registered else "",
            "" if status.signal_dbm is None else f"signal {status.signal_dbm} dBm",
        )

    def _told(self, event: Event) -> tuple[base.Event, ...]:
        """A late reference of a message that is still leaving is no event: its receipt has it."""
        if isinstance(event, LateReference) and self._leaving is not None:
            to, leaving = self._leaving
            if to == event.destination and leaving.late(str(event.reference)):
                return ()
        return (_event(event, country=self.config.country),)

    async def submit(self, outgoing: base.Outgoing) -> base.Receipt:
        parts = self._encode(outgoing)
        async with self._sending:
            self._within_limit(len(parts), outgoing.precedence)
            sends = [partial(self._send, part, outgoing) for part in parts]
            leaving = Parts(len(parts))
            self._leaving = (outgoing.address.value, leaving)
            try:
                return await in_parts(
                    sends, pause_s=self._timing.cooling_s, patience_s=self._patience_s, parts=leaving
                )
            finally:
                self._leaving = None

    async def _send(self, part: bytes, outgoing: base.Outgoing) -> str:
        reference = await self._modem.send(part, before=outgoing.hand_over)
        self._sent_at.append(datetime.now(UTC))
        return str(reference)

    def _encode(self, outgoing: base.Outgoing) -> tuple[bytes, ...]:
        if outgoing.address.scheme != "sms":
            raise base.PermanentFailure(f"{outgoing.address.scheme}: is not sent by SMS")
        try:
            text = self._shortened(outgoing.words).text
            self._long_reference = (self._long_reference + 1) % 256
            return tpdu.submits(
                whole(text),
                outgoing.address.value,
                reference=self._long_reference,
                validity=outgoing.validity,
                report_requested=self.config.request_reports,
            )
        except RenderError as error:
            raise base.PermanentFailure(str(error)) from error
        except CodecError as error:
            raise base.PermanentFailure(error.reason) from error

    def _shortened(self, words: Words) -> ShortText:
        return fit(words, measure=measure, max_parts=self.config.max_parts)

    def pause_s(self) -> float:
        """Until the longest message there may be has room."""
        return self._pause_s(self.config.max_parts)

    def _pause_s(self, parts: int) -> float:
        """Keeps to `max_per_minute`, so that the network does not take the SIM for a spammer's."""
        now = datetime.now(UTC)
        while self._sent_at and now - self._sent_at[0] >= _MINUTE:
            self._sent_at.popleft()
        over = len(self._sent_at) + parts - self.config.max_per_minute
        if (
            over <= 0 or not self._sent_at
        ):  # one message always fits an empty minute, however many parts it has
            return 0.0
        makes_room = self._sent_at[min(over, len(self._sent_at)) - 1]
        return (makes_room + _MINUTE - now).total_seconds()

    def _within_limit(self, parts: int, precedence: Precedence) -> None:
        """For whoever did not ask first."""
        pause_s = 0.0 if precedence is Precedence.FLASH else self._pause_s(parts)
        if pause_s > 0:
            retry_at = datetime.now(UTC) + timedelta(seconds=pause_s)
            reason = f"{self.config.max_per_minute} parts a minute are sent"
            raise base.TransientFailure(reason, retry_at=retry_at)


def measure(text: str) -> Size:
    """Parts and octets of user data, headers included; a part costs one."""
    size = tpdu.measure(whole(text))
    return Size(parts=size.parts, octets=size.octets, cost=size.parts, air_time_s=6.0 * size.parts)


def _event(event: Event, *, country: str) -> base.Event:
    match event:
        case Received():
            return _inbound(event, country)
        case Reported():
            return _report(event, country)
        case LateReference(reference, destination):
            now = datetime.now(UTC)
            return base.Report(
                reference=str(reference),
                evidence=Evidence.SUBMITTED,
                at=now,
                address=sender_of(destination, country=country),
                detail="the modem gave its reference late",
            )
        case StateChanged(state, reason):
            return base.HealthChanged(health=base.Health(_HEALTH[state], reason))


def _inbound(event: Received, country: str) -> base.Inbound:
    """A message, or one part of it. One that cannot be read is passed on with its octets."""
    key, now = hashlib.sha256(event.tpdu).hexdigest()[:32], datetime.now(UTC)
    raw = event.tpdu.hex().upper()
    try:
        message = tpdu.decode_received(event.tpdu)
    except CodecError:
        message = None
    if not isinstance(message, Deliver):
        return base.Inbound(bearer_id=key, sender="", text="", at=now, raw=raw, settle=event.settle)
    concat = message.content.concat
    address = sender_of(message.sender, country=country)
    text = message.content.text if alphabet(message.content.dcs) is not Alphabet.OCTETS else ""
    return base.Inbound(
        bearer_id=key,
        sender=str(address) if address else message.sender,
        text=text,
        at=(message.at or now).astimezone(UTC),
        part=(concat.reference, concat.total, concat.number) if concat else None,
        unreadable="" if concat else unreadable(text),
        raw=raw,
        settle=event.settle,
    )


def _report(event: Reported, country: str) -> base.Report:
    now, raw = datetime.now(UTC), event.tpdu.hex().upper()
    try:
        report = tpdu.decode_received(event.tpdu)
    except CodecError:
        report = None
    if not isinstance(report, StatusReport):
        detail = "a report that cannot be read"
        return base.Report(
            reference="", evidence=Evidence.UNKNOWN, at=now, detail=detail, raw=raw, settle=event.settle
        )
    evidence, detail = meaning(report.status)
    return base.Report(
        reference=str(report.reference),
        evidence=evidence,
        at=(report.discharged or now).astimezone(UTC),
        address=sender_of(report.recipient, country=country),
        detail=detail,
        raw=raw,
        settle=event.settle,
    )


def meaning(status: int) -> tuple[Evidence, str]:
    """What TP-ST says: only 00 proves that it arrived; 20 to 3F the network still tries (23.040 9.2.3.15)."""
    known = {0x00: "delivered", 0x01: "forwarded, not confirmed", 0x02: "replaced", 0x46: "validity expired"}
    detail = f"{known.get(status, 'status')} ({status:02X})"
    if status == 0x00:
        return Evidence.DELIVERED, detail
    if 0x40 <= status <= 0x7F:
        return Evidence.REFUSED, detail
    return Evidence.UNKNOWN, detail
