"""The errors of this package. The class says what the caller may do.

NotSent and its children promise that nothing left. MaybeSent promises nothing: it is never to be shown as
failed, and never to be sent again in the same breath.
"""


class HardwareError(Exception):
    """The root. `code` is the far end's own number where it gave one, `raw` its answer as it came."""

    def __init__(self, reason: str, *, code: int | None = None, raw: str = "") -> None:
        super().__init__(reason)
        self.reason, self.code, self.raw = reason, code, raw


class CodecError(HardwareError, ValueError):
    """These octets (or this text) cannot be decoded (or encoded); trying again changes nothing."""


class PortLost(HardwareError, OSError):
    """The serial port is gone: unplugged, renumbered, or the far end hung up. Open it again."""


class NoAnswer(HardwareError):
    """The modem was silent for the command's whole time. What it did is not known: synchronise first."""


class Restarted(NoAnswer):
    """The modem has just started: the command that ran will never end, and all settings are lost."""


class Refused(HardwareError):
    """The modem ended a command with an error. `code` is its CME or CMS number, None for a plain ERROR."""


class NotSent(HardwareError):
    """Nothing left."""


class NotNow(NotSent):
    """Nothing left; the same may work in a moment (busy, congestion, no network)."""


class NeverToThis(NotSent):
    """Nothing left; this destination or this content will never do."""


class ModemDown(NotSent):
    """Nothing left, and nothing else would leave either: no port, no answer, no SIM, no SMSC."""


class MaybeSent(HardwareError):
    """Octets of the content left and the far end did not say what became of them."""
