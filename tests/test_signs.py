"""What a phone or a network broke in a text: half signs, and octets that are none."""

from datetime import UTC, datetime

import pytest

from channels import sms_modem
from channels.signs import joined, unreadable
from hardware.codecs.tpdu import Deliver
from hardware.codecs.userdata import DCS_UCS2, UserData, decode_ucs2_part
from hardware.gsm_events import Received

CAME = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)


async def nothing() -> None:
    """Settled."""


def received(octets: bytes, *, header: bytes = b"") -> Received:
    """A DELIVER with these octets as its text, whatever they are."""
    empty = Deliver(sender="+4500000001", content=UserData(DCS_UCS2, header=header), at=CAME).encode()
    start = len(empty) - 1 - (1 + len(header) if header else 0)
    return Received(
        empty[:start] + bytes([empty[start] + len(octets)]) + empty[start + 1 :] + octets, nothing
    )


@pytest.mark.parametrize(
    ("octets", "text", "why"),
    [
        ("1".encode("utf-16-be"), "1", ""),
        (b"1", "\ufffd", "its text is broken"),
        (b"\xd8\x3d", "\ufffd", "its text is broken"),
        ("HJÆLP".encode("utf-16-be") + b"\0", "HJÆLP\ufffd", "its text is broken"),
    ],
)
def test_what_a_modem_cannot_decode_is_unreadable_and_has_its_octets(
    octets: bytes, text: str, why: str
) -> None:
    came = received(octets)
    found = sms_modem._inbound(came, "45")
    assert (found.text, found.unreadable, found.raw) == (text, why, came.tpdu.hex().upper())


def test_a_sign_that_was_cut_between_two_messages_of_a_modem_is_whole_again() -> None:
    octets = "JA 👍".encode("utf-16-be")
    parts = [
        sms_modem._inbound(received(piece, header=bytes([0, 3, 7, 2, number])), "45")
        for number, piece in enumerate((octets[:-2], octets[-2:]), start=1)
    ]
    assert joined("".join(part.text for part in parts)) == "JA 👍"
    assert {part.unreadable for part in parts} == {""}


@pytest.mark.parametrize("cut", range(0, 14, 2))
def test_halves_of_a_sign_that_meet_are_that_sign(cut: int) -> None:
    octets = "a🚑b👍".encode("utf-16-be")
    assert joined(decode_ucs2_part(octets[:cut]) + decode_ucs2_part(octets[cut:])) == "a🚑b👍"


@pytest.mark.parametrize("octets", [b"\xd8\x3d", b"\xdc\x4d", b"\xdc\x4d\xd8\x3d", b"\xd8\x3d\0", b"\xd8"])
def test_half_a_sign_that_stays_alone_is_broken(octets: bytes) -> None:
    text = joined(decode_ucs2_part(octets) + " [...] ")
    assert unreadable(text)
    assert text.encode()
