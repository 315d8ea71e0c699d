"""What leaves by SMPP: hostile texts and numbers, parts as counted, and the alphabet that each text needs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from channels.base import PermanentFailure, State
from channels.smpp import SmppChannel
from channels.smpp_config import SmppConfig
from channels.smpp_pdu import Submit
from channels.smpp_submit import shortened, submits
from channels.smpp_text import measure
from hardware.codecs import gsm7
from messages.address import Address
from messages.evidence import Evidence
from tests.outgoing import outgoing, words
from tests.smsc import smpp_table, turns
from tests.smsc_script import ScriptedSmsc

CASES = json.loads((Path(__file__).parent / "data" / "badinput-sms.json").read_text("utf-8"))["cases"]
WAYS = ("udh8", "udh16", "sar")
TO = "sms:+4500000001"


def cases(name: str) -> list[Any]:
    return [pytest.param(case["value"], id=case["id"]) for case in CASES if case["class"] == name]


def config(**more: Any) -> SmppConfig:
    return SmppConfig.model_validate(smpp_table(2775) | more)


def text_of(part: Submit) -> str:
    octets = part.octets[1 + part.octets[0] :] if part.esm_class & 0x40 else part.octets
    return octets.decode("utf-16-be") if part.data_coding == 8 else gsm7.decode(octets)


@pytest.mark.parametrize("value", cases("at-number"))
async def test_a_hostile_number_never_leaves(value: str) -> None:
    calls: list[str] = []
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        with pytest.raises(PermanentFailure):
            await channel.submit(outgoing(Address("sms", value), hand_over=lambda: calls.append("left")))
    assert (calls, smsc.submitted) == ([], [])


@pytest.mark.parametrize("number", ["+45112", "112", "+", "", "4500000001", "+450000000\x001"])
async def test_what_is_no_whole_international_number_never_leaves(number: str) -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        with pytest.raises(PermanentFailure):
            await channel.submit(outgoing(Address("sms", number)))
    assert smsc.submitted == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", cases("sms-text"))
def test_a_hostile_text_leaves_in_as_many_parts_as_counted_and_steers_nothing(value: str, way: str) -> None:
    table = config(concatenation=way, max_parts=10)
    said = words(headline=value[:200], text="", sender_name="", answers=())
    parts = submits(outgoing(TO, said), table, reference=1, now=datetime.now(UTC))
    text = "".join(map(text_of, parts))
    assert text == shortened(said, table).text
    assert len(parts) == measure(text, wide=way == "udh16").parts
    assert not {sign for sign in text if sign < " " and sign != "\n"}


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.sampled_from(WAYS), st.integers(0, 1 << 20))
def test_every_text_arrives_whole_and_no_part_is_too_long(text: str, way: str, reference: int) -> None:
    said = words(headline=text or "x", text="", sender_name="", answers=())
    table = config(concatenation=way, max_parts=10)
    parts = submits(outgoing(TO, said), table, reference=reference, now=datetime.now(UTC))
    assert "".join(map(text_of, parts)) == shortened(said, table).text.encode("utf-16", "replace").decode(
        "utf-16"
    )
    for part in parts:
        assert len(part.octets) <= (140 if part.data_coding == 8 else 160)
        assert part.encode(1)[4:8] == b"\0\0\0\4"
        assert bool(part.options) is (way == "sar" and len(parts) > 1)


@pytest.mark.parametrize(
    ("headline", "data_coding"),
    [("Rødgrød med fløde", 0), ("10 € [nu]", 0), ("Ærø – »nu«", 0), ("Kommer 🚑", 8), ("Привет", 8)],
)
def test_the_alphabet_is_the_smallest_that_has_every_sign(headline: str, data_coding: int) -> None:
    (only,) = submits(
        outgoing(TO, words(headline=headline, text="", sender_name="", answers=())),
        config(),
        reference=1,
        now=datetime.now(UTC),
    )
    assert only.data_coding == data_coding


def test_parts_of_two_messages_have_two_references() -> None:
    said = words(text="Gå til samlingsstedet. " * 9)
    first, second = (
        submits(outgoing(TO, said), config(), reference=number, now=datetime.now(UTC))
        for number in (255, 256)
    )
    assert [part.octets[3] for part in (*first, *second)] == [255] * len(first) + [0] * len(second)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"host": "smsc.eksempel.invalid"}, "private_line = true"),
        ({"host": "192.0.2.1"}, "private_line = true"),
        ({"sender": "Beredskabsstyrelsen"}, "at most 11 letters"),
        ({"sender": "Møns Kommune"}, "at most 11 letters"),
        ({"password": "med mellemrum"}, "no space"),
        ({"system_id": "sixteen-letters-"}, "pattern"),
        ({"window": 0}, "greater than or equal"),
        ({"concatenation": "both"}, "udh8"),
    ],
)
def test_a_wrong_table_is_refused_without_showing_the_password(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        config(**table)
    assert said in str(caught.value)
    assert "hemmelig" not in str(caught.value) + repr(config())
    assert "mellemrum" not in str(caught.value)


def test_a_leased_line_may_be_unencrypted_and_says_so() -> None:
    assert config(host="192.0.2.1", private_line=True).where == ("192.0.2.1", 2775)
    assert config(port=None).where == ("127.0.0.1", 2775)
    assert config(port=None, tls="implicit").where == ("127.0.0.1", 3550)


@pytest.mark.parametrize(
    ("bind_options", "table", "named"),
    [
        (b"\x02\x10\0\1\x34", {}, True),
        (b"\x02\x10\0\1\x33", {}, False),
        (b"\x02\x10\0\2\x34\x34", {}, False),
        (b"\x14\0\0\1x\x02\x10\0\1\x34", {}, True),
        (b"", {}, False),  # it knows no optional parameters
        (b"\x02\x10\0\1\x34", {"user_message_reference": False}, False),
    ],
)
async def test_our_own_number_goes_only_to_a_centre_that_knows_parameters(
    bind_options: bytes, table: dict[str, Any], named: bool
) -> None:
    async with ScriptedSmsc() as smsc, smsc.channel(**table) as channel:
        smsc.bind_options = bind_options
        await turns(channel, State.UP)
        await channel.submit(outgoing(TO))
    assert bool(smsc.submitted[0].tlvs) is named


async def test_without_reports_nothing_more_than_submitted_is_promised() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel(request_reports=False, priority_flag=False) as channel:
        await turns(channel, State.UP)
        await channel.submit(outgoing(TO))
    assert (smsc.submitted[0].registered_delivery, smsc.submitted[0].priority_flag) == (0, 0)
    assert channel.capability.max_evidence is Evidence.SUBMITTED


@pytest.mark.parametrize(("sender", "two_way"), [("+4500000099", True), ("1212", True), ("Kommunen", False)])
def test_nobody_can_answer_a_name(sender: str, two_way: bool) -> None:
    assert SmppChannel("sms", config(sender=sender)).capability.two_way is two_way
