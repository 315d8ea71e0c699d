"""Every time limit of the Iridium driver. Sources: public ISU AT references and field reports of its users."""

from dataclasses import dataclass

from hardware.timing import Timing


@dataclass(frozen=True, slots=True)
class IridiumTiming(Timing):
    """Seconds."""

    slow_s: float = 10.0
    cooling_most_s: float = 20.0  # to look for a port that is gone costs nothing
    poll_s: float = 10.0  # +SBDSX is free; with `answer_s` a dead modem is known within 15 s
    session_s: float = (
        180.0  # +SBDIX: 10 to 30 is usual, 60 and more occur; shorter limits cut good sessions off
    )
    refusal_s: float = (
        2.0  # ERROR for +SBDIX within this is of a command that was not taken; a session takes longer
    )
    write_s: float = 65.0  # after READY: the modem's own timer is 60 s
    signal_s: float = 60.0  # +CSQ measures, for up to 50 s
    gate_s: float = 60.0  # without 2 bars for so long a session is tried anyway
    gate_rest_s: float = 5.0
    verdict_s: float = 30.0  # a message whose session was cut off waits so long to hear what became of it
    settle_s: float = 5.0  # what has come in is to be safe elsewhere before the next session, for so long
    patience_s: float = 300.0  # ... and for so long altogether
    start_s: float = 20.0
    boot_s: float = 30.0  # after its power was cut
    flush_s: float = 4.0  # AT*F, before we leave
    mailbox_s: float = 21_600.0  # a paid look into the mailbox when no ring was heard
    no_network_hold_s: float = 180.0  # after status 32 and 36
    traffic_hold_s: float = 900.0  # after status 38, when the modem does not say how long
    busy_hold_s: float = 15.0  # after status 11 and 35
    first_look_s: float = (
        120.0  # ... and so long after the set-up: a message that is sent brings what waits, unpaid
    )
    alarm_s: float = 600.0  # antenna, lock, hardware: a person is needed, and it is tried again after so long
    retry_s: float = 1.0  # the unit of the table of retries
