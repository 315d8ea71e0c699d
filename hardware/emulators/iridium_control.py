"""What the world does to an emulated Iridium modem, as orders of the control socket."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hardware.emulators.control import BadOrder, Order, Verb, flag, integer, number, text, verb
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.orders import common_verbs


def verbs(
    modem: IridiumEmulator, *, plug: Callable[[], None], unplug: Callable[[], None]
) -> Mapping[str, Verb]:
    """The orders there are. `plug` and `unplug` are the line's."""
    orders = _Orders(modem)
    return {
        **common_verbs(modem, plug=plug, unplug=unplug),
        "coverage": verb(orders.coverage, "value"),
        "signal": verb(orders.signal, "value"),
        "queue": verb(orders.queue, "hex"),
        "ring": verb(lambda order: modem.ring()),
        "latency": verb(orders.latency, "seconds"),
        "status": verb(orders.status, "value"),
        "replace": verb(orders.replace, "imei"),
    }


class _Orders:
    def __init__(self, modem: IridiumEmulator) -> None:
        self._modem = modem

    def coverage(self, order: Order) -> None:
        self._modem.cover(flag(order))

    def signal(self, order: Order) -> None:
        """`value`: bars, 0 to 5, while there is coverage."""
        self._modem.network.signal = integer(order, "value", most=5)
        self._modem.indicate()

    def queue(self, order: Order) -> dict[str, Any]:
        """`hex`: a message for the modem, at the gateway."""
        try:
            payload = bytes.fromhex(text(order, "hex"))
        except ValueError as error:
            raise BadOrder(f"'hex' has to be octets in hexadecimal: {error}") from error
        return {"waiting": self._modem.queue(payload)}

    def replace(self, order: Order) -> dict[str, Any]:
        """Another modem in its place, with its own `imei` (default: the next one): nothing sent, nothing set."""
        imei = text(order, "imei") if "imei" in order else f"{int(self._modem.device.imei) + 1:015d}"
        if not re.fullmatch(r"[0-9]{15}", imei, re.ASCII):
            raise BadOrder("'imei' has to be 15 digits")
        self._modem.replace(imei)
        return {"imei": imei}

    def latency(self, order: Order) -> None:
        """`seconds` that every session takes."""
        self._modem.network.latency_s = number(order, "seconds")

    def status(self, order: Order) -> None:
        """`value`: the MO status that sessions end with from now on; 0 ends that."""
        value = integer(order, "value", most=65)
        if 0 < value < 5:
            raise BadOrder("status 1 to 4 are successes: choose 5 to 65, or 0")
        self._modem.network.status = value or None
