"""What the broker's reason codes mean to an attempt. Pure. Source: MQTT 5.0 2.4, 3.2.2.2, 3.4.2.1 and 3.14.2.1."""

from channels.base import ChannelError, PermanentFailure, TransientFailure

NO_SUBSCRIBER = 0x10
TAKEN_OVER = 0x8E
RETAINS_NOTHING = 0x9A
REFUSED = 0x80  # and above

# Not the broker's: what became of a message that it did not answer.
LOST = -1  # all of it left, and the connection ended
KEPT = -2  # not all of it left, and no more will
SILENT = -3  # all of it left, and no answer came in time

# This topic or this content will never do; every other refusal may end.
_FOR_GOOD = {
    0x87: "we are not allowed to publish there",
    0x90: "the broker takes no such topic",
    0x95: "it is too large for the broker",
    0x99: "the broker takes no such payload",
}
_FOR_NOW = {
    0x80: "the broker gives no reason",
    0x83: "the broker has a reason of its own",
    0x91: "the packet identifier is in use",
    0x97: "a quota is used up",
}
# Why we were not let in, or were sent away.
_PARTED = {
    0x80: "it gives no reason",
    0x81: "it could not read what we sent",
    0x82: "it calls what we sent a breach of the protocol",
    0x84: "it does not speak MQTT 5",
    0x85: "it does not take our client_id",
    0x86: "username or password is wrong",
    0x87: "we are not allowed in",
    0x88: "it is not available",
    0x89: "it is busy",
    0x8A: "we are banned",
    0x8B: "it is shutting down",
    0x8C: "it wants another way to log in",
    0x8D: "it did not hear from us in time",
    TAKEN_OVER: "another client came with our client_id: is this gateway running twice?",
    0x93: "we had more in flight than it allows",
    0x95: "a packet was too large for it",
    0x96: "we sent too fast for it",
    0x97: "a quota is used up",
    0x98: "its administrator sent us away",
    RETAINS_NOTHING: "it keeps nothing retained: set availability = false",
    0x9B: "it does not take QoS 1",
    0x9C: "another broker should be used",
    0x9D: "it has moved to another server",
    0x9F: "we come too often for it",
}


def refusal(code: int, topic: str, *, no_subscriber: str) -> ChannelError | None:
    """What a PUBACK raises; None when the broker took the message.

    0x10 says that it took it and that nobody subscribes: without a subscription it throws the message away, so that
    nothing has left, unless something in the broker itself reads along (`no_subscriber = "accept"`).
    """
    said = f"0x{code:02X}"
    if code == NO_SUBSCRIBER and no_subscriber == "refuse":
        return TransientFailure(f"nobody subscribes to {topic}", code=said)
    if code < REFUSED:
        return None
    if code in _FOR_GOOD:
        return PermanentFailure(f"the broker refused {topic}: {_FOR_GOOD[code]}", code=said)
    return TransientFailure(f"the broker refused {topic}: {_FOR_NOW.get(code, 'for now')}", code=said)


def detail(code: int) -> str:
    return "PUBACK 0x10: nobody subscribes" if code == NO_SUBSCRIBER else "PUBACK"


def parting(code: int) -> str:
    """Why a CONNACK or a DISCONNECT came, in plain words."""
    return f"{_PARTED.get(code, 'it sent us away')} (0x{code:02X})"
