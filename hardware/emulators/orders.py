"""The orders that every emulated modem follows: faults, speed, power and the cable."""

from collections.abc import Callable
from typing import Any

from hardware.emulators.control import Order, Verb, number, text
from hardware.emulators.modem import EmulatedModem


def common_verbs(
    modem: EmulatedModem, *, plug: Callable[[], None], unplug: Callable[[], None]
) -> dict[str, Verb]:
    """`plug` and `unplug` are the line's."""

    def fault(order: Order) -> None:
        modem.faults.arm(text(order, "name"), {k: v for k, v in order.items() if k not in {"do", "name"}})

    def faults(order: Order) -> dict[str, Any]:
        return {"faults": sorted(modem.faults.known)}

    def speed(order: Order) -> None:
        modem.speed = number(order, "factor", least=0.01, most=1000)

    return {
        "fault": fault,
        "faults": faults,
        "speed": speed,
        "hang": lambda order: modem.hang(),
        "reboot": lambda order: modem.reboot("control"),
        "plug": lambda order: plug(),
        "unplug": lambda order: unplug(),
    }
