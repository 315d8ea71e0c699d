"""Short data of TETRA: what radios and other programs send, to the octet and back."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.codecs import sds, sds_forward, sds_status, sds_text
from hardware.codecs.sds import Ack, Other, Pid, Report, SimpleText, Text, Transfer, Wanted, text_transfers
from hardware.codecs.sds_forward import Forward
from hardware.codecs.sds_status import ShortKind, ShortReport, Status, Verdict
from hardware.codecs.sds_text import Stamp
from hardware.errors import CodecError

ROD = Text("Rød grød").encode()

GOLDEN: list[tuple[str, sds.Message]] = [
    ("8204C90152F864206772F864", Transfer(0x82, 0xC9, ROD, Wanted.RECEIVED)),
    ("8206C90152F864206772F864", Transfer(0x82, 0xC9, ROD, Wanted.RECEIVED, standard_only=True)),
    ("820E2A0152F864206772F864", Transfer(0x82, 0x2A, ROD, Wanted.BOTH, standard_only=True)),
    ("89042B0153544F524D", Transfer(0x89, 0x2B, Text("STORM").encode(), Wanted.RECEIVED)),
    ("82042C1A0416D83DDEA8", Transfer(0x82, 0x2C, Text("Ж🚨", 0x1A).encode(), Wanted.RECEIVED)),
    (
        "8204C9810BBB9452F864206772F864",
        Transfer(0x82, 0xC9, Text("Rød grød", stamp=Stamp(11, 23, 14, 20)).encode(), Wanted.RECEIVED),
    ),
    ("020152F864206772F864", SimpleText("Rød grød")),
    ("821000C9", Report(0x82, 0xC9, 0x00)),
    ("821802C9", Report(0x82, 0xC9, 0x02, ack_wanted=True)),
    ("82104BC9", Report(0x82, 0xC9, 0x4B)),
    ("822001C9", Ack(0x82, 0xC9)),
    (
        "8A00C901050003C9020164656C203120",
        Transfer(0x8A, 0xC9, Text("del 1 ", reference=0xC9, total=2, number=1).encode()),
    ),
    (
        "8A00CA01050003C9020264656C2032",
        Transfer(0x8A, 0xCA, Text("del 2", reference=0xC9, total=2, number=2).encode()),
    ),
    ("82040801476A61746A616A676A61", Transfer(0x82, 8, Text("GjatjajgjaX"[:-1]).encode(), Wanted.RECEIVED)),
    ("82100002", Report(0x82, 0x02, 0x00)),
    ("0A112853A9FF4D4FFFE810", Other(bytes.fromhex("0A112853A9FF4D4FFFE810"))),
]


@pytest.mark.parametrize(
    ("octets", "message"), GOLDEN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_known_messages_encode_and_decode_to_the_octet(octets: str, message: sds.Message) -> None:
    assert message.encode().hex().upper() == octets
    assert sds.decode(bytes.fromhex(octets)) == message


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        ("7CC9", ShortReport(ShortKind.UNSUPPORTED, 0xC9)),
        ("7DC9", ShortReport(ShortKind.MEMORY_FULL, 0xC9)),
        ("7EC9", ShortReport(ShortKind.RECEIVED, 0xC9)),
        ("7FC9", ShortReport(ShortKind.CONSUMED, 0xC9)),
        ("8004", Status(32772)),
        ("7ACA", Status(0x7ACA)),  # another decoder takes it for a short report
        ("0000", Status(sds_status.EMERGENCY)),
    ],
)
def test_known_statuses_encode_and_decode_to_the_octet(octets: str, status: Status | ShortReport) -> None:
    assert status.encode().hex().upper() == octets
    assert sds_status.decode_status(bytes.fromhex(octets)) == status


@pytest.mark.parametrize(
    ("octets", "content"),
    [
        ("82042C1A0416D83DDEA8", Text("Ж🚨", 0x1A)),
        ("8204C9810BBB9452F864206772F864", Text("Rød grød", stamp=Stamp(11, 23, 14, 20))),
        ("8204C9814BBB9441", Text("A", stamp=Stamp(11, 23, 14, 20, utc=True))),
        ("8204C98100000041", Text("A")),  # a radio without a clock
        ("8A00C901050003C9020164656C203120", Text("del 1 ", reference=0xC9, total=2, number=1)),
        ("8A00C90106080401C9020141", Text("A", reference=0x1C9, total=2, number=1, wide=True)),
        ("8A00C90103700141" + "42", Text("B")),  # a header that says nothing about parts
        ("8204C90D80A4", Text("\x80€", 0x0D)),
        ("8300C90141", None),
    ],
)
def test_the_text_of_a_message_is_read(octets: str, content: Text | None) -> None:
    message = sds.decode(bytes.fromhex(octets))
    assert isinstance(message, Transfer)
    assert message.content == content


@pytest.mark.parametrize(("bits", "digits"), [(84, "0A112853A9FF4D4FFFE81"), (84, "0A112853A9FF4D4FFFE810")])
def test_an_odd_digit_is_padded_as_the_other_makers_radio_does(bits: int, digits: str) -> None:
    assert sds_text.octets_of_hex(digits, bits).hex().upper() == "0A112853A9FF4D4FFFE810"


@pytest.mark.parametrize("digits", ["8G", "82 04", "½1", "-1"])
def test_what_is_not_hexadecimal_is_refused(digits: str) -> None:
    with pytest.raises(CodecError):
        sds_text.octets_of_hex(digits)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("", "without a protocol"),
        ("02", "coding scheme"),
        ("82", "cut short"),
        ("8204", "cut short"),
        ("821000", "cut short"),
        ("8201C9", "cut short"),
        ("8201C90C", "reserved"),
        ("8201C90A0011", "address is cut"),
        ("021B41", "1B is not known"),
    ],
)
def test_broken_octets_are_refused_with_the_reason(octets: str, reason: str) -> None:
    with pytest.raises(CodecError, match=reason):
        sds.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("8200C9", "coding"),
        ("8200C98141", "time stamp"),
        ("8A00C90105", "header"),
        ("8A00C901050003C90203", "part 3"),
    ],
)
def test_broken_texts_are_refused_with_the_reason(octets: str, reason: str) -> None:
    message = sds.decode(bytes.fromhex(octets))
    assert isinstance(message, Transfer)
    with pytest.raises(CodecError, match=reason):
        _ = message.content


def test_storage_and_forwarding_are_read_and_written() -> None:
    forward = Forward(7, sds_forward.Kind.EXTERNAL, bytes([3, 0x45, 0x10]))
    message = Transfer(0x82, 1, ROD, forward=forward)
    assert message.encode().hex().upper() == "8201013B0345100152F864206772F864"
    assert sds.decode(message.encode()) == message
    assert sds.decode(Report(0x82, 1, 4, forward=forward).encode()) == Report(0x82, 1, 4, forward=forward)


@pytest.mark.parametrize(
    ("seconds", "validity"),
    [(3, 1), (10, 1), (65, 6), (120, 7), (300, 10), (3599, 15), (3600, 16), (7200, 17)],
)
def test_the_network_never_keeps_a_message_longer_than_asked(seconds: int, validity: int) -> None:
    asked = timedelta(seconds=seconds)
    assert sds_forward.validity_within(asked) == validity
    period = sds_forward.period(validity)
    assert period is not None
    assert period <= max(asked, timedelta(seconds=10))


def test_validities_grow_with_their_number_up_to_twelve_days() -> None:
    periods = [sds_forward.period(validity) for validity in range(1, 31)]
    assert periods == sorted(period for period in periods if period)
    assert periods[-1] == timedelta(days=12)
    assert (sds_forward.period(0), sds_forward.period(sds_forward.INFINITE)) == (None, None)


@pytest.mark.parametrize(
    ("max_bits", "coding", "single", "part"),
    [(668, 1, 79, 73), (1120, 1, 136, 130), (2047, 1, 251, 245), (668, 0x1A, 39, 36), (1120, 0x1A, 68, 65)],
)
def test_a_text_is_one_message_or_as_few_parts_as_fit(
    max_bits: int, coding: int, single: int, part: int
) -> None:
    whole = text_transfers("å" * single, 254, max_bits=max_bits, coding=coding)
    parts = text_transfers("å" * (single + 1), 254, max_bits=max_bits, coding=coding)
    assert [message.pid for message in whole] == [Pid.TEXT]
    contents = [message.content for message in parts]
    assert [len(content.text) for content in contents if content] == [part, single + 1 - part]
    assert [(message.reference, message.pid) for message in parts] == [
        (254, Pid.WITH_HEADER),
        (255, Pid.WITH_HEADER),
    ]
    assert all(8 * len(message.encode()) <= max_bits for message in parts)


@pytest.mark.parametrize(("text", "coding"), [("Mød æøå", 1), ("10 €", 0x0D), ("Ж", 0x1A), ("🚨", 0x1A)])
def test_the_narrowest_scheme_is_chosen(text: str, coding: int) -> None:
    assert sds_text.coding_for(text) == coding


def test_no_sign_is_cut_in_two_and_too_little_room_is_refused() -> None:
    parts = text_transfers("🚨" * 40, 0, max_bits=200)
    assert "".join(message.content.text for message in parts if message.content) == "🚨" * 40
    with pytest.raises(CodecError, match="room"):
        text_transfers("🚨" * 40, 0, max_bits=100)
    with pytest.raises(CodecError, match="255"):
        text_transfers("x" * 3000, 0, max_bits=160)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (0x00, Verdict.RECEIVED), (0x02, Verdict.CONSUMED), (0x03, Verdict.CONSUMED), (0x04, Verdict.UNDERWAY),
        (0x05, Verdict.UNDERWAY), (0x06, Verdict.UNDERWAY), (0x21, Verdict.UNDERWAY), (0x4B, Verdict.FAILED),
        (0x5A, Verdict.FAILED), (0x62, Verdict.UNDERWAY), (0xFF, Verdict.UNDERWAY),
    ],
)  # fmt: skip
def test_only_what_the_recipient_says_is_proof(status: int, verdict: Verdict) -> None:
    assert sds_status.verdict(status) is verdict
    assert f"({status:02X})" in sds_status.status_text(status)


OCTET = st.integers(0, 255)
LATIN = st.text(st.characters(max_codepoint=255), max_size=40)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
STAMPS = st.builds(
    Stamp, st.integers(1, 12), st.integers(1, 31), st.integers(0, 23), st.integers(0, 59), utc=st.booleans()
)
FORWARDS = st.builds(Forward, st.integers(0, 31)) | st.builds(
    Forward, st.integers(0, 31), st.just(sds_forward.Kind.TSI), st.binary(min_size=6, max_size=6)
)


@given(ANY, st.none() | STAMPS, OCTET, st.sampled_from(Wanted), st.none() | FORWARDS, st.booleans())
def test_any_text_survives_both_ways(
    text: str, stamp: Stamp | None, reference: int, wanted: Wanted, forward: Forward | None, immediate: bool
) -> None:
    messages = text_transfers(
        text, reference, max_bits=668, wanted=wanted, stamp=stamp, forward=forward, immediate=immediate
    )
    back = [sds.decode(message.encode()) for message in messages]
    assert back == list(messages)
    contents = [message.content for message in messages]
    assert "".join(content.text for content in contents if content) == text
    assert {content.stamp for content in contents if content} == {stamp}


@pytest.mark.parametrize("coding", sorted(sds_text.CODINGS))
def test_every_scheme_carries_what_it_can_say(coding: int) -> None:
    for text in (
        "",
        "Sandsaekke 1=kommer",
        "\r",
        "1234567",
        "1234567\r",
        "12345678\r",
        "æøåÆØÅ",
        "Ждать",
        "ž",
    ):
        try:
            octets = sds_text.encode_text(text, coding)
        except CodecError:
            assert not text.isascii()  # every scheme has at least these
            continue
        assert sds_text.decode_text(octets, coding) == text


@given(st.binary(max_size=60), st.binary(max_size=3))
def test_random_octets_raise_nothing_but_a_codec_error(octets: bytes, status: bytes) -> None:
    read = 0
    for reader in (sds.decode, sds_status.decode_status, Text.decode):
        for data in (octets, status, b"\x82\x04" + octets, b"\x8a\x01" + octets):
            with suppress(CodecError):
                message = reader(data)
                read += 1
                _ = message.content if isinstance(message, Transfer) else None
    assert read or not octets[1:]


@given(st.text("0123456789ABCDEFabcdef", max_size=40), st.integers(-1, 200))
def test_hexadecimal_digits_never_fail(digits: str, bits: int) -> None:
    assert 2 * len(sds_text.octets_of_hex(digits, bits)) <= len(digits) + 1
