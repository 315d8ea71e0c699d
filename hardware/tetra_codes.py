"""What a refusal of a TETRA radio means for the caller. The numbers mean other things than those of a GSM modem.

Source: ETSI EN 300 392-5 (PEI), result codes of +CME ERROR; numbers above 100 are the makers' own.
"""

from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow, Refused

ALREADY_REGISTERED = 38  # this protocol identifier is ours already: as good as OK
SYNTAX, WRONG_TYPE = 35, 33
NO_SERVICE = 30
_DOWN = frozenset({1, 4, 5, 10})  # no radio behind the interface, no short data, PIN, no SIM
_NEVER = frozenset({25, 32, 33, 34, 44})  # the message itself: characters, its decoding, its parameters
# Layer 2 got no acknowledgement from the infrastructure: it may have the message all the same.
_UNPROVEN = frozenset({31})
# The radio lost its place in the dialogue: data without a command, a command without data.
_CONFUSED = frozenset({35, 36, 37})


def not_sent(refused: Refused, *, left: bool) -> HardwareError:
    """The error to raise for a refused message; `left`: the message had been handed over when it came."""
    code, raw = refused.code, refused.raw
    if left and code in _UNPROVEN:
        return MaybeSent(f"the network did not acknowledge it ({raw})", code=code, raw=raw)
    if code in _NEVER:
        return NeverToThis(f"the radio refuses this message ({raw})", code=code, raw=raw)
    if code in _DOWN:
        return ModemDown(f"the radio cannot send ({raw})", code=code, raw=raw)
    return NotNow(f"not now ({raw})", code=code, raw=raw)


def is_confused(refused: Refused) -> bool:
    """Whether the radio took something for another thing than it was: say AT until it is clean."""
    return refused.code in _CONFUSED


def wants_other_form(refused: Refused) -> bool:
    """Whether a longer or shorter list of parameters may do: makers and years differ."""
    return refused.code in {None, SYNTAX, WRONG_TYPE}
