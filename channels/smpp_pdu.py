"""Octets of SMPP: cutting a stream into PDUs, reading them, and building ours. Pure.

The one module that imports smpp34, whose codec encodes submit_sm and reads deliver_sm with their optional parameters.
Its client is not used: it answers a deliver_sm by itself on arrival, so that a message that we had not kept yet would
be lost with a crash; it gives no place right before the first octet leaves; and its 30 s of patience are fixed.
Source: SMPP Protocol Specification v3.4, issue 1.2, chapters 3 to 5.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import smpp34

_HEADER = struct.Struct(">IIII")  # command_length, command_id, command_status, sequence_number (3.2)
_LONGEST = 70_000  # octets of one PDU: message_payload has at most 65,535
RESPONSE = 0x8000_0000
INTERFACE_VERSION = 0x34


class BrokenPdu(ValueError):
    """Not an SMPP PDU. The message says in what."""


class BrokenStream(BrokenPdu):
    """A length that no PDU has: where the next one begins is not known any more."""


class Command(IntEnum):
    """5.1.2.1; an answer has its request's number with the highest bit set."""

    GENERIC_NACK = 0x8000_0000
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15
    ALERT_NOTIFICATION = 0x102  # has no answer


class Tag(IntEnum):
    """Optional parameters, 5.3.2."""

    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


@dataclass(frozen=True, slots=True)
class Pdu:
    """The header's values, and the octets after it."""

    command: int
    status: int
    sequence: int
    body: bytes = b""

    @property
    def is_answer(self) -> bool:
        return bool(self.command & RESPONSE)

    def encode(self) -> bytes:
        return _HEADER.pack(16 + len(self.body), self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True, slots=True)
class End:
    """An address with its type of number and numbering plan (5.2.5 to 5.2.9)."""

    ton: int
    npi: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """A submit_sm (4.4.1) but for its sequence number."""

    source: End
    destination: End
    octets: bytes  # at most 254, with the user data header
    esm_class: int = 0
    data_coding: int = 0
    priority_flag: int = 0
    validity_period: str = ""
    registered_delivery: int = 0
    options: Sequence[tuple[int, bytes]] = ()

    def encode(self, sequence: int) -> bytes:
        return smpp34.SubmitSm(
            self.source.address,
            self.destination.address,
            self.octets,
            source_addr_ton=self.source.ton,
            source_addr_npi=self.source.npi,
            dest_addr_ton=self.destination.ton,
            dest_addr_npi=self.destination.npi,
            esm_class=self.esm_class,
            data_coding=self.data_coding,
            priority_flag=self.priority_flag,
            validity_period=self.validity_period,
            registered_delivery=self.registered_delivery,
            tlvs=[smpp34.Tlv(tag, value) for tag, value in self.options],
            sequence_number=sequence,
        ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """A deliver_sm (4.6.1): a message from a phone, or a receipt. `octets`: of the message, wherever it stood."""

    source: End
    destination: End
    esm_class: int
    data_coding: int
    octets: bytes
    options: Mapping[int, bytes]


class Frames:
    """Cuts a stream into PDUs, at any chunk size."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def unfinished(self) -> bool:
        """A PDU has begun and is not whole."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[Pdu]:
        """The PDUs that `data` completes, in order. BrokenStream at the first length that none has."""
        self._buffer += data
        found, start = [], 0
        while len(self._buffer) - start >= 16:
            length, command, status, sequence = _HEADER.unpack_from(self._buffer, start)
            if not 16 <= length <= _LONGEST:
                raise BrokenStream(f"a PDU says that it has {length} octets")
            if len(self._buffer) - start < length:
                break
            found.append(Pdu(command, status, sequence, bytes(self._buffer[start + 16 : start + length])))
            start += length
        del self._buffer[:start]
        return found


def deliver(pdu: Pdu) -> Deliver:
    """Reads a deliver_sm; BrokenPdu when its body contradicts itself."""
    try:
        read = smpp34.decode(pdu.encode())
    except smpp34.SmppError as error:
        raise BrokenPdu(f"a deliver_sm that cannot be read: {error}") from error
    if not isinstance(read, smpp34.DeliverSm):
        raise BrokenPdu(f"command {pdu.command:#x} is no deliver_sm")
    options = {each.tag: each.value for each in reversed(read.tlvs)}  # the first of a kind counts
    return Deliver(
        source=End(read.source_addr_ton, read.source_addr_npi, read.source_addr),
        destination=End(read.dest_addr_ton, read.dest_addr_npi, read.destination_addr),
        esm_class=read.esm_class,
        data_coding=read.data_coding,
        octets=read.short_message or options.get(Tag.MESSAGE_PAYLOAD, b""),
        options=options,
    )


def bind_transceiver(
    sequence: int, *, system_id: str, password: str, system_type: str, address_range: str
) -> bytes:
    """4.1.5. The arguments are ASCII without NUL, which the configuration has made sure of."""
    body = b"".join(
        [
            *(f"{text}\0".encode("ascii") for text in (system_id, password, system_type)),
            bytes([INTERFACE_VERSION, 0, 0]),  # TON and NPI of the address range: unknown
            f"{address_range}\0".encode("ascii"),
        ]
    )
    return Pdu(Command.BIND_TRANSCEIVER, 0, sequence, body).encode()


def answer(request: Pdu, status: int = 0) -> bytes:
    """The answer to a request; deliver_sm_resp has an empty message_id (4.6.2). generic_nack to a strange one."""
    known = request.command in {Command.DELIVER_SM, Command.ENQUIRE_LINK, Command.UNBIND}
    command = request.command | RESPONSE if known else Command.GENERIC_NACK
    body = b"\0" if request.command == Command.DELIVER_SM else b""
    return Pdu(command, status, request.sequence, body).encode()


def first_string(body: bytes) -> str:
    """The C-octet string that a body begins with: a message_id, a system_id. '' if there is none; never raises."""
    return body.partition(b"\0")[0][:65].decode("ascii", "replace")


def knows_options(bind_resp: Pdu) -> bool:
    """Whether the message centre takes optional parameters: it says so by giving its version (5.3.2.25)."""
    rest = bind_resp.body.partition(b"\0")[2]
    while len(rest) >= 4:
        tag, length = struct.unpack_from(">HH", rest)
        if tag == Tag.SC_INTERFACE_VERSION and length == 1 and len(rest) >= 5:
            return rest[4] >= INTERFACE_VERSION
        rest = rest[4 + length :]
    return False
