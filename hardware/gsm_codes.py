"""What a refusal of the modem or of the network means for the caller.

Source: 3GPP TS 27.005 3.2.5 (CMS), 27.007 9.2 (CME), 24.011 annex E (network causes 1 to 127); which of them are
worth a retry comes from field reports: vendors use 500 and 515 for "busy".
"""

from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow, Refused

_NEVER = frozenset({1, 8, 10, 28, 30, 50})  # this number: unassigned, barred, unknown, not subscribed
# The modem or its SIM has to be put right by a person or by the recovery.
_DOWN = frozenset({300, 302, 303, 304, 305, 310, 311, 313, 315, 316, 317, 318, 320, 330})
_CME_DOWN = frozenset({0, 1, 3, 4, 10, 11, 12, 13, 15, 16, 17, 18})
_DEAF = frozenset({38, 41, 42, 47, 331, 332})  # signs that the modem hears no network
# After the whole message had left, these do not say that it was not taken: "network timeout" is a timer of the relay
# layer (24.011 TR1M), not an answer, and "unknown error" or a vendor's own number has been seen for messages that had
# arrived (RockBLOCK-9704 issue 27, cht-core issue 1220).
_UNPROVEN = frozenset({332, 500})
_CME_UNPROVEN = frozenset({31, 100})
_VENDORS = 512  # from here on every vendor has numbers of its own

SIM_BUSY_CME, SIM_BUSY_CMS = 14, 314


def not_sent(refused: Refused, *, left: bool) -> HardwareError:
    """The error to raise for a refused CMGS; `left`: the payload had been handed over when it came."""
    code, raw = refused.code, refused.raw
    service = raw.startswith("+CMS")
    if left and not _is_proof(code, service=service):
        return MaybeSent(
            f"it left, and the modem does not say that it was refused ({raw})", code=code, raw=raw
        )
    if service and code in _NEVER:
        return NeverToThis(f"the network refuses this number ({raw})", code=code, raw=raw)
    if code in (_DOWN if service else _CME_DOWN) and code is not None:
        return ModemDown(f"the modem cannot send ({raw})", code=code, raw=raw)
    return NotNow(f"not now ({raw})", code=code, raw=raw)


def _is_proof(code: int | None, *, service: bool) -> bool:
    """Whether the code says for certain that a message that was handed over was not taken. A plain ERROR does not."""
    return code is not None and code < _VENDORS and code not in (_UNPROVEN if service else _CME_UNPROVEN)


def is_deaf(refused: Refused) -> bool:
    """Whether this refusal is a sign that the modem hears no network."""
    return refused.raw.startswith("+CMS") and refused.code in _DEAF


def is_sim_busy(refused: Refused) -> bool:
    """Normal for 10 to 20 s after a start."""
    return (refused.raw.startswith("+CME") and refused.code == SIM_BUSY_CME) or (
        refused.raw.startswith("+CMS") and refused.code == SIM_BUSY_CMS
    )
