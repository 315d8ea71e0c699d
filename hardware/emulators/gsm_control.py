"""What the world does to an emulated GSM modem, as orders of the control socket."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hardware.codecs.userdata import encode_ucs2
from hardware.emulators.control import BadOrder, Order, Verb, flag, integer, number, status_of, text, verb
from hardware.emulators.gsm_calls import Callee
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.gsm_network import STATUSES
from hardware.emulators.orders import common_verbs

_USSD_OCTETS = 160  # of an answer (3GPP TS 24.080 3.6), in UCS-2


def verbs(modem: GsmEmulator, *, plug: Callable[[], None], unplug: Callable[[], None]) -> Mapping[str, Verb]:
    """The orders there are. `plug` and `unplug` are the line's."""
    orders = _Orders(modem)
    return {
        **common_verbs(modem, plug=plug, unplug=unplug),
        "coverage": verb(orders.coverage, "value"),
        "receive": verb(orders.receive, "from", "text"),
        "report": verb(orders.report, "ref", "status"),
        "deliver": verb(orders.deliver, "value"),
        "latency": verb(orders.latency, "seconds", "report"),
        "refuse": verb(orders.refuse, "to", "code"),
        "ring": verb(orders.ring, "times", "from"),
        "hang-up": verb(lambda order: modem.calls.lost()),
        "signal": verb(orders.signal, "value"),
        "ussd": verb(orders.ussd, "code", "text"),
        "callee": verb(orders.callee, "to", "does", "seconds"),
        "pin": verb(orders.pin, "value"),
        "smsc": verb(orders.smsc, "value"),
    }


class _Orders:
    def __init__(self, modem: GsmEmulator) -> None:
        self._modem = modem

    def coverage(self, order: Order) -> None:
        self._modem.cover(flag(order))

    def receive(self, order: Order) -> dict[str, Any]:
        return {"parts": self._modem.network.receive(text(order, "from"), text(order, "text"))}

    def report(self, order: Order) -> None:
        status, reference = status_of(order, STATUSES, default="delivered"), integer(order, "ref")
        if reference not in self._modem.network.accepted:
            raise BadOrder(f"no message has the reference {reference!r}")
        self._modem.network.report(reference, status)

    def deliver(self, order: Order) -> None:
        self._modem.network.delivers = flag(order)

    def latency(self, order: Order) -> None:
        """`seconds` until the reference; `report` (optional) from there to the status report."""
        self._modem.network.latency_s = number(order, "seconds")
        if "report" in order:
            self._modem.network.report_s = number(order, "report")

    def refuse(self, order: Order) -> None:
        """The network refuses a number with a CMS code (default 1, unassigned); 0 ends that."""
        code = integer(order, "code", most=511) if "code" in order else 1
        refusals = self._modem.network.refusals
        refusals[_number(order, "to")] = code
        if not code:
            del refusals[_number(order, "to")]

    def ring(self, order: Order) -> None:
        """Somebody calls: `from` (optional; withheld without it), giving up after so many `times`."""
        times = integer(order, "times", least=1, most=100) if "times" in order else 4
        caller = _number(order, "from") if "from" in order else ""
        if not self._modem.calls.ring(times, caller=caller):
            raise BadOrder("the modem has a call already, or no network")

    def signal(self, order: Order) -> None:
        """`value`: what +CSQ tells while there is coverage, 0 to 31, or 99 for unknown."""
        value = integer(order, "value", most=99)
        if 31 < value < 99:
            raise BadOrder("'value' has to be 0 to 31, or 99 for unknown")
        self._modem.network.rssi = value

    def ussd(self, order: Order) -> None:
        """What the network answers to a `code`; an empty `text` takes that back."""
        code, said = text(order, "code"), text(order, "text")
        if len(encode_ucs2(said)) > _USSD_OCTETS:
            raise BadOrder(f"'text' has to fit {_USSD_OCTETS // 2} signs")
        self._modem.network.ussd[code] = said
        if not said:
            del self._modem.network.ussd[code]

    def callee(self, order: Order) -> None:
        """What a number does when the modem calls it, and after how many `seconds` (optional)."""
        word = text(order, "does")
        if word not in {callee.value for callee in Callee}:
            raise BadOrder(f"{word!r} is not one of {', '.join(callee.value for callee in Callee)}")
        after_s = number(order, "seconds") if "seconds" in order else None
        self._modem.calls.callees[_number(order, "to")] = (Callee(word), after_s)

    def pin(self, order: Order) -> None:
        """The SIM's PIN from the next restart on; an empty text takes it away."""
        pin = text(order, "value")
        if pin and not (pin.isdecimal() and pin.isascii() and 4 <= len(pin) <= 8):
            raise BadOrder("a PIN has 4 to 8 digits")
        self._modem.device.pin = pin or None

    def smsc(self, order: Order) -> None:
        """The number of the service centre; an empty text takes it away."""
        self._modem.device.smsc = _number(order, "value") if order.get("value") != "" else ""


def _number(order: Order, name: str) -> str:
    number = text(order, name)
    if not re.fullmatch(r"\+?[0-9]{1,20}", number, re.ASCII):
        raise BadOrder(f"{name!r} has to be a number of 1 to 20 digits, + first when international")
    return number
