"""Messages from phones: what they say, who sent them, and that none is lost or counted twice."""

import asyncio
from dataclasses import replace

import pytest

from channels.base import Inbound, State
from channels.signs import joined
from channels.smpp_config import SmppConfig
from channels.smpp_pdu import Deliver, End, Tag
from channels.smpp_received import inbound, number
from tests.smsc import SENDER, Smsc, smpp_table, told, turns
from tests.smsc_script import DELIVER, ScriptedSmsc, pdu

CONFIG = SmppConfig.model_validate(smpp_table(2775))
ANSWER = Deliver(
    source=End(1, 1, "4500000001"),
    destination=End(1, 1, SENDER[1:]),
    esm_class=0,
    data_coding=0,
    octets=b"1 #K7",
    options={},
)
SAR = {Tag.SAR_MSG_REF_NUM: b"\x01\x02", Tag.SAR_TOTAL_SEGMENTS: b"\2", Tag.SAR_SEGMENT_SEQNUM: b"\1"}


def deliver_sm(text: bytes = b"1 #K7") -> bytes:
    """The body of a deliver_sm."""
    return b"\0\1\0014500000001\0\1\0014500000099\0" + bytes(9) + bytes([len(text)]) + text


@pytest.mark.parametrize(
    ("octets", "data_coding", "text"),
    [
        (b"P\x0f vej 20, \x02\x02", 0, "På vej 20, $$"),
        ("På vej".encode("latin-1"), 0, "På vej"),  # no septet has bit 8
        (b"JA", 1, "JA"),
        ("Rødgrød".encode("latin-1"), 1, "Rødgrød"),
        ("Rødgrød".encode("latin-1"), 3, "Rødgrød"),
        ("На путь".encode("iso8859-5"), 6, "На путь"),
        ("Kommer 🚑".encode("utf-16-be"), 8, "Kommer 🚑"),
        ("\ufeffJA".encode("utf-16-be"), 8, "JA"),
        ("\ufeffHJÆLP".encode("utf-16-le"), 8, "HJÆLP"),
        ("BRUG FOR HJÆLP".encode("utf-16-le"), 8, "BRUG FOR HJÆLP"),  # the wrong way round, without a word
        ("一".encode("utf-16-be"), 8, "一"),
        ("BRUG FOR HJÆLP".encode(), 0, "BRUG FOR HJÆLP"),
        ("BRUG FOR HJÆLP".encode(), 1, "BRUG FOR HJÆLP"),
        ("BRUG FOR HJÆLP".encode("latin-1"), 0, "BRUG FOR HJÆLP"),
        ("JA".encode("utf-16-be"), 0x18, "JA"),  # the GSM network's own coding, with a class
        (b"\x1be", 0xF0, "€"),
        (b"JA", 0x10, "JA"),
        (b"\x01\x02", 4, ""),
        (b"\x01\x02", 2, ""),
        (b"\x01\x02", 0xF5, ""),
        (b"\x00J\xd8", 8, "J\ufffd"),
        (b"", 0, ""),
    ],
)
def test_a_text_is_read_by_its_data_coding(octets: bytes, data_coding: int, text: str) -> None:
    message = replace(ANSWER, octets=octets, data_coding=data_coding)
    found = inbound(message, CONFIG, bearer_id="x", raw="00")
    assert (found.text, found.raw, found.part) == (text, "00", None)


@pytest.mark.parametrize(
    ("octets", "data_coding", "unreadable"),
    [
        (b"1", 8, True),
        (b"\xd8\x3d", 8, True),
        ("BRUG FOR HJ".encode("utf-16-be") + b"\0", 8, True),
        (b"\xa1\xff", 7, True),
        (
            "1".encode("utf-16-le"),
            8,
            False,
        ),  # a sign, though nobody knows it: it is read, and understood by nobody
        (b"\xff\xfe", 3, False),
        (b"1", 0, False),
    ],
)
def test_what_cannot_be_decoded_is_unreadable_and_has_its_octets(
    octets: bytes, data_coding: int, unreadable: bool
) -> None:
    message = replace(ANSWER, octets=octets, data_coding=data_coding)
    found = inbound(message, CONFIG, bearer_id="x", raw="00")
    assert (found.unreadable, found.raw) == ("its text is broken" * unreadable, "00")


@pytest.mark.parametrize("cut", range(0, 26, 2))
def test_a_sign_that_was_cut_between_two_parts_is_whole_when_they_are_joined(cut: int) -> None:
    octets = "JA 👍 🚑 tak".encode("utf-16-be")
    texts = [
        inbound(
            replace(ANSWER, esm_class=0x40, data_coding=8, octets=b"\5\0\3\7\2" + bytes([number]) + piece),
            CONFIG,
            bearer_id="x",
            raw="",
        ).text
        for number, piece in enumerate((octets[:cut], octets[cut:]), start=1)
    ]
    assert "\ufffd" not in "".join(texts)
    assert (joined("".join(texts)), joined(texts[0]).count("\ufffd")) == ("JA 👍 🚑 tak", cut in {8, 14})


def test_what_the_centre_means_by_data_coding_0_can_be_said() -> None:
    config = SmppConfig.model_validate(smpp_table(2775, data_coding_0="latin1"))
    assert inbound(replace(ANSWER, octets=b"[$]"), config, bearer_id="x", raw="").text == "[$]"


@pytest.mark.parametrize(
    ("esm_class", "octets", "options", "part", "text"),
    [
        (0x40, b"\5\0\3\x2a\3\1del 1", {}, (42, 3, 1), "del 1"),
        (0x40, b"\6\x08\4\x01\x02\2\2del 2", {}, (258, 2, 2), "del 2"),
        (0x00, b"del 1", SAR, (258, 2, 1), "del 1"),
        (0x40, b"\5\0\3\x2a\3\1del 1", SAR, (42, 3, 1), "del 1"),
        (0x40, b"\3\x24\1\1JA", {}, None, "JA"),
        (0x40, b"\5\0\3\x2a\1\1alene", {}, None, "alene"),
        (0x40, b"\5\0\3\x2a\3\4del 4", {}, None, "del 4"),  # 4 of 3
        (0x40, b"\5\0\3\x2a\0\0nul", {}, None, "nul"),
        (0x40, b"\x20JA", {}, None, ""),  # a header longer than the message
        (0x40, b"", {}, None, ""),
        (0x00, b"JA", SAR | {Tag.SAR_SEGMENT_SEQNUM: b"\3"}, None, "JA"),
        (0x00, b"JA", SAR | {Tag.SAR_TOTAL_SEGMENTS: b""}, None, "JA"),
    ],
)
def test_a_part_says_which_it_is(
    esm_class: int, octets: bytes, options: dict[int, bytes], part: tuple[int, int, int] | None, text: str
) -> None:
    found = inbound(
        replace(ANSWER, esm_class=esm_class, octets=octets, options=options), CONFIG, bearer_id="x", raw=""
    )
    assert (found.part, found.text) == (part, text)


@pytest.mark.parametrize(
    ("end", "address"),
    [
        (End(1, 1, "4500000001"), "sms:+4500000001"),
        (End(1, 1, "+4500000001"), "sms:+4500000001"),
        (End(0, 1, "+4500000001"), "sms:+4500000001"),
        (End(0, 1, "4500000001"), "sms:+4500000001"),
        (End(0, 1, "004500000001"), "sms:+4500000001"),
        (End(2, 1, "12345678"), "sms:+4512345678"),
        (End(0, 0, "12345678"), "sms:+4512345678"),
        (End(5, 0, "Borger"), None),
        (End(5, 0, "4500000001"), None),  # a name made of digits
        (End(3, 0, "1234"), None),
        (End(1, 1, "112"), None),
        (End(1, 1, "٤٥٠٠٠٠٠٠٠١"), None),
        (End(1, 1, ""), None),
        (End(1, 1, "45*31#"), None),
    ],
)
def test_a_sender_is_a_number_only_if_it_is_one(end: End, address: str | None) -> None:
    found = number(end, country="45")
    assert (str(found) if found else None) == address


async def test_an_answer_is_acknowledged_only_when_it_is_settled() -> None:
    async with Smsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.bring("1 #K7")
        found = await told(channel, Inbound)
        assert (found.sender, found.text, smsc.brought) == ("sms:+4500000001", "1 #K7", [])
        await found.settle()
        while smsc.kept:
            await asyncio.sleep(0.001)
    assert smsc.brought == [0]


async def test_settling_over_a_session_that_has_ended_says_nothing_to_the_new_one() -> None:
    async with Smsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.bring("1 #K7")
        old = await told(channel, Inbound)
        smsc.proxy.cut_all()
        new = await told(channel, Inbound)
        await old.settle()
        assert smsc.kept
        await new.settle()
        while smsc.kept:
            await asyncio.sleep(0.001)
    assert old.bearer_id == new.bearer_id


async def test_the_same_words_twice_are_two_messages() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        names = []
        for sequence in (1, 2):
            smsc.send(pdu(DELIVER, 0, sequence, deliver_sm()))
            found = await told(channel, Inbound)
            names.append(found.bearer_id)
            await found.settle()
    assert len(set(names)) == 2
