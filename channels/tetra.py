"""Short data over a TETRA radio of our own (SINE): texts to radios and groups, reports, and answers by text or status.

A radio's report that it has a text is evidence; a group's radios never report. The words are the author's radio text
where there is one. Not here: the dialogue with the radio (`hardware.tetra`), and joining the parts of an inbound text.
Source: ETSI EN 300 392-2 29.4 (SDS-TL).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from channels import base
from channels.parts import Parts, in_parts
from channels.serial_modem import SerialModemChannel, SerialModemConfig
from channels.signs import whole
from channels.tetra_inbound import Handed, evidence_event, inbound_event, late_event
from hardware.codecs.sds import Transfer, Wanted, text_transfers
from hardware.codecs.sds_forward import Forward, validity_within
from hardware.errors import CodecError, MaybeSent, NotSent
from hardware.port import Opener
from hardware.tetra import TetraRadio
from hardware.tetra_address import Groups, ssi_of
from hardware.tetra_events import Event, LateStep, Received, Reported, StateChanged, Step
from hardware.tetra_state import State
from hardware.tetra_timing import TetraTiming
from messages.evidence import Evidence
from messages.neutral import fold
from messages.precedence import Precedence
from messages.render import RenderError, ShortText, Size, Words, fit

_REMEMBERED = 2048  # messages whose reports are awaited
_FASTEST_S = 2.0  # no radio puts more than one message on the air in so long
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


class TetraConfig(SerialModemConfig):
    """A radio's table in bavn.toml."""

    baud: int = Field(38400, ge=1200, le=921_600)  # the radio's codeplug decides
    max_bits: int = Field(668, ge=160, le=2047)  # of one SDS, per radio
    max_parts: int = Field(3, ge=1, le=10)
    reports: Literal["none", "received", "consumed"] = "received"  # "consumed": also when it has been read
    statuses: dict[int, str] = Field(default_factory=dict)  # what a status from a radio answers
    groups: tuple[str | int, ...] = ()  # GSSIs and spans as "3990100-3990199": they get no reports from us
    store_and_forward: bool = False  # tells the network how long to keep a text; not every network knows how
    immediate: bool = False  # FLASH is shown at once (PID 137), where the network's operator allows it
    tells_on_air: bool = True  # False for a radio that never says whether a text went over the air
    force_trunked: bool = True  # a radio in direct mode is taken back to the network

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


class TetraChannel(SerialModemChannel[TetraRadio]):
    """Parts go one after the other; a rung is left only between them."""

    config_model: ClassVar[type[base.ChannelConfig]] = TetraConfig
    noun = "radio"

    def __init__(self, name: str, config: TetraConfig, *, opener: Opener | None = None) -> None:
        self.config = config
        self._timing = TetraTiming().scaled(config.time_factor)
        super().__init__(name, config, opener=opener)
        self.capability = base.Capability(
            schemes=frozenset({"sds"}),
            max_evidence=_PROOF[config.reports],
            measure=self._measure,
            shortened=self._shortened,
            two_way=True,
            seconds_per_message=_SECONDS,
            cost_rank=1,
        )
        self._sending = asyncio.Lock()
        # Ahead of all that a process before us can have used lately: its reports may still come.
        self._reference = int(time.time() // _FASTEST_S) % 256
        self._handed: OrderedDict[tuple[str, int], Handed] = OrderedDict()  # by SSI and reference

    def _new_driver(self) -> TetraRadio:
        config = self.config
        return TetraRadio(
            self._opener,
            timing=self._timing,
            max_bits=config.max_bits,
            groups=config.groups,
            tells_on_air=config.tells_on_air,
            force_trunked=config.force_trunked,
            power_cycle=config.power,
        )

    def _health(self, state: State, reason: str) -> base.Health:
        return base.Health(_HEALTH[state], "" if state is State.READY else f"{state.value}: {reason}")

    async def _prove(self) -> tuple[str, ...]:
        await self._modem.examine()
        radio, signal = self._modem, self._modem.signal_dbm
        return (
            f"the radio answers ({radio.setup.model})",
            "registered in the network" if radio.state in {State.READY, State.SPEAKING} else "",
            "" if signal is None else f"signal {signal} dBm",
        )

    async def submit(self, outgoing: base.Outgoing) -> base.Receipt:
        if outgoing.address.scheme != "sds":
            raise base.PermanentFailure(f"{outgoing.address.scheme}: is not sent over TETRA")
        async with self._sending:
            handed: dict[int, Handed] = {}
            encoded = self._encode(outgoing)
            sends = [
                partial(self._send, part, outgoing, number, handed) for number, part in enumerate(encoded, 1)
            ]
            parts = Parts(len(sends))
            try:
                return await in_parts(sends, pause_s=self._timing.cooling_s, parts=parts)
            except base.Unknown as unknown:
                return _after_all(unknown, parts, handed, encoded)
            finally:
                for each in handed.values():
                    each.in_hand = False

    def _encode(self, outgoing: base.Outgoing) -> tuple[Transfer, ...]:
        """The parts, with references of their own. A group is not asked for reports: all of it would answer."""
        config = self.config
        to_group = (
            outgoing.address.value.startswith("group:")
            or ssi_of(outgoing.address.value) in self._modem.groups
        )
        try:
            parts = text_transfers(
                whole(self._shortened(outgoing.words).text),
                self._reference,
                max_bits=config.max_bits,
                wanted=Wanted.NONE if to_group else _WANTED[config.reports],
                immediate=config.immediate and outgoing.precedence is Precedence.FLASH,
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

    async def _send(
        self, part: Transfer, outgoing: base.Outgoing, number: int, handed: dict[int, Handed]
    ) -> str:
        """Part `number`. Its report may come before the radio has said that it left, and proves it as well."""
        to, octets = outgoing.address.value.removeprefix("group:"), part.encode()
        key, each = (ssi_of(to), part.reference), Handed(outgoing.address, outgoing.attempt)

        def handing() -> None:
            outgoing.hand_over()
            handed[number] = each
            self._remember(key, each)

        try:
            await self._modem.send(to, octets, 8 * len(octets), before=handing)
        except NotSent:
            if self._handed.get(key) is each:
                del self._handed[key]
            raise
        except MaybeSent:
            if not each.proved:
                raise
        each.uncertain = False
        return str(part.reference)

    def _remember(self, key: tuple[str, int], each: Handed) -> None:
        self._handed[key] = each
        self._handed.move_to_end(key)
        while len(self._handed) > _REMEMBERED:
            self._handed.popitem(last=False)

    def _told(self, event: Event) -> tuple[base.Event, ...]:
        """What the hub hears. News of a message that only may have gone is first told as its late receipt."""
        if isinstance(event, StateChanged):
            return (base.HealthChanged(health=self._health(event.state, event.reason)),)
        if isinstance(event, Received):
            return (inbound_event(event, self.config.statuses, now=datetime.now(UTC)),)
        told: tuple[base.Event, ...]
        if isinstance(event, LateStep):
            key = ssi_of(event.destination), -1 if event.reference is None else event.reference
            handed, proves = self._handed.get(key), event.step is Step.ON_AIR
            told = late_event(event, handed)
        elif isinstance(event, Reported):
            handed, proves = self._handed.get((event.sender, event.reference)), True
            told = evidence_event(event, handed)
        else:
            raise TypeError(f"{type(event).__name__} is no event of a radio")
        if handed is not None and proves:
            handed.proved = True
            handed.uncertain = handed.uncertain and handed.in_hand
        return told

    def _measure(self, text: str) -> Size:
        """Parts and octets of user data, headers included."""
        try:
            parts = text_transfers(whole(text), 0, max_bits=self.config.max_bits)
        except CodecError:  # more parts than can be told apart
            return Size(parts=256, octets=len(text) * 2, air_time_s=256 * _SECONDS)
        octets = sum(len(part.encode()) for part in parts)
        return Size(parts=len(parts), octets=octets, air_time_s=_SECONDS * len(parts))


def _after_all(
    unknown: base.Unknown, parts: Parts, handed: dict[int, Handed], encoded: Sequence[Transfer]
) -> base.Receipt:
    """The receipt, when news that came meanwhile prove what was in doubt; else raises what it was given.

    It names the parts that left. Of a message in one part also the one that may have: a report on it may come when
    this process is gone.
    """
    for number in list(parts.doubts):
        if handed[number].proved:
            del parts.doubts[number]
            parts.references[number] = str(encoded[number - 1].reference)
            handed[number].uncertain = False
    if len(parts.references) == parts.count:
        return parts.receipt()
    references = tuple(reference for _, reference in sorted(parts.references.items()))
    unknown.references = (str(encoded[0].reference),) if parts.count == 1 else references
    raise unknown
