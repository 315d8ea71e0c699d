"""What the world does to an emulated TETRA radio, as orders of the control socket."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hardware.codecs.sds_status import Status
from hardware.codecs.sds_text import octets_of_hex
from hardware.emulators.control import BadOrder, Order, Verb, flag, integer, number, status_of, text, verb
from hardware.emulators.orders import common_verbs
from hardware.emulators.tetra_network import SDS4, STATUS, STATUSES, Incoming
from hardware.emulators.tetra_radio import TetraEmulator


def verbs(
    radio: TetraEmulator, *, plug: Callable[[], None], unplug: Callable[[], None]
) -> Mapping[str, Verb]:
    """The orders there are. `plug` and `unplug` are the line's."""
    orders = _Orders(radio)
    return {
        **common_verbs(radio, plug=plug, unplug=unplug),
        "coverage": verb(lambda order: radio.cover(flag(order)), "value"),
        "receive": verb(orders.receive, "from", "to", "text", "report", "status", "hex"),
        "report": verb(orders.report, "ref", "status"),
        "deliver": verb(orders.deliver, "value"),
        "consume": verb(orders.consume, "value", "seconds"),
        "latency": verb(orders.latency, "seconds", "report"),
        "refuse": verb(orders.refuse, "to", "status"),
        "call": verb(orders.call, "from", "seconds"),
        "ring": verb(orders.ring, "from", "seconds", "hook"),
        "hang-up": verb(lambda order: radio.end_call(radio.call)),
        "mode": verb(lambda order: radio.choose_mode(integer(order, "value", most=6)), "value"),
        "inhibit": verb(orders.inhibit, "value"),
        "make": verb(orders.make, "name", "value"),
    }


class _Orders:
    def __init__(self, radio: TetraEmulator) -> None:
        self._radio = radio

    def receive(self, order: Order) -> dict[str, Any]:
        """`from`, and one of `text`, `status` (a number) and `hex` (user data of SDS type 4).

        `to`: a group instead of us; `report` true: the sender wants to know, and sends again until it does.
        """
        sender, network = _ssi(order, "from"), self._radio.network
        called = _ssi(order, "to") if "to" in order else network.issi
        if "text" in order:
            report = flag(order, "report") if "report" in order else False
            return {"parts": network.receive(sender, text(order, "text"), called=called, report=report)}
        if "status" in order:
            data = Status(integer(order, "status", most=0xFFFF)).encode()
            network.bring(Incoming(STATUS, sender, called, data))
        else:
            network.bring(Incoming(SDS4, sender, called, octets_of_hex(text(order, "hex"))))
        return {"parts": 1}

    def report(self, order: Order) -> None:
        status, reference = status_of(order, STATUSES, default="delivered"), integer(order, "ref")
        if reference not in self._radio.network.accepted:
            raise BadOrder(f"no message has the reference {reference!r}")
        self._radio.network.report(reference, status)

    def deliver(self, order: Order) -> None:
        self._radio.network.delivers = flag(order)

    def consume(self, order: Order) -> None:
        """Whether users read what they get; `seconds` (optional) after it arrived."""
        self._radio.network.consumes = flag(order)
        if "seconds" in order:
            self._radio.network.read_s = number(order, "seconds")

    def latency(self, order: Order) -> None:
        """`seconds` from the radio's OK to the air; `report` (optional) from there to the report."""
        self._radio.network.latency_s = number(order, "seconds")
        if "report" in order:
            self._radio.network.report_s = number(order, "report")

    def refuse(self, order: Order) -> None:
        """A recipient's messages fail with a delivery status (default 4B, not registered); 0 ends that."""
        status = integer(order, "status", most=255) if "status" in order else STATUSES["not-registered"]
        refusals = self._radio.network.refusals
        refusals[_ssi(order, "to")] = status
        if not status:
            del refusals[_ssi(order, "to")]

    def call(self, order: Order) -> None:
        """Somebody speaks in our group for `seconds` (default 10): short data waits."""
        self._start(order, group=True)

    def ring(self, order: Order) -> None:
        """The same for a call to us alone; `hook` true: it rings until ATA or ATH, or for so long."""
        self._start(order, group=False, rings=flag(order, "hook") if "hook" in order else False)

    def _start(self, order: Order, *, group: bool, rings: bool = False) -> None:
        seconds = number(order, "seconds", most=3600) if "seconds" in order else 10.0
        caller = _ssi(order, "from") if "from" in order else "2345678"
        self._radio.start_call(caller, seconds=seconds, group=group, rings=rings)

    def inhibit(self, order: Order) -> None:
        """TXI: the radio is told not to transmit, as near explosives or in hospitals."""
        self._radio.device.inhibited = flag(order)

    def make(self, order: Order) -> None:
        """`name` of a difference between makers, and its `value`."""
        make, name, value = self._radio.device.make, text(order, "name"), order.get("value")
        known = {key: getattr(make, key) for key in type(make).__dataclass_fields__}
        if name not in known:
            raise BadOrder(f"{name!r} is not one of {', '.join(known)}")
        if type(value) is not type(known[name]):
            raise BadOrder(f"{name} is as {known[name]!r}, not as {value!r}")
        setattr(make, name, value)


def _ssi(order: Order, name: str) -> str:
    digits = text(order, name)
    if not re.fullmatch(r"[0-9]{1,8}", digits):
        raise BadOrder(f"{name!r} has to be an SSI of 1 to 8 digits")
    return str(int(digits))
