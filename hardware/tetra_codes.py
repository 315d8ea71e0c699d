"""What a refusal of a TETRA radio means for the caller. The numbers mean other things than those of a GSM modem.

Source: ETSI EN 300 392-5 (PEI), result codes of +CME ERROR; numbers above 100 are the makers' own.
"""

from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow, Refused

ALREADY_REGISTERED = 38  # this protocol identifier is ours already: as good as OK
SYNTAX, WRONG_TYPE = 35, 33
NO_SERVICE = 30
_DOWN = frozenset({1, 4, 5, 10})  # no radio behind the interface, no short data, PIN, no SIM
_NEVER = frozenset({25, 32, 33, 34, 44})  # the message itself: characters, its decoding, its parameters
# These say for certain that a message that was handed over was not sent. Not among them: 31 (layer 2 got no
# acknowledgement: the infrastructure may have it all the same), the makers' own numbers and a plain ERROR (ADR 0008).
_PROOF = frozenset({0, 1, 3, 4, 5, 10, 20, 21, 22, 23, 25, 30, 32, 33, 34, 35, 36, 37, 40, 44, 50})
# The radio lost its place in the dialogue: data without a command, a command without data.
_CONFUSED = frozenset({35, 36, 37})


def not_sent(refused: Refused, *, left: bool) -> HardwareError:
    """The error to raise for a refused message; `left`: the message had been handed over when it came."""
    code, raw = refused.code, refused.raw
    if left and code not in _PROOF:
        return MaybeSent(
            f"it left, and the radio does not say that it was refused ({raw})", code=code, raw=raw
        )
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
