"""Text mode of the emulated GSM modem: what other programs write and read (27.005 3)."""

import re

import pytest

from hardware.codecs.tpdu import Deliver
from hardware.codecs.userdata import UserData
from tests.gsm_host import Host, host

STAMP = rb'"[0-9]{2}/[0-9]{2}/[0-9]{2},[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}"'
TO = "+4500000001"


async def text_mode(there: Host, charset: str, *others: str) -> None:
    for command in ("+CMGF=1", f'+CSCS="{charset}"', *others):
        assert await there.ask(f"AT{command}") == [b"OK"]


@pytest.mark.parametrize(
    ("charset", "octets", "text"),
    [
        ("GSM", b"R\x0cd gr\x0cd \x00 $ \x02", "Rød grød @ ¤ $"),
        ("GSM", b"\x00 \x0f\x1d\x0e", "@ åæÅ"),
        ("IRA", b"Hej @ $ _", "Hej @ $ _"),
        ("8859-1", b"R\xf8d @ \xe5", "Rød @ å"),
        ("PCCP437", b"\x86 \x91", "å æ"),
        ("UCS2", b"005200F80064002020AC", "Rød €"),
        ("HEX", b"520C641B65", "Rød€"),
    ],
)
async def test_a_text_is_sent_as_its_character_set_has_it(charset: str, octets: bytes, text: str) -> None:
    async with host() as there:
        await text_mode(there, charset)
        assert await there.ask(f'AT+CMGS="{TO}"', payload=octets) == [b"+CMGS: 0", b"OK"]
        assert [(line["to"], line["text"]) for line in there.bench.sent()] == [(TO, text)]


@pytest.mark.parametrize(
    ("charset", "octets"),
    [("IRA", b"R\xf8d"), ("8859-1", b"\xea"), ("UCS2", b"00C"), ("HEX", b"x"), ("GSM", b"\x80")],
)  # fmt: skip
async def test_what_the_set_or_the_alphabet_lacks_is_refused(charset: str, octets: bytes) -> None:
    async with host() as there:
        await text_mode(there, charset)
        assert await there.ask(f'AT+CMGS="{TO}"', payload=octets) == [b"+CMS ERROR: 305"]
        assert there.bench.sent() == []


@pytest.mark.parametrize(
    ("charset", "shown"),
    [
        ("GSM", b"R\x0cd \x00\x1be"),
        ("IRA", b"R?d @?"),
        ("8859-1", b"R\xf8d @?"),
        ("UCS2", b"005200F800640020004020AC"),
        ("HEX", b"520C6420001B65"),
    ],
)
async def test_a_text_is_read_as_its_character_set_has_it(charset: str, shown: bytes) -> None:
    async with host() as there:
        await text_mode(there, charset)
        there.modem.network.receive("+4500000002", "Rød @€")
        head, body, _ = await there.ask("AT+CMGR=1")
        assert body == shown
        if charset != "UCS2":
            assert re.fullmatch(rb'\+CMGR: "REC UNREAD","\+4500000002",,' + STAMP, head)


@pytest.mark.parametrize("charset", ["IRA", "GSM", "8859-1", "UCS2", "HEX"])
async def test_ucs2_is_hexadecimal_in_every_set(charset: str) -> None:
    async with host() as there:
        await text_mode(there, charset)
        there.modem.network.receive("+4500000002", "Evakuér 🚨")
        assert (await there.ask("AT+CMGR=1"))[1] == b"004500760061006B007500E900720020D83DDEA8"


async def test_a_part_is_shown_in_hexadecimal_with_its_header() -> None:
    async with host() as there:
        await text_mode(there, "IRA", "+CMGF=1")
        there.modem.network.receive("+4500000002", "a" * 161)
        body = (await there.ask("AT+CMGR=2"))[1]
        assert re.fullmatch(rb"050003[0-9A-F]{2}0202[0-9A-F]+", body)


@pytest.mark.parametrize(
    ("smp", "data", "dcs", "content"),
    [
        ("17,167,0,8", b"00C6D83DDEA8", 8, ("Æ🚨", None)),
        ("17,167,0,4", b"00FF1A", 4, ("", "00ff1a")),
        ("17,167,0,24", b"00C6", 24, ("Æ", None)),
    ],
)
async def test_the_data_coding_scheme_says_what_is_sent(
    smp: str, data: bytes, dcs: int, content: tuple[str, str | None]
) -> None:
    async with host() as there:
        await text_mode(there, "IRA", f"+CSMP={smp}")
        assert (await there.ask(f'AT+CMGS="{TO}"', payload=data))[-1] == b"OK"
        (line,) = there.bench.sent()
        assert (line["text"], line.get("data")) == content
        assert bytes.fromhex(line["raw"])[10] == dcs


async def test_a_header_of_the_host_makes_parts() -> None:
    async with host() as there:
        await text_mode(there, "IRA", "+CSMP=81,167,0,8")
        await there.ask(f'AT+CMGS="{TO}"', payload=b"050003A5020100C6")
        (line,) = there.bench.sent()
        assert (line["text"], line["part"]) == ("Æ", [0xA5, 2, 1])


@pytest.mark.parametrize(
    ("smp", "said"),
    [
        ("49,11,0,0", b"49,11,0,0"),
        (",,,8", b"17,167,0,8"),
        ("17", b"17,167,0,0"),
        ('25,"26/11/23,14:20:30+04"', b'25,"26/11/23,14:20:30+04",0,0'),
    ],
)
async def test_parameters_that_are_left_out_stay(smp: str, said: bytes) -> None:
    async with host() as there:
        assert await there.ask(f"AT+CSMP={smp};+CSMP?") == [b"+CSMP: " + said, b"OK"]


@pytest.mark.parametrize(
    "smp", ["256", "x", "16", "17,400", "17,167,0,0,0", '25,"26/13/23,14:20:30+04"', "9,1"]
)
async def test_parameters_that_make_no_message_are_refused(smp: str) -> None:
    async with host() as there:
        assert await there.ask(f"AT+CSMP={smp}") == [b"+CMS ERROR: 305"]
        assert await there.ask("AT+CSMP?") == [b"+CSMP: 17,167,0,0", b"OK"]


async def test_the_validity_and_the_report_are_those_of_the_parameters() -> None:
    async with host() as there:
        await text_mode(there, "IRA", "+CSMP=49,11,0,0")
        await there.ask(f'AT+CMGS="{TO}"', payload=b"Hej")
        (line,) = there.bench.sent()
        assert (line["validity_s"], line["report_requested"]) == (3600, True)


@pytest.mark.parametrize(
    ("address", "to", "kind"),
    [
        ('"4500000001",145', "+4500000001", 0x91),
        ('"+4500000001"', "+4500000001", 0x91),
        ('"+4500000001",145', "+4500000001", 0x91),
        ('"00000001"', "00000001", 0x81),
        ('"00000001",129', "00000001", 0x81),
        ('"00000001",161', "00000001", 0xA1),
    ],
)
async def test_the_type_of_address_is_the_hosts(address: str, to: str, kind: int) -> None:
    async with host() as there:
        await text_mode(there, "IRA")
        await there.ask(f"AT+CMGS={address}", payload=b"Hej")
        (line,) = there.bench.sent()
        assert (line["to"], bytes.fromhex(line["raw"])[3]) == (to, kind)


@pytest.mark.parametrize("address", ['"abc"', "", '""x', '"1",208', '"1",7', '"123456789012345678901"'])
async def test_a_number_that_is_none_gets_no_prompt(address: str) -> None:
    async with host() as there:
        await text_mode(there, "IRA")
        answered = await there.ask(f"AT+CMGS={address}") if address else [b"+CMS ERROR: 305"]
        assert answered == [b"+CMS ERROR: 305"]


async def test_headers_are_shown_when_they_are_asked_for() -> None:
    async with host() as there:
        await text_mode(there, "IRA", "+CSDH=1")
        there.modem.network.receive("+4500000002", "Hej")
        tail = rb',145,4,0,0,"\+4540390999",145,3'
        head, body, _ = await there.ask("AT+CMGR=1")
        assert re.fullmatch(rb'\+CMGR: "REC UNREAD","\+4500000002",,' + STAMP + tail, head)
        listed, body, _ = await there.ask('AT+CMGL="ALL"')
        assert re.fullmatch(rb'\+CMGL: 1,"REC READ","\+4500000002",,' + STAMP + rb",145,3", listed)
        assert body == b"Hej"


async def test_a_written_message_is_shown_with_its_validity() -> None:
    async with host() as there:
        await text_mode(there, "IRA", "+CSDH=1", "+CSMP=17,11,0,8")
        assert await there.ask(f'AT+CMGW="{TO}"', payload=b"00C6") == [b"+CMGW: 1", b"OK"]
        assert await there.ask("AT+CMGR=1") == [
            b'+CMGR: "STO UNSENT","+4500000001",,145,17,0,8,11,"+4540390999",145,2',
            b"00C6",
            b"OK",
        ]
        assert (await there.ask('AT+CMGL="STO UNSENT"'))[0] == b'+CMGL: 1,"STO UNSENT","+4500000001",,,145,2'


async def test_what_is_shown_at_once_has_the_form_of_text_mode() -> None:
    async with host() as there:
        await text_mode(there, "IRA", "+CNMI=2,2,0,1,0")
        there.modem.network.receive("+4500000002", "Hej")
        head, body = await there.told(lines=2)
        assert re.fullmatch(rb'\+CMT: "\+4500000002",,' + STAMP, head)
        assert body == b"Hej"
        await there.ask("AT+CSDH=1")
        there.modem.network.receive("+4500000002", "Hej")
        head, _ = await there.told(lines=2)
        assert re.fullmatch(rb'\+CMT: "\+4500000002",,' + STAMP + rb',145,4,0,0,"\+4540390999",145,3', head)


REPORT = rb'6,0,"\+4500000001",145,' + STAMP + b"," + STAMP + b",0"


async def test_a_report_at_once_has_the_form_of_text_mode() -> None:
    async with host() as there:
        await text_mode(there, "IRA", "+CNMI=2,1,0,1,0", "+CSMP=49,167,0,0")
        await there.ask(f'AT+CMGS="{TO}"', payload=b"Hej")
        assert re.fullmatch(rb"\+CDS: " + REPORT, (await there.told())[0])


async def test_a_stored_report_is_one_line() -> None:
    async with host() as there:
        await text_mode(there, "IRA", "+CNMI=2,1,0,2,0", "+CSMP=49,167,0,0")
        await there.ask(f'AT+CMGS="{TO}"', payload=b"Hej")
        assert await there.told() == [b'+CDSI: "SR",1']
        await there.ask('AT+CPMS="SR"')
        read, final = await there.ask("AT+CMGR=1")
        assert re.fullmatch(rb'\+CMGR: "REC UNREAD",' + REPORT, read)
        listed, final = await there.ask('AT+CMGL="ALL"')
        assert re.fullmatch(rb'\+CMGL: 1,"REC READ",' + REPORT, listed)
        assert final == b"OK"


async def test_what_was_sent_from_the_storage_counts_as_sent() -> None:
    async with host() as there:
        await text_mode(there, "IRA")
        await there.ask(f'AT+CMGW="{TO}"', payload=b"Hej")
        assert await there.ask("AT+CMSS=1") == [b"+CMSS: 0", b"OK"]
        assert (await there.ask("AT+CMGR=1"))[0] == b'+CMGR: "STO SENT","+4500000001",'
        await there.ask('AT+CMSS=1,"4500000003",145')
        assert [line["to"] for line in there.bench.sent()] == [TO, "+4500000003"]


async def test_a_message_for_the_terminal_is_shown_and_others_stored() -> None:
    async with host() as there:
        await there.ask("AT+CNMI=2,3,0,0,0")
        there.modem.network.receive("+4500000002", "Hej")
        assert await there.told() == [b'+CMTI: "SM",1']
        now = there.modem.network.now().replace(microsecond=0)
        for dcs in (0x13, 0xF3):
            tpdu = Deliver(sender="+4500000002", content=UserData(dcs, "Hej"), at=now).encode()
            there.modem.network._bring(tpdu, is_report=False)
            assert (await there.told(lines=2))[0].startswith(b"+CMT: ,")


async def test_a_long_text_is_refused() -> None:
    async with host() as there:
        await text_mode(there, "IRA")
        assert await there.ask(f'AT+CMGS="{TO}"', payload=b"a" * 161) == [b"+CMS ERROR: 305"]
