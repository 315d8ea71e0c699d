"""Every time limit of the modem drivers, in one value, so that tests run them at a fraction.

The defaults are for GSM and LTE modems. Sources beside the fields are field reports of modem tools, not a standard:
27.007 and 27.005 give no times.
"""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    answer_s: float = 5.0  # a command that only asks the modem
    slow_s: float = 12.0  # a command that asks the SIM or the storage
    switch_s: float = 30.0  # CFUN, or a PIN: the radio or the card starts
    prompt_s: float = 10.0  # `> ` can be delayed several seconds
    sent_s: float = 60.0  # network timers allow 30 to 60 s between the last octet and +CMGS
    late_s: float = 60.0  # after `sent_s` the answer may still come: so long nothing else is sent
    quiet_s: float = 0.3  # no octet for so long: the modem has said what it wanted to
    sim_busy_s: float = 25.0  # CME 14 is normal for 10 to 20 s after a start
    sim_retry_s: float = 1.0
    radio_s: float = 5.0  # between CFUN=4 and CFUN=1
    start_s: float = 15.0  # a message that finds the modem being set up waits for so long
    arrivals_s: float = 3.0  # what arrived is fetched before the next message is sent, for so long at most
    boot_s: float = 20.0  # after CFUN=1,1, before the port answers again
    dtr_s: float = 1.0  # DTR low for so long
    ping_s: float = 8.0  # an idle modem is asked AT: with `answer_s` a dead one is known within 15 s
    poll_s: float = 30.0  # registration, signal, service centre, storage
    call_s: float = 1.0  # how often a call that rings is asked about
    searching_s: float = 180.0  # not registered for so long: the radio is switched off and on
    cooling_s: float = 5.0  # the first back-off between two rungs of the recovery; doubles
    cooling_most_s: float = 120.0

    def scaled(self, factor: float) -> Self:
        """All limits times `factor`."""
        return replace(self, **{name: getattr(self, name) * factor for name in self.__dataclass_fields__})
