"""Why a real modem does not get ready, in the words of whoever has to do something about it."""

import re
from collections.abc import Iterable, Mapping

from hardware.portlog import LogLine
from tests.benches import Bench, Kit, Real

SILENT_S = 45.0  # a modem that has said nothing for so long is not waited for any longer
_DOES_NOT_KNOW = re.compile(r"ERROR|\+CM[ES] ERROR: (3|4|34|35|100|30[23])")
_RADIO_OFF = frozenset({"+CFUN: 0", "+CFUN: 4"})
_UNREADABLE = re.compile(r"<\d+ octets>")


def heard(log: Iterable[LogLine]) -> list[str]:
    """What came from the modem; not what was noted of the port, nor our own words coming back."""
    return [
        line.text
        for line in log
        if not line.sent and not line.text.startswith(("the port ", "AT")) and line.text != ">"
    ]


def why(kit: Kit, bench: Bench, *, log: list[LogLine], reasons: Mapping[bool, str]) -> str:
    """One or two sentences. `reasons`: what the driver said last while the port was open (True), and while not."""
    real = bench.real
    own = reasons.get(True) or reasons.get(False, "")
    if real is None:
        return own
    kept = ", ".join(dict.fromkeys((*bench.kept.stopped, *bench.kept.spared)))
    return _cause(kit, real, own, log=log) + (f" (kept from it here: {kept})" if kept else "")


def _cause(kit: Kit, real: Real, own: str, *, log: list[LogLine]) -> str:
    name = kit.name
    speed, lines = real.baud or kit.baud, heard(log)
    other_speed = f"--hil {name}={real.port}@9600"
    if not any(line.text.startswith("the port was opened") for line in log):
        return own
    if not lines:
        return (
            f"no answer at {speed} baud: is this the port that speaks AT? Try the modem's other ports, "
            f"or another speed: {other_speed}"
        )
    if all(_UNREADABLE.fullmatch(line) for line in lines):
        return (
            f"what comes back at {speed} baud cannot be read: the wrong speed, or a port that does not speak AT. "
            f"Try {other_speed}"
        )
    if not knows(log, kit.known_by):
        return f"something answers, and does not know {kit.known_by}: is it a modem of the kind {name}?"
    if _RADIO_OFF & set(lines):
        return f"its radio is off: switch it on with AT+CFUN=1 ({own})"
    return own


def knows(log: list[LogLine], command: str) -> bool:
    """False when this command was last answered as by a modem that never heard of it."""
    asked = [index for index, line in enumerate(log) if line.sent and line.text == command]
    if not asked:
        return True
    answers = [line.text for line in log[asked[-1] + 1 :] if not line.sent and line.text != command]
    return not answers or _DOES_NOT_KNOW.fullmatch(answers[0]) is None
