"""Addresses as URIs: sms:, tel:, mailto:, sds:, sbd:, mqtt:, paper:, peer:, loopback:.

What may follow each scheme is an allow-list: what is not named here never reaches a modem or a mail server.
Sources: RFC 5724 (sms), RFC 3966 (tel), RFC 6068 (mailto, without its header fields), RFC 5321 4.1.2
(mailbox), ITU-T E.164 (numbers), ETSI TS 100 392-1 clause 7 (ISSI, GSSI).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

# Emergency and service numbers that no alert may be sent to (Danish numbering plan; 112 is also GSM's own).
EMERGENCY = frozenset({"112", "113", "114", "911", "999", "110", "119", "118", "000", "08", "1813"})
# Example and test numbers: no Danish subscriber number begins with 0, so nobody can have them.
EXAMPLE_NUMBER = re.compile(r"\+4500[0-9]*")

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164: at most 15 digits
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_SCHEMES = {
    "sds": re.compile(r"(?:group:)?[0-9]{1,8}"),
    "sbd": re.compile(r"provisioned|[0-9]{15}|RB[0-9]{7}"),
    "mqtt": re.compile(r"(?![$/])[^+#\x00-\x20\x7f]{1,200}"),
    "paper": re.compile(r"[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]{1,200}"),
    "peer": re.compile(r"[A-Za-z0-9.-]{1,253}"),
    "loopback": re.compile(r"[A-Za-z0-9._-]{1,64}"),
}


class AddressError(ValueError):
    """The address cannot be used; the message says what is wrong with it and what is expected."""


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address: `scheme` without the colon, `value` in the one form that channels may use."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    @property
    def is_example(self) -> bool:
        """True for numbers and domains that nobody can have; a live channel refuses them."""
        if self.scheme in {"sms", "tel"}:
            return EXAMPLE_NUMBER.fullmatch(self.value) is not None
        return self.scheme == "mailto" and self.value.endswith(".invalid")


@lru_cache(maxsize=4096)
def parse_address(uri: str) -> Address:
    """Reads `sms:+4500000001`, `mailto:vagt@eksempelkommune.invalid` and so on. Raises AddressError."""
    scheme, colon, value = uri.partition(":")
    scheme = scheme.lower()
    if not colon:
        raise AddressError(
            f"address {uri!r} has no scheme: write for example sms:+4500000001 or mailto:a@b.invalid"
        )
    if scheme in {"sms", "tel"}:
        return Address(scheme, _number(value))
    if scheme == "mailto":
        return Address(scheme, _mailbox(value))
    pattern = _SCHEMES.get(scheme)
    if pattern is None:
        known = ", ".join(f"{name}:" for name in ("sms", "tel", "mailto", *_SCHEMES))
        raise AddressError(f"address {uri!r}: scheme {scheme!r} is not one of {known}")
    if (
        pattern.fullmatch(value) is None or not value.isprintable()
    ):  # direction overrides, line separators, no width
        raise AddressError(f"address {uri!r}: {value!r} is not a valid {scheme} address")
    return Address(scheme, value)


def _number(value: str) -> str:
    digits = re.sub(r"[ .()-]", "", value)  # how people group digits; everything else is refused below
    if digits.lstrip("+") in EMERGENCY:
        raise AddressError(f"number {value!r} is an emergency number: alerts are never sent there")
    if not digits.isascii() or _NUMBER.fullmatch(digits) is None:
        raise AddressError(
            f"number {value!r} is not international (E.164): write + and 7 to 15 digits, as +4500000001"
        )
    return digits


def _mailbox(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not at or len(local) > 64 or _LOCAL.fullmatch(local) is None:
        raise AddressError(
            f"mail address {value!r}: the part before @ is missing or has a sign that is not allowed"
        )
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError(
            f"mail address {value!r}: {domain!r} is not a domain name (write letters outside a-z as xn--)"
        )
    return f"{local}@{domain.lower()}"
