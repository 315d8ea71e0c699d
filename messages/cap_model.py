"""CAP 1.2 as values: every element and enumeration of the OASIS standard of 1 July 2010, clause 3.2.

Import these from `messages.cap`. Field names are the elements' own in snake_case; None means that an
optional element is absent, '' that it is there and empty. Times are aware. What the standard does not know
has no place here.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from messages.alert_model import MsgType, Reference, Status


class CapError(ValueError):
    """Not a CAP 1.2 message that may be acted on: the sender must correct `element` (at `line`, 0 when unknown)."""

    def __init__(self, element: str, reason: str, *, line: int = 0) -> None:
        where = f"{element} (line {line})" if line else element
        super().__init__(f"{where}: {reason}")
        self.element, self.reason, self.line = element, reason, line


NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


class Scope(StrEnum):
    PUBLIC = "Public"
    RESTRICTED = "Restricted"  # by the rule in `restriction`
    PRIVATE = "Private"  # to those in `addresses`


class Category(StrEnum):
    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(StrEnum):
    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class ValuePair:
    """An eventCode, parameter or geocode. Unknown ones are kept and passed on."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    resource_desc: str
    mime_type: str
    size: int | None = None  # octets
    uri: str | None = None
    deref_uri: str | None = None  # the content, base64
    digest: str | None = None  # SHA-1 of the content, hexadecimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Polygon, circle and geocode together mean their union. Points are WGS 84, as text `lat,lon`."""

    area_desc: str
    polygons: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()  # 'lat,lon radius', km
    geocodes: tuple[ValuePair, ...] = ()
    altitude: Decimal | None = None  # feet above mean sea level
    ceiling: Decimal | None = None  # feet above mean sea level


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """One language or audience of the event."""

    category: tuple[Category, ...]
    event: str
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    language: str | None = None  # None: en-US
    response_type: tuple[ResponseType, ...] = ()
    audience: str | None = None
    event_code: tuple[ValuePair, ...] = ()
    effective: datetime | None = None  # None: as `sent`
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameter: tuple[ValuePair, ...] = ()
    resource: tuple[Resource, ...] = ()
    area: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CapAlert:
    identifier: str
    sender: str
    sent: datetime
    status: Status
    msg_type: MsgType
    scope: Scope
    source: str | None = None
    restriction: str | None = None
    addresses: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    note: str | None = None
    references: tuple[Reference, ...] = ()
    incidents: tuple[str, ...] = ()
    info: tuple[Info, ...] = ()
    signatures: tuple[
        bytes, ...
    ] = ()  # XML-Signature elements as they came, canonical XML; never verified here
