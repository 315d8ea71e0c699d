"""Short data on its way from the emulated radio into the network, and what may go wrong with it.

Accepted, on air or failed, delivered: three steps at three times. Source: ETSI EN 300 392-5 6.13.2, 6.14.6.
"""

import asyncio
import re
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form
from hardware.codecs import sds
from hardware.codecs.sds import Transfer
from hardware.codecs.sds_text import octets_of_hex
from hardware.emulators.tetra_calls import CALL_HANDLERS
from hardware.emulators.tetra_commands import (
    HANDLERS,
    NO_SERVICE,
    NOT_ALLOWED,
    OK,
    OUT_OF_RANGE,
    SYNTAX,
    UNKNOWN_PARAMETER,
    WRONG_TYPE,
    Handler,
)
from hardware.emulators.tetra_network import SDS4, STATUS, reference_of
from hardware.errors import CodecError

if TYPE_CHECKING:
    from hardware.emulators.tetra_radio import TetraEmulator

_BAD_CHARACTERS, _DECODE_FAILED, _NO_DATA, _NO_ACK, _BUSY = 25, 32, 37, 31, 515
_DATA_S, _LATE_S = 10.0, 25.0  # CMGS waits so long for its user data; late is beyond what hosts wait
_NUMBERS = {
    0: r"[0-9]{1,8}",
    1: r"[0-9]{15,17}",
}  # SSI and TSI: the number is of the type that CTSDS has chosen
_BITS = {9: 16, 10: 32, 11: 64, STATUS: 16}


async def _service(radio: "TetraEmulator", command: Command) -> str:
    """+CTSDS: sticks until it is changed or the radio restarts."""
    settings = radio.device.settings
    if command.form is Form.READ:
        radio.info(f"+CTSDS: {settings.service or SDS4},{settings.identity}")
        return OK
    numbers = [command.number(index) for index in range(len(command.fields))]
    if command.form is not Form.SET or None in numbers or len(numbers) < radio.device.make.service_fields:
        return radio.cme(SYNTAX)
    service, identity = numbers[0], numbers[1] if len(numbers) > 1 else 0
    if service not in {*_BITS, SDS4} or identity not in range(6) or len(numbers) > 5:
        return radio.cme(OUT_OF_RANGE)
    settings.service, settings.identity = service, identity or 0
    return OK


async def _send(radio: "TetraEmulator", command: Command) -> str:
    """+CMGS=<called id>,<length in bits>, then hexadecimal digits and Ctrl-Z."""
    make, settings = radio.device.make, radio.device.settings
    if command.form is Form.TEST:
        radio.info(f"+CMGS: (0-16777215),(1-{make.most_bits})")
        return OK
    destination, bits = command.word(0), command.number(1)
    if not destination or command.form is not Form.SET or bits is None:
        return radio.cme(SYNTAX)
    digits = await _user_data(radio)
    if isinstance(digits, str):
        return digits
    if settings.service is None:
        return radio.cme(UNKNOWN_PARAMETER)
    if not re.fullmatch(_NUMBERS.get(settings.identity, r"[0-9]+"), destination, re.ASCII):
        return radio.cme(WRONG_TYPE)
    if not 0 < bits <= make.most_bits or _BITS.get(settings.service, bits) != bits:
        return radio.cme(OUT_OF_RANGE)
    try:
        octets = octets_of_hex(digits.decode("latin-1").strip())
    except CodecError:
        return radio.cme(_BAD_CHARACTERS)
    if len(octets) != (bits + 7) // 8:
        return radio.cme(_DECODE_FAILED)
    return await _carry(radio, destination, octets)


async def _user_data(radio: "TetraEmulator") -> bytes | str:
    """The digits, or the final code of a message that never got them."""
    digits: bytes | None = None
    try:
        async with asyncio.timeout(_DATA_S / radio.speed):
            digits = await radio.payload(prompt=b"\r\n> " if radio.device.make.prompt else b"")
            if digits is not None and radio.strike("pdu-lost"):
                digits = await radio.payload(prompt=b"")  # its end has been lost: it still waits
    except TimeoutError:
        return radio.cme(_NO_DATA)
    return OK if digits is None else digits


async def _carry(radio: "TetraEmulator", destination: str, octets: bytes) -> str:
    """The final code, after the instance when the radio has taken it."""
    if radio.device.mode not in {0, 2} or radio.device.inhibited or radio.call is not None:
        return radio.cme(NOT_ALLOWED)
    if radio.strike("busy-515"):
        return radio.cme(_BUSY)
    if deaf_s := radio.strike("deaf", 60.0):
        radio.go_deaf(deaf_s)
    if radio.network.deaf:
        await radio.sleep(2.0)
        return radio.cme(_NO_ACK)
    if not radio.registered:
        return radio.cme(NO_SERVICE)
    instance, service = radio.device.instance(), radio.device.settings.service or SDS4
    flight = Flight(radio, instance, service, destination, octets)
    if late := radio.strike("late-cmgs", _LATE_S):
        flight.leave()
        await radio.sleep(late)
        radio.info(f"+CMGS: {instance}")
        return OK
    radio.info(f"+CMGS: {instance}")
    radio.later(radio.network.latency_s, flight.leave)
    return OK


class Flight:
    """One message between the radio's OK and the air."""

    def __init__(
        self, radio: "TetraEmulator", instance: int, service: int, destination: str, octets: bytes
    ) -> None:
        self._radio, self._instance, self._service = radio, instance, service
        self._destination, self._octets = destination, octets
        self._restarts = radio.device.restarts

    def leave(self) -> None:
        """Goes over the air, unless the radio has restarted; waits while a call has the air."""
        radio = self._radio
        if radio.device.restarts != self._restarts:
            return
        if radio.call is not None:
            radio.later(1.0, self.leave)
            return
        if radio.strike("sds-late-fail"):
            if radio.random.random() < 0.5:
                self._tell(5)
            return
        if self._is_later_part() and radio.strike("part-fails"):
            self._tell(5)
            return
        if not radio.hears():
            self._tell(5)
            return
        radio.network.submit(self._service, self._destination, self._octets)
        self._tell(5 if radio.strike("sent-but-failed") else 4)

    def _is_later_part(self) -> bool:
        try:
            message = sds.decode(self._octets) if self._service == SDS4 else None
            content = message.content if isinstance(message, Transfer) else None
        except CodecError:
            return False
        return content is not None and content.number > 1

    def _tell(self, status: int) -> None:
        """`+CMGS: <instance>,<status>,<reference>`: what became of it."""
        make = self._radio.device.make
        reference = reference_of(self._service, self._octets)
        if make.own_references:
            reference = (reference + 77) % 256
        if make.tells_on_air:
            self._radio.unasked(f"+CMGS: {self._instance},{status},{reference}")


ALL_HANDLERS: dict[str, Handler] = HANDLERS | CALL_HANDLERS | {"+CTSDS": _service, "+CMGS": _send}
