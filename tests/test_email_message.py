"""The bytes of a mail: judged by the email package's parser, and by the bad inputs of tests/data."""

import json
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import PermanentFailure
from channels.email_envelope import envelope
from channels.email_message import compose, dot_stuffed, encoded_body, message_id, xtext
from messages.address import Address, AddressError, parse_address
from messages.precedence import Precedence
from messages.render import body, subject
from tests.outgoing import outgoing, words
from tests.smtp_sink import SENDER, ScriptedSink, mail_channel

TO = "mailto:vagt@eksempelkommune.invalid"
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
CASES = json.loads((Path(__file__).parent / "data/badinput-smtp.json").read_text("utf-8"))
DSN = {"dsn": "", "size": "10240000", "mt-priority": "STANAG4406", "deliverby": "60"}


def composed(*, sender_name: str = "Eksempelby Kommune", to: str = TO, **said: Any) -> bytes:
    return compose(outgoing(to, words(**said)), sender=SENDER, sender_name=sender_name, now=NOW)


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def values(kind: str) -> list[Any]:
    return [pytest.param(case["value"], id=case["id"]) for case in CASES if case["class"] == kind]


def assert_clean(raw: bytes) -> None:
    """CRLF only, no line over 998 octets, nothing but ASCII."""
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


NAMES = [
    "From", "To", "Date", "Message-ID", "X-Bavn-Alert", "X-Bavn-Attempt", "Importance", "X-Priority", "Subject",
    "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Language",
]  # fmt: skip


@pytest.mark.parametrize("value", values("smtp-header-crlf"))
def test_no_value_adds_a_header(value: str) -> None:
    raw = composed(headline=value, sender_name=value)
    assert_clean(raw)
    mail = parsed(raw)
    assert mail.keys() == NAMES
    assert len(mail["Subject"].splitlines()) == 1
    assert mail["From"].addresses[0].addr_spec == SENDER
    assert mail["Subject"] == subject(words(headline=value))


@pytest.mark.parametrize("value", values("smtp-envelope"))
def test_an_envelope_address_is_one_recipient_or_none(value: str) -> None:
    try:
        address = parse_address(f"mailto:{value}")
    except AddressError:
        return
    sent = envelope(outgoing(address), DSN, sender=SENDER, octets=1)
    assert sent.rcpt.startswith(f"RCPT TO:<{value}> ".encode())
    assert sent.rcpt.count(b"\r\n") == sent.rcpt.count(b"RCPT TO") == 1


@pytest.mark.parametrize("value", values("smtp-envelope"))
async def test_an_address_that_nobody_parsed_reaches_no_relay(value: str) -> None:
    async with ScriptedSink() as sink, mail_channel(sink.port) as channel:
        try:
            await channel.submit(outgoing(Address("mailto", value)))
        except PermanentFailure:
            assert sink.all_heard("RCPT") == []
        else:
            assert [mail.to for mail in sink.mails] == [value]


@pytest.mark.parametrize("value", values("smtp-smuggling"))
async def test_a_body_arrives_byte_equal_as_one_mail(value: str) -> None:
    said = words(headline="Prøve", long_text=value)
    async with ScriptedSink() as sink, mail_channel(sink.port) as channel:
        await channel.submit(outgoing(TO, said))
    [mail] = sink.mails
    assert_clean(mail.raw)
    assert mail.text == body(said)
    assert len(sink.all_heard("MAIL")) == 1


@pytest.mark.parametrize("value", [case["value"] for case in CASES if case["class"] == "smtp-smuggling"])
def test_content_is_dot_stuffed_and_ends_once(value: str) -> None:
    stuffed = dot_stuffed(encoded_body(value)[0])
    assert stuffed.count(b"\r\n.\r\n") == 1
    assert stuffed.endswith(b"\r\n.\r\n")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=3000))
def test_every_body_survives_as_clean_lines(text: str) -> None:
    octets, encoding = encoded_body(text)
    assert_clean(octets)
    mail = parsed(
        f"Content-Transfer-Encoding: {encoding}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n".encode()
        + octets
    )
    back = mail.get_payload(decode=True)
    expected = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    assert back == (expected if expected.endswith("\r\n") else expected + "\r\n").encode()


@given(st.text(max_size=400), st.text(max_size=100))
def test_every_headline_and_name_become_one_clean_header_each(headline: str, name: str) -> None:
    raw = composed(headline=headline, sender_name=name)
    assert_clean(raw)
    assert parsed(raw).keys() == NAMES


def test_what_a_relay_may_touch_goes_quoted_printable() -> None:
    fragile = ["æ", "x" * 80, "end ", "From here", "\x00", "a\tb \nc"]
    assert {encoded_body(text)[1] for text in fragile} == {"quoted-printable"}
    assert {encoded_body(text)[1] for text in ["plain", "two\nlines", ".dot", "x" * 76]} == {"7bit"}


def test_no_encoded_line_is_longer_than_76() -> None:
    head = composed(headline="Strømsvigt på rådhuset 🔦 " * 8, sender_name="Ærø " * 20).partition(
        b"\r\n\r\n"
    )[0]
    assert max(map(len, head.split(b"\r\n"))) <= 76


@pytest.mark.parametrize(
    ("precedence", "importance"),
    [
        (Precedence.FLASH, ("high", "1")),
        (Precedence.IMMEDIATE, ("high", "2")),
        (Precedence.ROUTINE, (None, None)),
    ],
)
def test_haste_shows_in_the_header(precedence: Precedence, importance: tuple[str | None, str | None]) -> None:
    mail = parsed(compose(outgoing(TO, precedence=precedence), sender=SENDER, sender_name="", now=NOW))
    assert (mail["Importance"], mail["X-Priority"]) == importance


def test_the_fields_that_machines_read_are_there() -> None:
    mail = parsed(composed(language="en-GB"))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Mon, 23 Nov 2026 08:30:00 +0000"
    assert (mail["Content-Language"], mail["X-Bavn-Alert"]) == ("en-GB", outgoing(TO).alert)
    assert mail["To"].addresses[0].addr_spec == "vagt@eksempelkommune.invalid"


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_two_attempts_never_share_a_message_id(one: str, other: str) -> None:
    ids = {message_id(attempt, domain="b.invalid") for attempt in (one, other)}
    assert len(ids) == len({text.encode("utf-8", "replace") for text in (one, other)})
    assert all(i.isascii() and not set(i) & set(' <>()[]:;,\\"\r\n') for i in ids)


def test_xtext_escapes_what_rfc_3461_says() -> None:
    assert xtext("a+b=c d.ø") == "a+2Bb+3Dc+20d.+C3+B8"


def test_an_envelope_asks_only_for_what_is_offered() -> None:
    sent = outgoing(TO, attempt="01J+D", precedence=Precedence.FLASH)
    bare = envelope(sent, {}, sender=SENDER, octets=700)
    full = envelope(sent, DSN, sender=SENDER, octets=700)
    assert bare.mail == f"MAIL FROM:<{SENDER}>\r\n".encode()
    assert (
        full.mail
        == f"MAIL FROM:<{SENDER}> SIZE=700 MT-PRIORITY=4 BY=3600;R RET=HDRS ENVID=01J+2BD\r\n".encode()
    )
    orcpt = b" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;vagt@eksempelkommune.invalid\r\n"
    assert full.rcpt.endswith(orcpt)


@pytest.mark.parametrize(("offered", "taken"), [("100", False), ("701", True), ("0", True), ("", True)])
def test_a_mail_over_the_relays_size_is_refused_before_it_is_offered(offered: str, taken: bool) -> None:
    if taken:
        assert b"SIZE=700" in envelope(outgoing(TO), {"size": offered}, sender=SENDER, octets=700).mail
    else:
        with pytest.raises(PermanentFailure, match="takes at most 100"):
            envelope(outgoing(TO), {"size": offered}, sender=SENDER, octets=700)


def test_a_relay_that_promises_no_such_haste_is_asked_for_none() -> None:
    sent = envelope(outgoing(TO), {"deliverby": "7200"}, sender=SENDER, octets=700)
    assert b"BY=" not in sent.mail
