"""What a message centre's command_status means for a message. Pure.

Every status but 0 is a refusal: the message was not taken. Source: SMPP v3.4 5.1.3.
"""

from channels.base import ChannelDown, ChannelError, PermanentFailure, TransientFailure

OK = 0x00
INVALID_LENGTH, INVALID_COMMAND = 0x02, 0x03
QUEUE_FULL, THROTTLED = 0x14, 0x58
SLOW_DOWN = frozenset({QUEUE_FULL, THROTTLED})
WRONG_LOGIN = frozenset({0x0E, 0x0F})

_NAMES = {
    0x01: "RINVMSGLEN, wrong message length",
    0x02: "RINVCMDLEN, wrong command length",
    0x03: "RINVCMDID, unknown command",
    0x04: "RINVBNDSTS, not bound for this",
    0x05: "RALYBND, already bound",
    0x06: "RINVPRTFLG, wrong priority_flag",
    0x07: "RINVREGDLVFLG, wrong registered_delivery",
    0x08: "RSYSERR, system error",
    0x0A: "RINVSRCADR, wrong sender",
    0x0B: "RINVDSTADR, wrong number",
    0x0D: "RBINDFAIL, bind failed",
    0x0E: "RINVPASWD, wrong password",
    0x0F: "RINVSYSID, unknown system_id",
    0x14: "RMSGQFUL, its queue is full",
    0x15: "RINVSERTYP, unknown service_type",
    0x43: "RINVESMCLASS, wrong esm_class",
    0x45: "RSUBMITFAIL, submit failed",
    0x48: "RINVSRCTON, wrong type of the sender's number",
    0x49: "RINVSRCNPI, wrong numbering plan of the sender",
    0x50: "RINVDSTTON, wrong type of number",
    0x51: "RINVDSTNPI, wrong numbering plan",
    0x53: "RINVSYSTYP, unknown system_type",
    0x58: "RTHROTTLED, more than it allows in a second",
    0x61: "RINVSCHED, wrong delivery time",
    0x62: "RINVEXPIRY, wrong validity_period",
    0x64: "RX_T_APPN, refused for now by its application",
    0x65: "RX_P_APPN, refused for good by its application",
    0x66: "RX_R_APPN, refused by its application",
    0xC1: "ROPTPARNOTALLWD, an optional parameter is not allowed",
    0xC4: "RINVOPTPARAMVAL, wrong optional parameter",
    0xFE: "RDELIVERYFAILURE, not delivered",
    0xFF: "RUNKNOWNERR, unknown error",
}
_NOT_BOUND = frozenset({0x04, 0x05, 0x0D, 0x0E, 0x0F, 0x53})
_TRANSIENT = frozenset({0x08, QUEUE_FULL, THROTTLED, 0x64, 0xFF})


def in_words(status: int) -> str:
    """The standard's name and what it says; vendors have numbers of their own from 0x400 on."""
    return f"{status:#04x} {_NAMES.get(status, 'a status of its own')}"


def refusal(status: int, *, what: str) -> ChannelError:
    """The failure that a refusing answer to `what` is. What is not known to pass is taken to last."""
    reason, code = f"the message centre refused {what}: {in_words(status)}", f"{status:#04x}"
    if status in _NOT_BOUND:
        return ChannelDown(reason, code=code)
    if status in _TRANSIENT:
        return TransientFailure(reason, code=code)
    return PermanentFailure(reason, code=code)
