"""How modems of one vendor differ from the standard: each difference by name, with its source.

A driver asks for the behaviour of the modem it has found; what no quirk matches behaves as 27.005 and 27.007 say.
Differences that every driver must bear anyway (an echo that is on or off, fields with and without quotes, a report
told by +CMTI) are not here: they are the parser's.
"""

import re
from dataclasses import dataclass

from hardware.gsm_state import Rung

Routing = tuple[int, ...]  # the parameters of CNMI

# From what is wanted most: stored and told by +CMTI, reports at once by +CDS (ds=1), else by storage (ds=2). Some
# modems take no more than two parameters (warthog618/modem issue 8).
ROUTINGS: tuple[Routing, ...] = (
    (2, 1, 0, 1, 0),
    (2, 1, 0, 2, 0),
    (1, 1, 0, 1, 0),
    (1, 1, 0, 2, 0),
    (2, 1, 0, 0, 0),
    (2, 1),
    (1, 1),
)


# TETRA radios: what follows `AT+CTSDS=<service>,<type of identity>` (area, access priority, end-to-end encryption).
# The short form first; tetra-cli says all five, tetraconnect four, others two, and radios differ in which they take.
SERVICE_FORMS = ("", ",0,0", ",0,0,0", ",0,0,1")
# TETRA radios: the character set with quotes (27.007) and without (tetra-cli with Motorola and Sepura).
CHARACTER_SETS = ("8859-1", '"8859-1"')


@dataclass(frozen=True, slots=True)
class Quirk:
    """One difference. `modem` is searched for in "manufacturer model", whatever the case."""

    modem: str
    differs: str
    source: str
    first: tuple[str, ...] = ()  # said before the rest of the set-up; a refusal does not matter
    routings: tuple[Routing, ...] = ()  # tried before ROUTINGS
    useless: frozenset[Rung] = frozenset()  # rungs of the recovery that never brought it back


QUIRKS: tuple[Quirk, ...] = (
    Quirk(
        modem=r"huawei",
        differs="says ^RSSI, ^CSNR and the like every few seconds, in the middle of answers, until it is told not to",
        source="gammu issue 136; node serialport-gsm issue 61",
        first=("AT^CURC=0",),
    ),
    Quirk(
        modem=r"\b(E173|E220)\b",
        differs="stops after hours and hears no command any more: only the power or the plug brings it back",
        source="gammu issues 323, 393 and 687",
        useless=frozenset({Rung.RADIO, Rung.RESET}),
    ),
    Quirk(
        modem=r"A7670",
        differs="refuses reports by +CDS (ds=1), takes them by storage",
        source="sms-server issue 12",
        routings=((2, 1, 0, 2, 0),),
    ),
    Quirk(
        modem=r"SIM7600",
        differs="may refuse every message until its factory profile is loaded",
        source="LilyGo modem series issue 340",
        first=("AT&F", "ATE0"),
    ),
)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a driver does differently for the modem it has found."""

    first: tuple[str, ...] = ()
    routings: tuple[Routing, ...] = ROUTINGS
    useless: frozenset[Rung] = frozenset()


def behaviour_of(modem: str) -> Behaviour:
    """All quirks that match "manufacturer model", together."""
    found = [quirk for quirk in QUIRKS if re.search(quirk.modem, modem, re.IGNORECASE)]
    preferred = tuple(routing for quirk in found for routing in quirk.routings)
    return Behaviour(
        first=tuple(command for quirk in found for command in quirk.first),
        routings=preferred + tuple(routing for routing in ROUTINGS if routing not in preferred),
        useless=frozenset[Rung]().union(*(quirk.useless for quirk in found)),
    )
