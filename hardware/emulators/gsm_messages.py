"""The message commands of an emulated GSM modem: format, storage, routing, sending.

Text mode is there because other programs use it; Bavn's own driver never does.
Source: 3GPP TS 27.005 3 (both modes) and 4 (PDU mode).
"""

from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form
from hardware.codecs.semioctets import split_pdu
from hardware.codecs.tpdu import LONGEST, decode_received, decode_submit
from hardware.emulators import gsm_submit, gsm_text
from hardware.emulators.gsm_commands import OK
from hardware.emulators.gsm_device import (
    REC_READ,
    REC_UNREAD,
    SLOTS,
    STO_SENT,
    STO_UNSENT,
    StorageFull,
    Stored,
)
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
        modem.info(f"+CSMP: {settings.parameters}")
    elif command.form is Form.SET:
        try:
            settings.parameters = settings.parameters.changed(command)
        except CodecError:
            return modem.cms(305)
    return OK


async def headers(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.TEST:
        modem.info("+CSDH: (0,1)")
    elif command.form is Form.READ:
        modem.info(f"+CSDH: {int(settings.show_headers)}")
    else:
        shown = command.number(0) if command.form is Form.SET else 0
        if shown not in {0, 1}:
            return modem.cms(305)
        settings.show_headers = shown == 1
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
    values = [
        command.number(i) if field else settings.routing[i] for i, field in enumerate(command.fields[:5])
    ]
    if len(command.fields) > len(_RANGES) or any(v not in _RANGES[i] for i, v in enumerate(values)):
        return modem.cms(302)
    if values[3:4] == [1] and modem.faults.strikes("cnmi-refused"):
        modem.struck("cnmi-refused")
        return modem.cms(303)
    if command.form is Form.SET:
        settings.routing[: len(values)] = [v or 0 for v in values]
    else:  # without values: those of the start (V.250 5.4.3.1)
        settings.routing = [0, 0, 0, 0, 0]
    modem.arrivals.restart()  # <bfr>=0 flushes what is held back; what a host that has gone left unanswered comes again
    modem.arrivals.route()
    return OK


async def acknowledge(modem: "GsmEmulator", command: Command) -> str:
    if modem.device.settings.phase == 0 or not modem.arrivals.acknowledged():
        return modem.cms(340)
    return OK


async def send(modem: "GsmEmulator", command: Command) -> str | None:
    """+CMGS: the header, the prompt, the payload, the network, the reference."""
    if (trouble := modem.cannot_send()) is not None:
        return trouble
    if modem.faults.strikes("busy-515"):
        modem.struck("busy-515")
        return modem.cms(515)
    try:
        header = _header(modem, command)
        octets = await _payload(modem)
        if octets is not None and modem.faults.strikes("pdu-lost"):  # its Ctrl-Z: the modem goes on waiting
            modem.struck("pdu-lost")
            octets = await modem.payload(prompt=b"")
        if octets is None:  # taken back with ESC
            return OK
        pdu = _pdu(modem, header, octets=octets)
        decode_submit(split_pdu(pdu)[1])
    except (CodecError, ValueError):
        return modem.cms(_wrong(modem))
    return await carry(modem, split_pdu(pdu)[1])


def _wrong(modem: "GsmEmulator") -> int:
    """The code for what is no message: invalid PDU mode or text mode parameter."""
    return 305 if modem.device.settings.text_mode else 304


def _header(modem: "GsmEmulator", command: Command) -> int | bytes:
    """The length that a PDU will have, or in text mode the address. Raises CodecError for neither."""
    settings, number = modem.device.settings, command.number(0)
    if settings.text_mode:
        return gsm_submit.address_of(command.word(0), command.number(1), charset=settings.charset)
    if number is None or not 1 <= number <= LONGEST:
        raise CodecError(f"{command.arguments!r} is no length of a TPDU")
    return number


async def _payload(modem: "GsmEmulator") -> bytes | None:
    settings = modem.device.settings
    if settings.text_mode:  # 08 is a sign of the GSM alphabet
        return await modem.typed(erasers=b"" if settings.charset == "GSM" else b"\x08\x7f")
    return await modem.payload()


def _pdu(modem: "GsmEmulator", header: int | bytes, *, octets: bytes) -> bytes:
    """The PDU of a payload, with the service centre that it names. Raises CodecError or ValueError when it is none."""
    settings = modem.device.settings
    if isinstance(header, bytes):
        kept = settings.parameters
        return b"\x00" + gsm_submit.submit(header, octets, charset=settings.charset, parameters=kept)
    pdu = bytes.fromhex(octets.decode("ascii").strip())
    _, tpdu = split_pdu(pdu)
    if len(tpdu) != header:
        raise CodecError(f"{len(tpdu)} octets, {header} announced")
    return pdu


async def write(modem: "GsmEmulator", command: Command) -> str:
    """+CMGW: into the second storage, to be sent by +CMSS."""
    try:
        status = _status(modem, command)
        header = _header(modem, command)
        octets = await _payload(modem)
        if octets is None:
            return OK
        pdu = _pdu(modem, header, octets=octets)
        _, tpdu = split_pdu(pdu)
        _ = decode_submit(tpdu) if status >= STO_UNSENT else decode_received(tpdu)
        index = modem.device.store(modem.device.settings.storages[1], Stored(pdu, len(tpdu), status))
    except (CodecError, ValueError):
        return modem.cms(_wrong(modem))
    except StorageFull:
        return modem.cms(322)
    modem.info(f"+CMGW: {index}")
    return OK


def _status(modem: "GsmEmulator", command: Command) -> int:
    """The state that a message is written with. Raises ValueError; in text mode only what is to be sent is written."""
    text_mode, fields = modem.device.settings.text_mode, command.fields
    given = command.word(2) if text_mode else fields[1] if len(fields) > 1 else ""
    if not given:
        return STO_UNSENT
    known = gsm_text.STATUS_NAMES[2:] if text_mode else ("0", "1", "2", "3")
    return known.index(given.upper()) + (2 if text_mode else 0)


async def send_stored(modem: "GsmEmulator", command: Command) -> str | None:
    """+CMSS: as it was written, or to somebody else."""
    if (trouble := modem.cannot_send()) is not None:
        return trouble
    settings = modem.device.settings
    stored = modem.device.storage[settings.storages[1]].get(command.number(0) or 0)
    if stored is None:
        return modem.cms(321)
    tpdu = split_pdu(stored.pdu)[1]
    try:
        if len(command.fields) > 1:
            to = gsm_submit.address_of(command.word(1), command.number(2), charset=settings.charset)
            tpdu = gsm_submit.redirected(tpdu, to)
        decode_submit(tpdu)
    except CodecError:
        return modem.cms(_wrong(modem))
    final = await carry(modem, tpdu, name="+CMSS")
    if final in {OK, None}:
        stored.status = STO_SENT
    return final


async def listed(modem: "GsmEmulator", command: Command) -> str:
    if modem.sim_busy():
        return modem.cms(314)
    if command.form is Form.TEST:
        words = '"REC UNREAD","REC READ","STO UNSENT","STO SENT","ALL"'
        modem.info(f"+CMGL: ({words if modem.device.settings.text_mode else '0-4'})")
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
        word = command.word(0).upper() or "REC UNREAD"
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
        head, body = gsm_text.stored(stored, modem.reading(), in_list=index is not None)
        modem.info(f"{name}: {place}".encode() + head, follow=body)
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
