"""The emulated TETRA radio as a whole: its registration, its calls, what it hears, and its restarts.

It restarts without a word, as radios do; only the fault reboot-banner says one.
Source: ETSI EN 300 392-5 (PEI): +CTSDSR 6.13.3, call control, +CREG, +CTOM.
"""

import random

from hardware.at.dce import Called
from hardware.at.grammar import Form
from hardware.emulators.journal import Journal
from hardware.emulators.modem import LINE_FAULTS, EmulatedModem
from hardware.emulators.tetra_calls import Call, Calls
from hardware.emulators.tetra_commands import ERROR, SYNTAX, ranges
from hardware.emulators.tetra_device import Device
from hardware.emulators.tetra_network import STATUS, Incoming, Network, shown
from hardware.emulators.tetra_sending import ALL_HANDLERS

# By the names that all emulators share: busy-515 is CME 515 here, part-fails a later part with status 5.
KNOWN_FAULTS = LINE_FAULTS | {
    *("late-cmgs", "urc-in-answer", "deaf", "sent-but-failed", "pdu-lost", "busy-515"),
    *("atz-reboot", "sds-late-fail", "part-fails"),
}
_BOOT_S, _SEARCH_S = 6.0, 1.0


class TetraEmulator(EmulatedModem):
    """One radio and the network around it."""

    def __init__(self, *, journal: Journal | None = None, seed: int = 0, speed: float = 1.0) -> None:
        super().__init__(KNOWN_FAULTS, journal=journal, seed=seed, speed=speed)
        self.random = random.Random(seed)  # noqa: S311  # faults must be repeatable, not secret
        self.device = Device()
        self.network = Network(self.journal, self.later)
        self.network.arrived = self.bring
        self.registered = True
        self.calls = Calls(self)

    async def perform(self, called: Called) -> str:
        command = called.command
        handler = ALL_HANDLERS.get(command.name)
        if handler and command.form is Form.TEST and command.name != "+CMGS":
            return await ranges(self, command)
        return await handler(self, command) if handler else self.cme(SYNTAX)

    @property
    def call(self) -> Call | None:
        """The voice call that the radio is in, or that is being set up."""
        return self.calls.current

    # What handlers use.

    def cme(self, code: int) -> str:
        return f"+CME ERROR: {code}" if self.device.settings.cmee else ERROR

    def registration_line(self) -> str:
        """Others than in GSM: 1 home, 2 no network; the area and the network where there is one."""
        where = f"1,{self.network.location_area},{self.network.network_id}"
        return f"+CREG: {where if self.registered else 2}"

    def hears(self) -> bool:
        reachable = self.network.coverage and not self.network.deaf
        return self.registered and reachable and self.running and self.device.mode in {0, 2}

    def choose_mode(self, mode: int) -> None:
        """Trunked or direct mode, chosen by the host or at the knob."""
        changed, self.device.mode = mode != self.device.mode, mode
        if changed:
            self.unasked(f"+CTOM: {mode}")
            self._register(False)
            self.later(_SEARCH_S, self._found)

    def go_deaf(self, seconds: float) -> None:
        def hear_again() -> None:
            self.network.deaf = False
            self.bring()

        self.network.deaf = True
        self.later(seconds, hear_again)

    # What comes in.

    def bring(self) -> None:
        """Shows the host what waits in the network, as far as it has registered for it."""
        while self.network.waiting and self.hears():
            incoming = self.network.waiting.popleft()
            if self._is_for_host(incoming):
                self._show(incoming)
            else:
                said = shown(incoming.service, incoming.user_data)
                self.journal.write(
                    "received", **{"from": incoming.sender}, on="the radio's own display", **said
                )

    def _is_for_host(self, incoming: Incoming) -> bool:
        if incoming.service == STATUS:
            return self.device.is_registered(2, 20)
        return bool(incoming.user_data) and self.device.is_registered(3, incoming.user_data[0])

    def _show(self, incoming: Incoming) -> None:
        bits, digits = 8 * len(incoming.user_data), incoming.user_data.hex().upper()
        if incoming.user_data[:1] == b"\x0a" and len(incoming.user_data) == 11:  # a short location report
            bits, digits = 84, digits[:21] if self.device.make.odd_digits else digits
        called = incoming.called
        self.unasked(f"+CTSDSR: {incoming.service},{incoming.sender},0,{called},0,{bits}", follow=digits)

    # Radio.

    def cover(self, covered: bool) -> None:
        self.journal.write("coverage", value=covered)
        self.network.coverage = covered
        if covered:
            self.later(_SEARCH_S, self._found)
        else:
            self._register(False)

    def _found(self) -> None:
        if self.network.coverage and self.running and self.device.mode in {0, 2}:
            self._register(True)

    def _register(self, registered: bool) -> None:
        changed, self.registered = registered is not self.registered, registered
        if changed and self.device.settings.creg:
            self.unasked(self.registration_line())
        if changed and not registered:
            self.calls.lose()
        self.bring()

    def start_call(self, caller: str, *, seconds: float, group: bool, rings: bool = False) -> None:
        """Somebody speaks for so long; until its end no short data is sent."""
        self.calls.come(caller, seconds=seconds, group=group, rings=rings)

    def end_call(self, call: Call | None) -> None:
        self.calls.end(call)

    # Power.

    def reboot(self, reason: str) -> None:
        """Switched off and on by its user: what hosts have set and registered is lost."""
        self.journal.write("reset", reason=reason)
        self.running, self.registered, self.calls.current = False, False, None
        self.drop_command()
        self.device.restart()
        self.later(_BOOT_S, lambda: self._booted(banner=reason == "reboot-banner"))

    def _booted(self, *, banner: bool) -> None:
        self.running = True
        if banner:
            self.unasked("RDY")
        self.later(_SEARCH_S, self._found)

    def misbehave(self) -> None:
        super().misbehave()
        if self.strike("urc-in-answer"):
            self.unasked(f"+CTGS: 1,{self.network.network_id}{int(self.device.group):08d}")
            self.unasked(self.registration_line())
            self.unasked(f"+CTOM: {self.device.mode}")
