"""A message on its way from the emulated modem into the network, and what may go wrong with it."""

from typing import TYPE_CHECKING

from hardware.codecs.tpdu import decode_submit

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

_LATE_S = 65.0  # beyond the 60 s that drivers wait


async def carry(modem: "GsmEmulator", tpdu: bytes, *, name: str = "+CMGS") -> str | None:
    """Sends a TPDU that is known to be a SUBMIT; returns the final code, after the reference when it went well.

    None: both come later, and the modem hears other commands meanwhile.
    """
    network, faults = modem.network, modem.faults
    if faults.strikes("deaf"):
        modem.struck("deaf")
        network.deaf = True
    await modem.sleep(network.latency_s)
    if not modem.hears():
        return modem.cms(38 if network.deaf else 331)
    message = decode_submit(tpdu)
    if (code := network.refusals.get(message.destination)) is not None:
        return modem.cms(code)
    concat = message.content.concat
    if concat is not None and concat.number > 1 and faults.strikes("part-fails"):
        modem.struck("part-fails")
        return modem.cms(42)  # congestion: the network's own word that it did not take it
    reference = network.submit(tpdu)
    if faults.strikes("sent-but-failed"):
        modem.struck("sent-but-failed")
        return modem.cms(500)
    if late := faults.strikes("late-cmgs"):
        modem.struck("late-cmgs")
        seconds = late.number("seconds", _LATE_S)
        if late.switch("lively"):
            starts = modem.starts
            modem.later(seconds, lambda: _tell_late(modem, f"{name}: {reference}", starts=starts))
            return None
        await modem.sleep(seconds)
    modem.info(f"{name}: {reference}")
    return "OK"


def _tell_late(modem: "GsmEmulator", answer: str, *, starts: int) -> None:
    """The whole answer, in whatever the host asks by then; a restart in between has forgotten it."""
    if modem.starts == starts:
        modem.unasked(answer)
        modem.unasked("OK")
