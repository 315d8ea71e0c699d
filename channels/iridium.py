"""Short bursts over an Iridium modem of our own: one text of up to 340 octets, to where the modem is provisioned.

A message carries no destination; a reseller's header in front names another of his units. That the gateway took
a message is all that can be proved:

    status 0 to 4 and the serial number (MOMSN) moved on by one    submitted
    10, 13, 17, 18, 19 and what is in no table                     unknown
    no end was heard: the link, the modem or an octet was lost     unknown; submitted once the number has moved on
    11, 12, 14, 15, 16, 32 to 38, 64, 65; ERROR for the session    not sent: another try, never, or down

Not here: the dialogue with the modem (`hardware.iridium`).
Source: public RockBLOCK documentation for the header ("RB" and seven digits, of the receiver out, of the sender in).
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from channels import base
from channels.parts import failure
from channels.serial_modem import SerialModemChannel, SerialModemConfig
from hardware.errors import MaybeSent, NotSent
from hardware.iridium import IridiumModem
from hardware.iridium_budget import credits_of
from hardware.iridium_events import Arrived, Event, Resolved, StateChanged
from hardware.iridium_state import State
from hardware.iridium_status import Held, Uncertain
from hardware.iridium_timing import IridiumTiming
from hardware.port import Opener
from messages.address import Address
from messages.evidence import Evidence
from messages.precedence import Precedence
from messages.render import RenderError, ShortText, Size, Words, fit

_MOST = 340  # octets
_HEADER = 9  # octets
_FOUND_AGAIN_H = 72  # a message that is older than that and is found in the modem is shown as a new one
_SECONDS = 30.0  # of a session, with the wait for a signal
_URGENT = frozenset({Precedence.FLASH, Precedence.IMMEDIATE})
_HEALTH = {
    State.CLOSED: base.State.DOWN,
    State.STARTING: base.State.STARTING,
    State.SEARCHING: base.State.DEGRADED,  # a session is tried without a signal too
    State.READY: base.State.UP,
    State.SESSION: base.State.UP,
    State.ALARMED: base.State.DOWN,
    State.RECOVERING: base.State.DOWN,
}


class IridiumConfig(SerialModemConfig):
    """A modem's table in bavn.toml."""

    baud: int = Field(19200, ge=1200, le=115_200)
    addressing: Literal["provisioned", "rockblock"] = "provisioned"
    credits_per_day: int = Field(
        100, ge=1, le=1_000_000
    )  # one for each 50 octets and for each look for answers
    look_every_hours: float = Field(
        6.0, ge=0.25, le=168
    )  # for answers whose ring was not heard; each costs a credit


class IridiumChannel(SerialModemChannel[IridiumModem]):
    """One message at a time: the modem has one buffer each way."""

    config_model: ClassVar[type[base.ChannelConfig]] = IridiumConfig

    def __init__(self, name: str, config: IridiumConfig, *, opener: Opener | None = None) -> None:
        self.config = config
        self._room = _MOST - (_HEADER if config.addressing == "rockblock" else 0)
        self._timing = IridiumTiming(mailbox_s=config.look_every_hours * 3600).scaled(config.time_factor)
        super().__init__(name, config, opener=opener)
        self.capability = base.Capability(
            schemes=frozenset({"sbd"}),
            max_evidence=Evidence.SUBMITTED,
            measure=self._measure,
            shortened=self._shortened,
            two_way=True,
            seconds_per_message=_SECONDS,
            cost_rank=9,
        )

    def _new_driver(self) -> IridiumModem:
        config = self.config
        return IridiumModem(
            self._opener,
            timing=self._timing,
            credits_per_day=config.credits_per_day,
            power_cycle=config.power,
        )

    def _health(self, state: State, reason: str) -> base.Health:
        said = "" if state in {State.READY, State.SESSION} else f"{state.value}: {reason}"
        return base.Health(_HEALTH[state], said)

    async def _prove(self) -> tuple[str, ...]:
        """A message goes round within the modem: nothing leaves and nothing is paid for."""
        modem = self._modem
        octets = await modem.self_test()
        return (
            f"{octets} octets went round within the modem ({modem.setup.firmware})",
            "" if modem.bars is None else f"signal {modem.bars} of 5 bars",
            f"{max(modem.budget.left, 0)} credits are left of today's {modem.budget.per_day}",
        )

    async def submit(self, outgoing: base.Outgoing) -> base.Receipt:
        payload = self._encode(outgoing)
        self._within_budget(payload, outgoing.precedence)
        try:
            momsn = await self._modem.send(payload, before=outgoing.hand_over)
        except (NotSent, MaybeSent) as error:
            raise _failure(error) from error
        return base.Receipt((str(momsn),), detail=f"{credits_of(payload)} credits")

    def _encode(self, outgoing: base.Outgoing) -> bytes:
        header = self._header(outgoing.address)
        try:
            text = self._shortened(outgoing.words).text
        except RenderError as error:
            raise base.PermanentFailure(str(error)) from error
        return header + text.encode("utf-8", "replace")

    def _shortened(self, words: Words) -> ShortText:
        return fit(words, measure=self._measure, max_parts=1)

    def _header(self, address: Address) -> bytes:
        if address.scheme != "sbd":
            raise base.PermanentFailure(f"{address.scheme}: is not sent by Iridium")
        if address.value == "provisioned":
            return b""
        if self.config.addressing != "rockblock" or not address.value.startswith("RB"):
            raise base.PermanentFailure(
                f"{address}: a message goes where the modem is provisioned; write sbd:provisioned"
                + (", or sbd:RB and seven digits" if self.config.addressing == "rockblock" else "")
            )
        return address.value.encode("ascii")

    def _within_budget(self, payload: bytes, precedence: Precedence) -> None:
        """FLASH and IMMEDIATE are never a matter of money."""
        if precedence not in _URGENT and self._modem.budget.left < credits_of(payload):
            retry_at = datetime.now(UTC) + timedelta(hours=1)
            raise base.TransientFailure(
                f"the {self.config.credits_per_day} credits of this day are spent", retry_at=retry_at
            )

    def _told(self, event: Event) -> tuple[base.Event, ...]:
        if isinstance(event, StateChanged):
            return (base.HealthChanged(health=self._health(event.state, event.reason)),)
        return (self._resolved(event) if isinstance(event, Resolved) else self._inbound(event),)

    def _resolved(self, event: Resolved) -> base.Report:
        return base.Report(
            reference=str(event.momsn),
            evidence=Evidence.SUBMITTED if event.sent else Evidence.REFUSED,
            at=datetime.now(UTC),
            detail="by the modem's serial number, after the session was cut off",
        )

    def _inbound(self, event: Arrived) -> base.Inbound:
        sender, text = _said(event.payload, headed=self.config.addressing == "rockblock")
        return base.Inbound(
            bearer_id=_bearer_id(event, event.at),
            also=() if event.brought else _earlier_ids(event),
            sender=sender,
            text=text,
            at=event.at,
            raw=event.payload.hex().upper(),
            settle=event.settle,
        )

    def _measure(self, text: str) -> Size:
        """Octets in UTF-8; more than one message is more than can be sent, and a credit is paid for each 50."""
        octets = text.encode("utf-8", "replace")
        parts = -(-len(octets) // self._room) or 1
        return Size(parts=parts, octets=len(octets), cost=credits_of(octets), air_time_s=_SECONDS * parts)


def _bearer_id(event: Arrived, at: datetime) -> str:
    """Modem, number and octets, with the session: a number is used again, and short answers are the same octets."""
    digest = hashlib.sha256(event.payload).hexdigest()[:16]
    like_it = f"-{event.before}" if event.before else ""
    return f"{event.imei}-{event.mtmsn}-{digest}-{event.momsn}-{at:%Y%m%d%H%M}{like_it}"


def _earlier_ids(event: Arrived) -> tuple[str, ...]:
    """The names that what was found in the modem may have had, when it came in before the process was killed."""
    minutes = range(1, 60 * _FOUND_AGAIN_H + 1)
    return tuple(_bearer_id(event, event.at - timedelta(minutes=each)) for each in minutes)


def _said(payload: bytes, *, headed: bool) -> tuple[str, str]:
    """Sender and text. What is no text is passed on empty, with its octets."""
    sender = "sbd:provisioned"
    if headed and (header := re.match(rb"RB[0-9]{7}", payload)):
        sender, payload = f"sbd:{header[0].decode()}", payload[_HEADER:]
    try:
        return sender, payload.decode("utf-8")
    except UnicodeDecodeError:
        return sender, ""


def _failure(error: NotSent | MaybeSent) -> base.ChannelError:
    if isinstance(error, Held):
        retry_at = datetime.now(UTC) + timedelta(seconds=error.retry_s)
        code = "" if error.code is None else str(error.code)
        return base.TransientFailure(error.reason, code=code, raw=error.raw, retry_at=retry_at)
    found = failure(error)
    if isinstance(error, Uncertain):
        assert isinstance(found, base.Unknown)
        found.references = (str(error.momsn),)
    return found
