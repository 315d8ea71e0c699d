"""The orders that every emulated modem follows: faults, speed, power and the cable."""

from collections.abc import Callable
from typing import Any

from hardware.emulators.control import Order, Verb, number, text, verb
from hardware.emulators.modem import EmulatedModem


def common_verbs(
    modem: EmulatedModem, *, plug: Callable[[], None], unplug: Callable[[], None]
) -> dict[str, Verb]:
    """`plug` and `unplug` are the line's."""

    def fault(order: Order) -> None:
        modem.faults.arm(text(order, "name"), {k: v for k, v in order.items() if k not in {"do", "name"}})

    def faults(order: Order) -> dict[str, Any]:
        return {"faults": modem.faults.names}

    def speed(order: Order) -> None:
        modem.speed = number(order, "factor", least=0.01, most=1000)

    return {
        "fault": Verb(fault, keys=None),
        "faults": verb(faults),
        "speed": verb(speed, "factor"),
        "hang": verb(lambda order: modem.hang()),
        "reboot": verb(lambda order: modem.reboot("control")),
        "plug": verb(lambda order: plug()),
        "unplug": verb(lambda order: unplug()),
    }
