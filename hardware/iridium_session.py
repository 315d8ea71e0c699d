"""The SBD commands, one function each: what they answer is read strictly, and asked again where that costs nothing.

Nothing here decides when to send. Source: public ISU AT command references of the 9602.
"""

import re
import secrets
from collections.abc import Callable

from hardware.at.dte import Answered, Ask, Request
from hardware.chat import Chat
from hardware.errors import HardwareError, NeverToThis, NoAnswer, Refused
from hardware.iridium_status import Buffers, Result, buffers_of, result_of
from hardware.iridium_timing import IridiumTiming

MO_MOST, MT_MOST = 340, 340  # octets; 9602 and 9603 receive 270
_TRIES = 3


class Garbled(NoAnswer):
    """An answer that cannot be read: octets were lost or changed."""


class NotCleared(HardwareError):
    """The modem did not confirm that its buffer is empty: no session may run, it would send what is in there."""


class NotTaken(HardwareError):
    """The modem did not take the message into its buffer."""


def checked_payload(payload: bytes) -> bytes:
    """Raises NeverToThis for what no SBD message can hold."""
    if not 1 <= len(payload) <= MO_MOST:
        raise NeverToThis(f"an SBD message has 1 to {MO_MOST} octets, not {len(payload)}")
    return payload


def checksum(payload: bytes) -> bytes:
    """The sum of the octets modulo 65536, high octet first; the length is not part of it."""
    return (sum(payload) % 65_536).to_bytes(2, "big")


def loop_octets() -> bytes:
    """Every octet once, from a random one on in random steps: what goes round within the modem for a test."""
    start, step = secrets.randbelow(256), 2 * secrets.randbelow(128) + 1
    return bytes((start + step * number) % 256 for number in range(256))


def is_loop(payload: bytes) -> bool:
    """Whether these are `loop_octets`, of this process or of one that was killed over them."""
    if len(payload) != 256:
        return False
    start, step = payload[0], payload[1] - payload[0]
    return step % 2 == 1 and payload == bytes((start + step * number) % 256 for number in range(256))


def digit_of(answered: Answered) -> str:
    """The result code among the bare lines. Raises Garbled unless there is exactly one."""
    codes = [line.text for line in answered.lines if re.fullmatch(r"[0-9]", line.text)]
    if len(codes) != 1:
        raise Garbled(f"{len(codes)} result codes instead of one")
    return codes[0]


async def clear(chat: Chat, buffer: int) -> None:
    """Clears the MO buffer (0), the MT buffer (1) or both (2). Raises NotCleared unless the modem confirms it."""
    said = ""
    for _ in range(_TRIES):
        try:
            said = digit_of(await chat.command(Request(f"AT+SBDD{buffer}", bare=True)))
        except (Garbled, Refused) as error:
            said = error.reason
        if said == "0":
            return
    raise NotCleared(f"AT+SBDD{buffer} answers {said!r}: the buffer may still hold a message")


async def buffers(chat: Chat) -> Buffers:
    """+SBDSX. Raises Garbled."""
    for _ in range(_TRIES):
        lines = (await chat.command("AT+SBDSX")).lines
        if len(lines) == 1 and (now := buffers_of(lines[0])) is not None:
            return now
    raise Garbled("AT+SBDSX: its six numbers cannot be read")


async def load(chat: Chat, payload: bytes, *, write_s: float) -> None:
    """Writes the message into the MO buffer. Raises NotTaken; nothing is sent by it."""
    request = Request(
        f"AT+SBDWB={len(payload)}", payload=payload + checksum(payload), ask=Ask.READY, bare=True
    )
    said = ""
    for _ in range(_TRIES):
        try:
            said = digit_of(await chat.command(request, sent_s=write_s))
        except (Garbled, Refused) as error:
            said = error.reason
        if said == "0":
            return
        await clear(chat, 0)
    raise NotTaken(f"AT+SBDWB={len(payload)} answers {said!r}")


async def session(chat: Chat, *, answering: bool, limit_s: float, before: Callable[[], None]) -> Result:
    """Runs a session, which sends what the MO buffer holds. `before` is called right before its first octet leaves.

    Raises Refused, NoAnswer (Garbled too) and PortLost, after which nobody knows what it did.
    """
    # SBDIXA answers with the prefix of SBDIX.
    request = Request(f"AT+SBDIX{'A' * answering}", ask=Ask.AT_ONCE, prefix="+SBDIX")
    lines = (await chat.command(request, timeout_s=limit_s, before=before)).lines
    results = [result for line in lines if (result := result_of(line)) is not None]
    if len(results) != 1:
        raise Garbled("AT+SBDIX: its six numbers cannot be read")
    return results[0]


async def read(chat: Chat) -> bytes:
    """The message in the MT buffer, its sum verified; it stays there. Raises Garbled."""
    why = ""
    for _ in range(_TRIES):
        try:
            block = (await chat.command(Request("AT+SBDRB", block=MT_MOST))).block
        except NoAnswer as error:
            why = error.reason
            continue
        payload = None if block is None else payload_of(block)
        if payload is not None:
            return payload
        why = "the sum is wrong"
    raise Garbled(f"AT+SBDRB: {why}")


def payload_of(block: bytes) -> bytes | None:
    """The octets between length and sum; None when they do not agree."""
    length, payload, total = int.from_bytes(block[:2], "big"), block[2:-2], block[-2:]
    return payload if len(payload) == length and total == checksum(payload) else None


async def bars(chat: Chat, timing: IridiumTiming, *, measure: bool) -> int | None:
    """0 to 5, measured now (which can take most of a minute) or as known last; None when the modem does not say."""
    name, limit_s = ("+CSQ", timing.signal_s) if measure else ("+CSQF", timing.answer_s)
    try:
        lines = (await chat.command(f"AT{name}", timeout_s=limit_s)).lines
    except Refused:
        return None
    number = lines[-1].number(0) if lines else None
    return number if number is not None and 0 <= number <= 5 else None


async def traffic_hold_s(chat: Chat) -> float | None:
    """How long a period of traffic management lasts yet, as +SBDLOE tells; None when the modem does not know it."""
    try:
        lines = (await chat.command("AT+SBDLOE?")).lines
    except HardwareError:
        return None
    number = lines[-1].number(1) if lines else None
    return float(number) if number is not None and 0 < number <= 86_400 else None
