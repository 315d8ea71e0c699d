"""Why a real modem does not get ready, said to whoever has to do something about it."""

import re
from datetime import UTC, datetime

import pytest

from hardware.port import Port
from hardware.portlog import LogLine
from tests.benches import Bench, Real
from tests.diagnosis import why
from tests.guard import Kept
from tests.kits import KITS

OPENED = "< the port was opened"
OWN = "silent: AT: no answer in 5 s"


async def never() -> Port:
    raise AssertionError("nobody opens it")


@pytest.mark.parametrize(
    ("kind", "went", "cause"),
    [
        ("gsm", (OPENED, "> <ESC>", "> AT"), "no answer at 9600 baud: .*: --hil gsm=/dev/x@9600"),
        ("gsm", (OPENED, "> AT", "< AT"), "no answer at 9600 baud"),  # our own echo
        (
            "gsm",
            (OPENED, "> AT", "< <7 octets>", "< <31 octets>"),
            "what comes back at 9600 baud cannot be read",
        ),
        ("gsm", (OPENED, "> AT+CPIN?", "< AT+CPIN?", "< +CME ERROR: 35"), "is it a modem of the kind gsm"),
        ("gsm", (OPENED, "> AT+CPIN?", "< +CME ERROR: 10"), OWN),  # it has no SIM
        ("iridium", (OPENED, "> AT", "< OK", "> AT+SBDSX", "< ERROR"), "does not know AT.SBDSX: is it"),
        ("tetra", (OPENED, "> AT+CTSP=1,3,130", "< +CME ERROR: 38"), OWN),  # it is registered already
        ("gsm", (OPENED, "> AT+CFUN?", "< +CFUN: 4", "< OK"), "its radio is off: switch it on"),
        ("gsm", (OPENED, "> AT", "< OK"), OWN),
        ("gsm", (), "no port: there is no such device"),
    ],
)
def test_the_cause_is_read_from_what_went_over_the_port(kind: str, went: tuple[str, ...], cause: str) -> None:
    log = [LogLine(datetime.now(UTC), line[0] == ">", line[2:]) for line in went]
    bench = Bench(never, real=Real("/dev/x", 9600), kept=Kept(stopped=["ATD"], spared=["ATH", "ATH"]))
    reasons = (
        {True: OWN, False: "no port: the recovery closes it"}
        if went
        else {False: "no port: there is no such device"}
    )
    said = why(KITS[kind], bench, log=log, reasons=reasons)
    assert re.search(cause, said), said
    assert said.endswith(" (kept from it here: ATD, ATH)")
