"""What the network brings to the emulated modem: stored or shown at once, as the host has asked with CNMI.

Source: 3GPP TS 27.005 3.4.1 (CNMI), 3.4.4 (CNMA: an unanswered +CMT or +CDS switches the routing off).
"""

from typing import TYPE_CHECKING

from hardware.codecs.tpdu import Deliver, decode_received
from hardware.emulators import gsm_text
from hardware.emulators.gsm_device import StorageFull, Stored

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

_ACKNOWLEDGE_S = 15.0


class Arrivals:
    """Takes what waits in the network, in order, while the modem can hear."""

    def __init__(self, modem: "GsmEmulator") -> None:
        self._modem = modem
        self._unanswered = False  # one +CMT or +CDS at a time waits for +CNMA
        self._shown = 0

    def route(self) -> None:
        """Takes as much as can be taken now."""
        modem = self._modem
        waiting = modem.network.waiting
        while waiting and not self._unanswered and modem.hears() and modem.device.unlocked and modem.running:
            tpdu, is_report = waiting[0]
            try:
                gone = self._report(tpdu) if is_report else self._message(tpdu)
            except StorageFull:
                return  # the network keeps it
            if gone:
                waiting.popleft()

    def restart(self) -> None:
        self._unanswered = False

    def acknowledged(self) -> bool:
        """+CNMA. False when nothing waited for it (CMS 340)."""
        if not self._unanswered:
            return False
        self._unanswered = False
        self._modem.network.waiting.popleft()
        self._modem.later(0, self.route)
        return True

    def _report(self, tpdu: bytes) -> bool:
        """Whether the network is rid of it."""
        routed = self._modem.device.settings.routing[3]
        if routed == 1:
            return self._show("+CDS: ", tpdu)
        if routed == 2:
            index = self._store("SR", tpdu)
            self._modem.unasked(f'+CDSI: "SR",{index}')
        return True  # ds=0: taken and thrown away

    def _message(self, tpdu: bytes) -> bool:
        settings = self._modem.device.settings
        if settings.routing[1] == 2 or (settings.routing[1] == 3 and _is_class_3(tpdu)):
            return self._show("+CMT: ", tpdu)
        name = settings.storages[2]
        index = self._store(name, tpdu)
        if settings.routing[1]:
            self._modem.unasked(f'+CMTI: "{name}",{index}')
        return True

    def _store(self, name: str, tpdu: bytes) -> int:
        return self._modem.device.store(name, Stored(self._modem.network.pdu(tpdu), len(tpdu)))

    def _show(self, head: str, tpdu: bytes) -> bool:
        modem = self._modem
        pdu = modem.network.pdu(tpdu)
        if modem.device.settings.text_mode:
            first, body = gsm_text.shown(pdu, modem.reading())
            modem.unasked(head.encode() + first, follow=body)
        else:
            alpha = "," if head == "+CMT: " else ""
            modem.unasked(f"{head}{alpha}{len(tpdu)}", follow=pdu.hex().upper())
        if not modem.device.settings.phase:
            return True
        self._unanswered = True
        self._shown += 1
        shown = self._shown
        modem.later(_ACKNOWLEDGE_S, lambda: self._give_up(shown))
        return False

    def _give_up(self, shown: int) -> None:
        if self._unanswered and shown == self._shown:
            self._unanswered = False
            routing = self._modem.device.settings.routing
            routing[1], routing[3] = 0, 0
            self._modem.journal.write("report", unanswered=True)
            self.route()


def _is_class_3(tpdu: bytes) -> bool:
    """For the terminal equipment: what mt=3 shows and does not store (23.038 4)."""
    message = decode_received(tpdu)
    dcs = message.content.dcs if isinstance(message, Deliver) else 0
    return dcs & 0x93 == 0x13 or dcs & 0xF3 == 0xF3
