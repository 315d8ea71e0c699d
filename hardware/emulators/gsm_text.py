"""Text mode of the emulated modem: how other programs write and read messages.

Source: 3GPP TS 27.005 3.1 (<data>, <fo>, <vp>, <dcs>), 27.007 5.5 (character sets).
"""

from datetime import datetime, timedelta

from hardware.codecs.semioctets import decode_validity, split_pdu
from hardware.codecs.tpdu import Deliver, StatusReport, Submit, decode_received, decode_submit
from hardware.codecs.userdata import UserData
from hardware.emulators.gsm_device import STO_UNSENT, Stored
from hardware.errors import CodecError

STATUS_NAMES = ("REC UNREAD", "REC READ", "STO UNSENT", "STO SENT")


def submit(destination: str, octets: bytes, *, charset: str, smp: str) -> bytes:
    """The TPDU that a modem makes of a text. Raises CodecError or ValueError when it cannot."""
    first, validity, _, dcs = (*(int(n) if n.strip().isdecimal() else 0 for n in smp.split(",")), 0, 0, 0, 0)[
        :4
    ]
    if charset == "UCS2" and len(destination) % 4 == 0 and destination.startswith("00"):
        destination = bytes.fromhex(destination).decode("utf-16-be")
    text = decode_text(octets, charset)
    relative: timedelta | None = decode_validity(validity) if first & 0x18 == 0x10 else None
    message = Submit(
        destination=destination,
        content=UserData(8 if charset == "UCS2" and dcs & 0x0C == 8 else dcs & ~0x0C, text),
        validity=relative,
        report_requested=bool(first & 0x20),
    )
    return message.encode()


def decode_text(octets: bytes, charset: str) -> str:
    """The text that a host wrote in the character set it had chosen."""
    if charset in {"UCS2", "HEX"}:
        raw = bytes.fromhex(octets.decode("ascii").strip())
        return raw.decode("utf-16-be" if charset == "UCS2" else "latin-1")
    return octets.decode("latin-1").replace("\r\n", "\n")


def encode_text(text: str, charset: str) -> str:
    """What a host reads. Outside UCS2 a sign that has no place is a question mark."""
    if charset == "UCS2":
        return text.encode("utf-16-be").hex().upper()
    return text.encode("ascii", "replace").decode()


def shown(stored: Stored, *, charset: str) -> tuple[str, str]:
    """The rest of the first line and the second line of +CMGL and +CMGR."""
    _, tpdu = split_pdu(stored.pdu)
    status = f'"{STATUS_NAMES[stored.status]}"'
    try:
        message = decode_submit(tpdu) if stored.status >= STO_UNSENT else decode_received(tpdu)
    except CodecError:
        return f"{status},,,", ""
    if isinstance(message, StatusReport):
        return f"{status},6,{message.reference},{message.status}", ""
    if isinstance(message, Deliver):
        return (
            f'{status},"{encode_text(message.sender, charset)}",,"{_stamp(message.at)}"',
            encode_text(message.content.text, charset),
        )
    return f'{status},"{encode_text(message.destination, charset)}",', encode_text(
        message.content.text, charset
    )


def _stamp(at: datetime | None) -> str:
    if at is None:
        return ""
    offset = at.utcoffset() or timedelta()
    quarters = offset // timedelta(minutes=15)
    return at.strftime("%y/%m/%d,%H:%M:%S") + f"{quarters:+03d}"
