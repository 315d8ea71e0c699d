"""The last guard before a modem: whom an SMS may go to or a call may ring, read back from what would leave.

Whatever the layers above let through, only the digits of a plain number leave, in PDU mode: there is no way for a
text or a number to become a command.
"""

import re

from hardware.codecs.tpdu import LONGEST, decode_submit
from hardware.errors import CodecError, NeverToThis

_DESTINATION = re.compile(r"\+?[0-9]{3,15}")
# Numbers that no message is ever sent to, whoever asks: emergency and service numbers.
_EMERGENCY = frozenset({"112", "113", "114", "110", "118", "119", "911", "999", "000", "08", "1813"})
# A number with its country code has at least so many digits: emergency and service numbers of any plan (+1911, +44999,
# +299112) have fewer. From the plans that countries give to the ITU (E.164, E.129): the shortest are of five digits
# behind a code of three; only Niue and Tokelau still have four.
_SHORTEST = 8
_SHORT_PLANS = ("683", "690")
_ABROAD = re.compile(r"(?:\+|00(?=[1-9]))([0-9]+)")  # no country code begins with 0


def checked_destination(tpdu: bytes) -> str:
    """The destination of a SUBMIT that may be sent; NeverToThis for any other octets."""
    try:
        destination = decode_submit(tpdu).destination
    except CodecError as error:
        raise NeverToThis(f"not a SUBMIT: {error.reason}") from error
    if len(tpdu) > LONGEST:
        raise NeverToThis(f"a SUBMIT has {LONGEST} octets at most")
    return checked_number(destination)


def checked_number(number: str) -> str:
    """A number that may be dialled or written to: 3 to 15 ASCII digits, a + in front or not. NeverToThis for others.

    So no MMI or USSD code (`*` and `#`; two digits: 22.030), no dialling modifier, and no emergency number. It cannot
    know what a network does with a number of full length, nor the short numbers of every country without their code.
    """
    digits = number.removeprefix("+")
    if not _DESTINATION.fullmatch(number):
        raise NeverToThis("the destination is not a plain number of 3 to 15 digits")
    if digits in _EMERGENCY or digits.removeprefix("00").removeprefix("45") in _EMERGENCY:
        raise NeverToThis("an emergency number gets no messages and no calls")
    abroad = _ABROAD.match(number)
    if abroad and len(abroad[1]) < _SHORTEST - abroad[1].startswith(_SHORT_PLANS):
        raise NeverToThis("too short behind a country code: such numbers are for emergencies and services")
    return number
