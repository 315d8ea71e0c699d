"""The message commands of an emulated GSM modem: format, storage, routing, sending.

Text mode is there because other programs use it; Bavn's own driver never does.
Source: 3GPP TS 27.005 3 (both modes) and 4 (PDU mode).
"""

from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form
from hardware.codecs.semioctets import split_pdu
from hardware.codecs.tpdu import decode_submit
from hardware.emulators import gsm_text
from hardware.emulators.gsm_commands import OK, Handler
from hardware.emulators.gsm_device import REC_READ, REC_UNREAD, SLOTS, STO_UNSENT, StorageFull, Stored
from hardware.emulators.gsm_sending import carry
from hardware.errors import CodecError

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

_RANGES = ((0, 1, 2), (0, 1, 2, 3), (0, 2), (0, 1, 2), (0, 1))  # of CNMI


async def message_format(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.TEST:
        modem.info("+CMGF: (0,1)")
    elif command.form is Form.READ:
        modem.info(f"+CMGF: {int(settings.text_mode)}")
    else:
        mode = command.number(0) if command.form is Form.SET else 0
        if mode not in {0, 1}:
            return modem.cms(302)
        settings.text_mode = mode == 1
    return OK


async def service(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.TEST:
        modem.info("+CSMS: (0,1)")
    elif command.form is Form.READ:
        modem.info(f"+CSMS: {settings.phase},1,1,1")
    elif command.number(0) in {0, 1}:
        settings.phase = command.number(0) or 0
        modem.info("+CSMS: 1,1,1")
    else:
        return modem.cms(302)
    return OK


async def parameters(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.READ:
        modem.info(f"+CSMP: {settings.smp}")
    elif command.form is Form.SET:
        settings.smp = command.arguments
    return OK


async def headers(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.READ:
        modem.info(f"+CSDH: {int(settings.show_headers)}")
    elif command.form is Form.SET:
        settings.show_headers = command.number(0) == 1
    return OK


async def storages(modem: "GsmEmulator", command: Command) -> str:
    device = modem.device
    if modem.sim_busy():
        return modem.cms(314)
    if command.form is Form.TEST:
        modem.info('+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")')
        return OK
    if command.form is Form.SET:
        names = [name.strip('"').upper() for name in command.fields]
        if not 1 <= len(names) <= 3 or any(name not in SLOTS for name in names) or "SR" in names[1:]:
            return modem.cms(302)
        device.settings.storages[: len(names)] = names
        modem.info("+CPMS: " + ",".join(map(str, device.usage())))
        return OK
    usage = device.usage()
    shown = (f'"{n}",{usage[2 * i]},{usage[2 * i + 1]}' for i, n in enumerate(device.settings.storages))
    modem.info("+CPMS: " + ",".join(shown))
    return OK


async def routing(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.TEST:
        modem.info("+CNMI: " + ",".join(f"({','.join(map(str, allowed))})" for allowed in _RANGES))
        return OK
    if command.form is Form.READ:
        modem.info("+CNMI: " + ",".join(map(str, settings.routing)))
        return OK
    values = [command.number(i) for i in range(len(command.fields))]
    if len(values) > len(_RANGES) or any(v not in _RANGES[i] for i, v in enumerate(values)):
        return modem.cms(302)
    if values[3:4] == [1] and modem.faults.strikes("cnmi-refused"):
        modem.struck("cnmi-refused")
        return modem.cms(303)
    settings.routing[: len(values)] = [v or 0 for v in values]
    modem.arrivals.restart()  # <bfr>=0 flushes what is held back; what a host that has gone left unanswered comes again
    modem.arrivals.route()
    return OK


async def acknowledge(modem: "GsmEmulator", command: Command) -> str:
    if modem.device.settings.phase == 0 or not modem.arrivals.acknowledged():
        return modem.cms(340)
    return OK


async def send(modem: "GsmEmulator", command: Command) -> str:
    """+CMGS: the header, the prompt, the payload, the network, the reference."""
    if (trouble := modem.cannot_send()) is not None:
        return trouble
    if command.form is not Form.SET:
        return OK if command.form is Form.TEST else modem.cms(304)
    if modem.faults.strikes("busy-515"):
        modem.struck("busy-515")
        return modem.cms(515)
    octets = await modem.payload()
    if octets is not None and modem.faults.strikes("pdu-lost"):  # its Ctrl-Z: the modem goes on waiting
        modem.struck("pdu-lost")
        octets = await modem.payload(prompt=b"")
    if octets is None:  # taken back with ESC
        return OK
    try:
        tpdu = _tpdu(modem, command, octets)
    except (CodecError, ValueError):
        return modem.cms(304)
    return await carry(modem, tpdu)


def _tpdu(modem: "GsmEmulator", command: Command, octets: bytes) -> bytes:
    """The TPDU of a payload. Raises CodecError or ValueError when it is none."""
    settings = modem.device.settings
    if settings.text_mode:
        return gsm_text.submit(command.word(0), octets, charset=settings.charset, smp=settings.smp)
    _, tpdu = split_pdu(bytes.fromhex(octets.decode("ascii").strip()))
    if len(tpdu) != command.number(0):
        raise CodecError(f"{len(tpdu)} octets, {command.arguments} announced")
    decode_submit(tpdu)
    return tpdu


async def write(modem: "GsmEmulator", command: Command) -> str:
    """+CMGW: into the second storage, to be sent by +CMSS."""
    octets = await modem.payload()
    if octets is None:
        return OK
    try:
        tpdu = _tpdu(modem, command, octets)
        index = modem.device.store(
            modem.device.settings.storages[1], Stored(b"\x00" + tpdu, len(tpdu), STO_UNSENT)
        )
    except (CodecError, ValueError):
        return modem.cms(304)
    except StorageFull:
        return modem.cms(322)
    modem.info(f"+CMGW: {index}")
    return OK


async def send_stored(modem: "GsmEmulator", command: Command) -> str:
    if (trouble := modem.cannot_send()) is not None:
        return trouble
    stored = modem.device.storage[modem.device.settings.storages[1]].get(command.number(0) or 0)
    if stored is None:
        return modem.cms(321)
    return await carry(modem, split_pdu(stored.pdu)[1], name="+CMSS")


async def listed(modem: "GsmEmulator", command: Command) -> str:
    if modem.sim_busy():
        return modem.cms(314)
    if command.form is Form.TEST:
        modem.info('+CMGL: ("REC UNREAD","REC READ","STO UNSENT","STO SENT","ALL")')
        return OK
    wanted = _wanted(modem, command)
    if wanted is None:
        return modem.cms(302)
    for index, stored in sorted(modem.device.reading().items()):
        if stored.status in wanted:
            _show(modem, "+CMGL", stored, index=index)
            stored.status = REC_READ if stored.status == REC_UNREAD else stored.status
    return OK


def _wanted(modem: "GsmEmulator", command: Command) -> set[int] | None:
    if modem.device.settings.text_mode:
        word = command.word(0) or "REC UNREAD"
        if word == "ALL":
            return {0, 1, 2, 3}
        return {gsm_text.STATUS_NAMES.index(word)} if word in gsm_text.STATUS_NAMES else None
    number = command.number(0) if command.form is Form.SET else 0
    return {0, 1, 2, 3} if number == 4 else {number} if number in {0, 1, 2, 3} else None


async def read(modem: "GsmEmulator", command: Command) -> str:
    if modem.sim_busy():
        return modem.cms(314)
    stored = modem.device.reading().get(command.number(0) or 0)
    if stored is None:
        return modem.cms(321)
    _show(modem, "+CMGR", stored)
    stored.status = REC_READ if stored.status == REC_UNREAD else stored.status
    return OK


def _show(modem: "GsmEmulator", name: str, stored: Stored, *, index: int | None = None) -> None:
    place = "" if index is None else f"{index},"
    if modem.device.settings.text_mode:
        head, body = gsm_text.shown(stored, charset=modem.device.settings.charset)
        modem.info(f"{name}: {place}{head}", follow=body)
    else:
        modem.info(f"{name}: {place}{stored.status},,{stored.tpdu_octets}", follow=stored.pdu.hex().upper())


async def delete(modem: "GsmEmulator", command: Command) -> str:
    slots = modem.device.reading()
    index, scope = command.number(0), command.number(1) or 0
    if command.form is Form.TEST:
        modem.info(f"+CMGD: ({','.join(map(str, sorted(slots)))}),(0-4)")
    elif scope == 0:
        if index is None or not 1 <= index <= SLOTS[modem.device.settings.storages[0]]:
            return modem.cms(321)
        slots.pop(index, None)
    else:
        doomed = {1: {1}, 2: {1, 3}, 3: {1, 2, 3}, 4: {0, 1, 2, 3}}.get(scope)
        if doomed is None:
            return modem.cms(302)
        for place in [i for i, stored in slots.items() if stored.status in doomed]:
            del slots[place]
    modem.arrivals.route()  # a slot is free: what the network keeps may come
    return OK


MESSAGE_HANDLERS: dict[str, Handler] = {
    "+CMGF": message_format,
    "+CSMS": service,
    "+CSMP": parameters,
    "+CSDH": headers,
    "+CPMS": storages,
    "+CNMI": routing,
    "+CNMA": acknowledge,
    "+CMGS": send,
    "+CMGW": write,
    "+CMSS": send_stored,
    "+CMGL": listed,
    "+CMGR": read,
    "+CMGD": delete,
}
