"""What a TETRA radio hears for us: from a +CTSDSR line to an event, and the report that its sender may have asked for.

Pure: lines in, values out. A report goes out only for a message to us alone, never for one to a group: a hundred
radios that hear it would all answer at once.
Source: ETSI EN 300 392-5 6.13.3 (+CTSDSR), EN 300 392-2 29.4.2.2 and 29.4.2.3 (reports).
"""

from dataclasses import dataclass

from hardware.at.grammar import Info
from hardware.codecs import sds, sds_status
from hardware.codecs.sds import Report, Transfer, Wanted
from hardware.codecs.sds_status import ShortKind, ShortReport, Verdict
from hardware.codecs.sds_text import octets_of_hex
from hardware.errors import CodecError
from hardware.tetra_address import SDS4, STATUS, Groups, ssi_of
from hardware.tetra_events import Reported


@dataclass(frozen=True, slots=True)
class Heard:
    """One +CTSDSR. Identities as SSIs, '' for one that the radio does not show."""

    service: int
    sender: str
    called: str
    user_data: bytes


# Where (calling, called, bits) stand, by the count of fields: all but service, called and bits may be left out.
_PLACES: dict[int, tuple[int | None, int, int]] = {
    3: (None, 1, 2),
    4: (None, 1, 3),
    6: (1, 3, 5),
    7: (1, 3, 5),
}


def heard_of(info: Info) -> Heard | None:
    """Reads a +CTSDSR with its second line; None for one that is damaged beyond use.

    A digit that is missing would turn a report into one on another message. A length that is far too short is wrong
    itself: radios pad to whole octets, no more.
    """
    service, places = info.number(0), _PLACES.get(len(info.fields))
    if service is None or places is None or info.follow is None:
        return None
    calling, called, length = places
    bits = info.number(length)
    excess = 4 * len(info.follow) - (bits or 0)
    if excess < 0:
        return None
    try:
        octets = octets_of_hex(info.follow, bits if excess < 12 else None)
    except CodecError:
        return None
    sender = "" if calling is None else ssi_of(info.word(calling))
    return Heard(service, sender, ssi_of(info.word(called)), octets)


def report_in(heard: Heard) -> Reported | None:
    """The report that this is; None when it is a message. Raises CodecError for short data that cannot be read."""
    if heard.service == STATUS:
        short = sds_status.decode_status(heard.user_data)
        if not isinstance(short, ShortReport):
            return None
        verdict = sds_status.short_verdict(short.kind)
        detail = f"short report: {short.kind.name.lower().replace('_', ' ')}"
        return Reported(heard.sender, short.reference, verdict, detail, heard.user_data)
    message = sds.decode(heard.user_data) if heard.service == SDS4 else None
    if not isinstance(message, Report | sds.Ack):
        return None
    verdict = sds_status.verdict(message.status) if isinstance(message, Report) else Verdict.UNDERWAY
    detail = sds_status.status_text(message.status)
    return Reported(heard.sender, message.reference, verdict, detail, heard.user_data)


@dataclass(frozen=True, slots=True)
class Reply:
    """Octets that a sender has asked for, with their service."""

    destination: str
    user_data: bytes
    service: int


def receipt_for(heard: Heard, groups: Groups) -> Reply | None:
    """The report that a message was received, where its sender asked for one and may have it.

    "Consumed" is never reported: no person has read it. The short form where the sender takes it (service selection).
    """
    if heard.service != SDS4 or not heard.sender or heard.called in groups:
        return None
    message = sds.decode(heard.user_data)
    if not isinstance(message, Transfer) or not message.wanted & Wanted.RECEIVED:
        return None
    if message.standard_only:
        return Reply(heard.sender, Report(message.pid, message.reference, 0x00).encode(), SDS4)
    return Reply(heard.sender, ShortReport(ShortKind.RECEIVED, message.reference).encode(), STATUS)


def acknowledgement_for(heard: Heard) -> Reply | None:
    """The acknowledgement that a report asks for."""
    message = sds.decode(heard.user_data) if heard.service == SDS4 else None
    if not isinstance(message, Report) or not message.ack_wanted or not heard.sender:
        return None
    status = 0x03 if message.status == 0x02 else 0x01
    return Reply(heard.sender, sds.Ack(message.pid, message.reference, status).encode(), SDS4)
