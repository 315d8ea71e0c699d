"""Whose number it is that a network shows: +4500000009, 004500000009, 4500000009 and 00000009 are one phone.

A type of number (23.040 9.2.3.5) is no help: networks give "unknown" or "national" with international digits, and
the other way round. So the digits are read, by the length that a country's own numbers have.
Sources: ITU-T E.164 6 (country code first), E.123 (00 or + in front), the national numbering plans below.
"""

from channels.base import PermanentFailure
from hardware.destination import checked_number
from hardware.errors import NeverToThis
from messages.address import Address, AddressError, parse_address

# Digits of a whole national number: Denmark, the Faroe Islands, Greenland, Norway. Machines have 12 in two of them,
# which cannot be told from a number abroad, and they do not answer.
_LENGTHS = {"45": 8, "298": 6, "299": 6, "47": 8}
_USUAL = (7, 8, 9)  # where the plan is not in the table; a 0 in front is its trunk prefix
_SHORTEST_ABROAD = 9  # digits with the country code; fewer may be a service number of the network


def sender_of(number: str, *, country: str) -> Address | None:
    """The address of a phone. None for a name or a short number: they stay as they are, and nothing can be sent there.

    `country` is the code of the country whose numbers come without one.
    """
    digits = _international(number, country)
    try:
        return parse_address(f"sms:+{digits}") if digits else None
    except AddressError:
        return None


def writable(address: Address) -> str:
    """The number of a phone that may be written to; PermanentFailure for any other address.

    The last place to stop one that was not parsed, and the same guard as before a modem: no emergency number leaves.
    """
    if address.scheme != "sms":
        raise PermanentFailure(f"{address.scheme}: is not sent by SMS")
    try:
        checked_number(address.value)
        if parse_address(str(address)) == address:
            return address.value
    except NeverToThis as error:
        raise PermanentFailure(error.reason) from error
    except AddressError as error:
        raise PermanentFailure(str(error)) from error
    raise PermanentFailure(f"{address.value!r} is not in the form +4500000001")


def _international(number: str, country: str) -> str:
    """The digits from the country code on; empty where there is none."""
    if number.startswith("+"):
        return number[1:]
    if not (number.isascii() and number.isdecimal()):
        return ""
    if len(number) == _LENGTHS.get(country):
        return country + number
    if number.startswith("00"):
        return number[2:]
    if country not in _LENGTHS:
        if number.startswith("0"):
            return country + number[1:]
        if len(number) in _USUAL:
            return country + number
    return number if len(number) >= _SHORTEST_ABROAD else ""
