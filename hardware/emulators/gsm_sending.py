"""A message on its way from the emulated modem into the network, and what may go wrong with it."""

from typing import TYPE_CHECKING

from hardware.codecs.tpdu import decode_submit

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

_LATE_S = 65.0  # beyond the 60 s that drivers wait


async def carry(modem: "GsmEmulator", tpdu: bytes, *, name: str = "+CMGS") -> str:
    """Sends a TPDU that is known to be a SUBMIT; returns the final code, after the reference when it went well."""
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
        await modem.sleep(late.number("seconds", _LATE_S))
    modem.info(f"{name}: {reference}")
    return "OK"
