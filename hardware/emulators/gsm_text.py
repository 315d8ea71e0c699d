"""Text mode of the emulated modem, inwards: messages and reports as a host reads them.

Source: 3GPP TS 27.005 3.1 (<data>), 3.4.1 (+CMT, +CDS), 3.4.2 (+CMGL), 3.4.3 (+CMGR); what stands in brackets there
is told when the host has asked for it with CSDH.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hardware.codecs.semioctets import decode_address, split_pdu
from hardware.codecs.tpdu import Deliver, StatusReport, Submit, decode_received, decode_submit
from hardware.codecs.userdata import Alphabet, alphabet
from hardware.emulators import gsm_charset
from hardware.emulators.gsm_device import STO_UNSENT, Stored
from hardware.errors import CodecError

STATUS_NAMES = ("REC UNREAD", "REC READ", "STO UNSENT", "STO SENT")

Lines = tuple[bytes, bytes | None]  # the first, and the text when there is one


@dataclass(frozen=True, slots=True)
class Reading:
    """How a host wants to read. `smsc`: the service centre of a message that names none."""

    charset: str
    headers: bool
    smsc: str


def stored(message: Stored, reading: Reading, *, in_list: bool) -> Lines:
    """What follows `+CMGR: `, or in a list `+CMGL: <index>,`."""
    status = f'"{STATUS_NAMES[message.status]}"'.encode()
    try:
        smsc, tpdu = split_pdu(message.pdu)
        received = decode_submit(tpdu) if message.status >= STO_UNSENT else decode_received(tpdu)
    except CodecError:
        return status + b',"",', b""
    if isinstance(received, StatusReport):
        return status + b"," + _report(received, tpdu, reading), None
    head, more = _address(received, reading), b""
    head += b"," + _stamp(received.at) if isinstance(received, Deliver) else b"," if in_list else b""
    if reading.headers and in_list:
        more = f",{_kind(tpdu, received)},{_user_data(tpdu, received)[0]}".encode()
    elif reading.headers:
        more = _header(received, tpdu, smsc=smsc, reading=reading)
    return status + b"," + head + more, _text(received, tpdu, reading)


def shown(pdu: bytes, reading: Reading) -> Lines:
    """What follows `+CMT: ` or `+CDS: `. Raises CodecError."""
    smsc, tpdu = split_pdu(pdu)
    received = decode_received(tpdu)
    if isinstance(received, StatusReport):
        return _report(received, tpdu, reading), None
    head = _address(received, reading) + b"," + _stamp(received.at)
    if reading.headers:
        head += _header(received, tpdu, smsc=smsc, reading=reading)
    return head, _text(received, tpdu, reading)


def _address(message: Deliver | Submit, reading: Reading) -> bytes:
    """<oa> or <da> and the empty <alpha>: there is no phonebook."""
    number = message.sender if isinstance(message, Deliver) else message.destination
    return gsm_charset.quoted(number, reading.charset) + b","


def _report(report: StatusReport, tpdu: bytes, reading: Reading) -> bytes:
    """<fo>,<mr>,<ra>,<tora>,<scts>,<dt>,<st>."""
    recipient = gsm_charset.quoted(report.recipient, reading.charset)
    first = f"{tpdu[0]},{report.reference},".encode() + recipient + f",{_kind(tpdu, report)},".encode()
    return first + _stamp(report.at) + b"," + _stamp(report.discharged) + f",{report.status}".encode()


def _header(message: Deliver | Submit, tpdu: bytes, *, smsc: str, reading: Reading) -> bytes:
    """,<tooa>,<fo>,<pid>,<dcs>,[<vp>,]<sca>,<tosca>,<length>"""
    centre = smsc or reading.smsc
    fields = [_kind(tpdu, message), tpdu[0], message.protocol_id, message.content.dcs]
    shown = ",".join(map(str, fields))
    if isinstance(message, Submit):
        shown += f",{_validity(message, tpdu)}"
    tail = f",{145 if centre.startswith('+') else 129},{_user_data(tpdu, message)[0]}"
    return f",{shown},".encode() + gsm_charset.quoted(centre, reading.charset) + tail.encode()


def _text(message: Deliver | Submit, tpdu: bytes, reading: Reading) -> bytes:
    """<data>: converted for the default alphabet without a header, hexadecimal for all others."""
    content = message.content
    if alphabet(content.dcs) is Alphabet.GSM7 and not content.header:
        return gsm_charset.encode(content.text, reading.charset)
    return _user_data(tpdu, message)[1:].hex().upper().encode()


def _address_at(message: Deliver | Submit | StatusReport) -> int:
    return 1 if isinstance(message, Deliver) else 2


def _kind(tpdu: bytes, message: Deliver | Submit | StatusReport) -> int:
    """The type of address, as the message has it."""
    return tpdu[_address_at(message) + 1]


def _after_dcs(tpdu: bytes, message: Deliver | Submit) -> int:
    at = _address_at(message)
    return at + decode_address(tpdu[at:])[1] + 2


def _user_data(tpdu: bytes, message: Deliver | Submit) -> bytes:
    """TP-UDL and TP-UD: the first octet is <length>."""
    at = _after_dcs(tpdu, message)
    if isinstance(message, Deliver):
        return tpdu[at + 7 :]
    return tpdu[at + {0x00: 0, 0x10: 1}.get(tpdu[0] & 0x18, 7) :]


def _validity(message: Submit, tpdu: bytes) -> str:
    if message.expiry is not None:
        return _stamp(message.expiry).decode()
    return str(tpdu[_after_dcs(tpdu, message)]) if message.validity is not None else ""


def _stamp(at: datetime | None) -> bytes:
    return b"" if at is None else f'"{stamp(at)}"'.encode()


def stamp(at: datetime) -> str:
    """yy/MM/dd,hh:mm:ss and the zone in quarters of an hour (27.007 8.15)."""
    quarters = (at.utcoffset() or timedelta()) // timedelta(minutes=15)
    return at.strftime("%y/%m/%d,%H:%M:%S") + f"{quarters:+03d}"
