"""Short data over a TETRA radio of our own (SINE): texts to radios and groups, reports, and answers by text or status.

A radio's report that it has a text is evidence; a group's radios never report. The words are the author's radio text
where there is one. Not here: the dialogue with the radio (`hardware.tetra`), and joining the parts of an inbound text.
Source: ETSI EN 300 392-2 29.4 (SDS-TL).
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import replace
from types import TracebackType
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator

from channels import base
from channels.feed import Feed
from channels.tetra_inbound import evidence_event, inbound_event, late_event
from hardware.codecs.sds import Transfer, Wanted, text_transfers
from hardware.codecs.sds_forward import Forward, validity_within
from hardware.errors import CodecError, HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow, NotSent
from hardware.port import Opener, open_port
from hardware.power import by_command
from hardware.tetra import TetraRadio
from hardware.tetra_address import Groups, ssi_of
from hardware.tetra_events import Event, LateStep, Received, Reported, StateChanged
from hardware.tetra_state import State
from hardware.tetra_timing import TetraTiming
from messages.address import Address
from messages.evidence import Evidence
from messages.neutral import fold
from messages.render import RenderError, ShortText, Size, Words, fit

_PART_TRIES = 3  # a later part that the radio refuses: the first has left, so the rest is worth trying
_REMEMBERED = 2048  # messages whose reports are awaited
_SECONDS = 3.0  # of one message: onto the air and its report back
_WANTED = {"none": Wanted.NONE, "received": Wanted.RECEIVED, "consumed": Wanted.BOTH}
_PROOF = {"none": Evidence.SUBMITTED, "received": Evidence.DELIVERED, "consumed": Evidence.READ}
_HEALTH = {
    State.CLOSED: base.State.DOWN,
    State.STARTING: base.State.STARTING,
    State.SEARCHING: base.State.DOWN,
    State.DIRECT: base.State.DOWN,
    State.READY: base.State.UP,
    State.SPEAKING: base.State.UP,  # no fault: a message waits for the end of the call
    State.RECOVERING: base.State.DOWN,
}


class TetraConfig(base.ChannelConfig):
    """A radio's table in bavn.toml."""

    port: str = Field(min_length=1)  # best a path under /dev/serial/by-id, or socket://host:port
    baud: int = Field(38400, ge=1200, le=921_600)  # the radio's codeplug decides
    power_cycle: tuple[
        str, ...
    ] = ()  # a command that cuts the radio's power and gives it back, and its arguments
    max_bits: int = Field(668, ge=160, le=2047)  # of one SDS, per radio
    max_parts: int = Field(3, ge=1, le=10)
    reports: Literal["none", "received", "consumed"] = "received"  # "consumed": also when it has been read
    statuses: dict[int, str] = Field(default_factory=dict)  # what a status from a radio answers
    groups: tuple[str | int, ...] = ()  # GSSIs and spans as "3990100-3990199": they get no reports from us
    store_and_forward: bool = False  # tells the network how long to keep a text; not every network knows how
    tells_on_air: bool = True  # False for a radio that never says whether a text went over the air
    force_trunked: bool = True  # a radio in direct mode is taken back to the network
    time_factor: float = Field(1.0, gt=0, le=1)  # of the driver's time limits; below 1 for emulators only

    @field_validator("port")
    @classmethod
    def _openable(cls, port: str) -> str:
        if "://" in port and not port.startswith("socket://"):
            raise ValueError("write a device path or socket://host:port")
        return port

    @field_validator("groups")
    @classmethod
    def _numbers(cls, groups: tuple[str | int, ...]) -> tuple[str | int, ...]:
        Groups.of(groups)
        return groups

    @field_validator("statuses")
    @classmethod
    def _of_the_fleet(cls, statuses: dict[int, str]) -> dict[int, str]:
        """0 is the emergency, 1 to 32767 are reserved: none of them can be agreed on as an answer."""
        for status in statuses:
            if not 0x8000 <= status <= 0xFFFF:
                raise ValueError(f"status {status} cannot be an answer: choose from 32768 to 65535")
        return statuses


class TetraChannel:
    """Parts go one after the other; a rung is left only between them."""

    config_model: ClassVar[type[base.ChannelConfig]] = TetraConfig

    def __init__(self, name: str, config: TetraConfig, *, opener: Opener | None = None) -> None:
        self.name, self.config = name, config
        self.capability = base.Capability(
            schemes=frozenset({"sds"}),
            max_evidence=_PROOF[config.reports],
            measure=self._measure,
            shortened=self._shortened,
            two_way=True,
            seconds_per_message=_SECONDS,
            cost_rank=1,
        )
        self._timing = TetraTiming().scaled(config.time_factor)
        self._opener = opener or (lambda: open_port(config.port, config.baud))
        self._radio = self._new_radio()
        self._feed = Feed()
        self._pump: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        self._reference = random.randrange(256)  # noqa: S311  # matches reports, protects nothing
        # (SSI, reference) -> the address as it was given, and whether it only may have gone
        self._sent: OrderedDict[tuple[str, int], tuple[Address, bool]] = OrderedDict()

    def _new_radio(self) -> TetraRadio:
        config = self.config
        return TetraRadio(
            self._opener,
            timing=self._timing,
            max_bits=config.max_bits,
            groups=config.groups,
            tells_on_air=config.tells_on_air,
            force_trunked=config.force_trunked,
            power_cycle=by_command(config.power_cycle) if config.power_cycle else None,
        )

    async def __aenter__(self) -> Self:
        self._radio, self._feed = self._new_radio(), Feed()
        await self._radio.__aenter__()
        self._feed.put_health(base.Health(base.State.STARTING, "the radio is being opened"))
        self._pump = asyncio.create_task(self._carry_events(), name=f"{self.name}-events")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._feed.close()
        try:
            await self._radio.__aexit__(kind, error, trace)
        finally:
            if self._pump is not None:
                self._pump.cancel()
                await asyncio.wait([self._pump])

    def events(self) -> AsyncIterator[base.Event]:
        return self._feed.events()

    async def probe(self) -> base.Health:
        """A bare AT; what is known of the network comes from the driver's own polls."""
        health = _health(self._radio.state, self._radio.reason)
        if health.state is base.State.UP and not await self._radio.probe():
            health = base.Health(base.State.DOWN, "the radio does not answer")
        return self._feed.put_health(health)

    def port_log(self) -> list[str]:
        return [str(line) for line in self._radio.log()]

    async def test(self) -> base.Tested:
        """The radio and the network are asked; nothing is sent, not even to ourselves."""
        try:
            await self._radio.examine()
        except HardwareError as error:
            return base.Tested(self._feed.put_health(base.Health(base.State.DOWN, error.reason)))
        radio, signal = self._radio, self._radio.signal_dbm
        proved = (
            f"the radio answers ({radio.setup.model})",
            "registered in the network" if radio.state in {State.READY, State.SPEAKING} else "",
            "" if signal is None else f"signal {signal} dBm",
        )
        health = self._feed.put_health(_health(radio.state, radio.reason))
        return base.Tested(health, tuple(filter(None, proved)))

    async def submit(self, outgoing: base.Outgoing) -> base.Receipt:
        if outgoing.address.scheme != "sds":
            raise base.PermanentFailure(f"{outgoing.address.scheme}: is not sent over TETRA")
        async with self._sending:
            parts = self._encode(outgoing)
            references: list[str] = []
            try:
                for part in parts:
                    references.append(await self._send(part, outgoing, sent=tuple(references)))
            except base.Unknown as unknown:
                unknown.parts = len(parts)
                raise
        return base.Receipt(tuple(references), detail=f"{len(parts)} part{'s' * (len(parts) > 1)}")

    def _encode(self, outgoing: base.Outgoing) -> tuple[Transfer, ...]:
        """The parts, with references of their own. A group is not asked for reports: all of it would answer."""
        config = self.config
        to_group = (
            outgoing.address.value.startswith("group:")
            or ssi_of(outgoing.address.value) in self._radio.groups
        )
        try:
            parts = text_transfers(
                _whole(self._shortened(outgoing.words).text),
                self._reference,
                max_bits=config.max_bits,
                wanted=Wanted.NONE if to_group else _WANTED[config.reports],
                forward=Forward(validity_within(outgoing.validity)) if config.store_and_forward else None,
            )
        except RenderError as error:
            raise base.PermanentFailure(str(error)) from error
        except CodecError as error:
            raise base.PermanentFailure(error.reason) from error
        self._reference = (self._reference + len(parts)) % 256
        return parts

    def _shortened(self, words: Words) -> ShortText:
        """The radio text in as few messages as hold it whole, else whatever `fit` makes of the alert."""
        radio_text = fold(words.radio_text)
        said = replace(words, text=words.radio_text, headline=words.radio_text)
        for parts in range(1, self.config.max_parts + 1) if radio_text else ():
            try:
                found = fit(said, measure=self._measure, max_parts=parts)
            except RenderError:
                continue
            if radio_text in found.text:
                return replace(found, carries=("radio_text",))
        return fit(words, measure=self._measure, max_parts=self.config.max_parts)

    async def _send(self, part: Transfer, outgoing: base.Outgoing, *, sent: tuple[str, ...]) -> str:
        """One part. Once a part has left, nothing can be said to have stayed here: every failure is Unknown."""
        number, octets = outgoing.address.value.removeprefix("group:"), part.encode()
        for attempt in range(1, _PART_TRIES + 1):
            try:
                await self._radio.send(number, octets, 8 * len(octets), before=outgoing.hand_over)
            except NotNow as error:
                if sent and attempt < _PART_TRIES:
                    await asyncio.sleep(self._timing.cooling_s)
                    continue
                raise _failure(error, sent) from error
            except (NotSent, MaybeSent) as error:
                if isinstance(error, MaybeSent):
                    self._remember(number, part.reference, outgoing.address, uncertain=True)
                raise _failure(error, sent) from error
            except base.Withdrawn as withdrawn:
                if not sent:
                    raise
                reason = f"withdrawn after part {len(sent)}: {withdrawn.reason}"
                raise base.Unknown(reason, references=sent) from withdrawn
            self._remember(number, part.reference, outgoing.address, uncertain=False)
            return str(part.reference)
        raise AssertionError("unreachable")

    def _remember(self, number: str, reference: int, address: Address, *, uncertain: bool) -> None:
        self._sent[ssi_of(number), reference] = address, uncertain
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)

    async def _carry_events(self) -> None:
        async for event in self._radio.events():
            if isinstance(event, StateChanged):
                self._feed.put_health(_health(event.state, event.reason))
                continue
            for told in self._told(event):
                await self._feed.put(told)
        self._feed.put_health(base.Health(base.State.DOWN, "the radio's driver has stopped"))

    def _told(self, event: Event) -> tuple[base.Event, ...]:
        """What the hub hears. News of a message that only may have gone is first told as its late receipt."""
        if isinstance(event, Received):
            return (inbound_event(event, self.config.statuses),)
        if isinstance(event, LateStep):
            key = ssi_of(event.destination), -1 if event.reference is None else event.reference
            address, uncertain = self._sent.get(key, (None, False))
            told = late_event(event, address, uncertain=uncertain)
        elif isinstance(event, Reported):
            key = event.sender, event.reference
            address, uncertain = self._sent.get(key, (None, False))
            told = evidence_event(event, address, uncertain=uncertain)
        else:
            raise TypeError(f"{type(event).__name__} is no event of a radio")
        if told and address is not None:
            self._sent[key] = address, False
        return told

    def _measure(self, text: str) -> Size:
        """Parts and octets of user data, headers included."""
        try:
            parts = text_transfers(_whole(text), 0, max_bits=self.config.max_bits)
        except CodecError:  # more parts than can be told apart
            return Size(parts=256, octets=len(text) * 2, air_time_s=256 * _SECONDS)
        octets = sum(len(part.encode()) for part in parts)
        return Size(parts=len(parts), octets=octets, air_time_s=_SECONDS * len(parts))


def _whole(text: str) -> str:
    """Half a character becomes a question mark: it could not be sent, and the rest has to be."""
    return text.encode("utf-16", "replace").decode("utf-16")


def _health(state: State, reason: str) -> base.Health:
    return base.Health(_HEALTH[state], "" if state is State.READY else f"{state.value}: {reason}")


def _failure(error: NotSent | MaybeSent, sent: tuple[str, ...]) -> base.ChannelError:
    code = "" if error.code is None else str(error.code)
    if sent or isinstance(error, MaybeSent):
        return base.Unknown(error.reason, code=code, raw=error.raw, references=sent)
    kinds: dict[type[NotSent], type[base.ChannelError]] = {
        NeverToThis: base.PermanentFailure,
        ModemDown: base.ChannelDown,
    }
    return kinds.get(type(error), base.TransientFailure)(error.reason, code=code, raw=error.raw)
