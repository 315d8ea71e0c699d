"""What a mail asks of the recipient's mail system, and how an attempt is named in it, with an inbox and without."""

import pytest

from channels.email_names import Names
from messages.evidence import Evidence
from tests.outgoing import outgoing
from tests.smtp_sink import SENDER, ScriptedSink, mail_channel

TO = "mailto:vagt@eksempelkommune.invalid"
KEY = "0123456789abcdef"
NAMES = Names(KEY, domain="eksempelkommune.invalid")
INBOX = {"kind": "smtp", "listen": "127.0.0.1:0", "key": KEY}


@pytest.mark.parametrize(
    ("reports", "notify", "asks_for_a_receipt", "proof"),
    [
        ("none", "FAILURE,DELAY", False, Evidence.SUBMITTED),
        ("delivered", "SUCCESS,FAILURE,DELAY", False, Evidence.DELIVERED),
        ("read", "SUCCESS,FAILURE,DELAY", True, Evidence.READ),
    ],
)
async def test_what_is_asked_is_what_can_be_proved(
    reports: str, notify: str, asks_for_a_receipt: bool, proof: Evidence
) -> None:
    async with (
        ScriptedSink(offers=("DSN",)) as sink,
        mail_channel(sink.port, inbox={**INBOX, "reports": reports}) as mail,
    ):
        await mail.submit(outgoing(TO))
        assert (mail.capability.max_evidence, mail.capability.two_way) == (proof, True)
    assert f" NOTIFY={notify} " in sink.all_heard("RCPT")[0]
    asked = f"Disposition-Notification-To: <{SENDER}>\r\n".encode()
    assert (asked in sink.mails[0].raw) is asks_for_a_receipt


async def test_with_an_inbox_the_name_of_the_attempt_cannot_be_made_up() -> None:
    sent = outgoing(TO, attempt="2026-11-23-7.42")
    async with ScriptedSink(offers=("DSN",)) as sink, mail_channel(sink.port, inbox=INBOX) as mail:
        receipt = await mail.submit(sent)
    name = NAMES.outside(sent.attempt)
    assert receipt.references == (NAMES.reference(sent.attempt),)
    assert f"Message-ID: <{receipt.references[0]}>\r\n".encode() in sink.mails[0].raw
    assert f"X-Bavn-Attempt: {name}\r\n".encode() in sink.mails[0].raw
    assert f" ENVID={name}" in sink.all_heard("MAIL")[0]


async def test_without_an_inbox_nothing_comes_back() -> None:
    async with ScriptedSink() as sink, mail_channel(sink.port) as mail:
        await mail.submit(outgoing(TO, attempt="7"))
        assert (mail.capability.max_evidence, mail.capability.two_way) == (Evidence.SUBMITTED, False)
    assert b"X-Bavn-Attempt: 7\r\n" in sink.mails[0].raw


@pytest.mark.parametrize("attempt", ["a", "2026-11-23-7.42", "a..b__c--", f"{'x' * 64}.{'9' * 18}"])
def test_a_name_is_found_again_wherever_mail_puts_it(attempt: str) -> None:
    name, reference = NAMES.outside(attempt), NAMES.reference(attempt)
    assert len(name) <= 100  # RFC 3461 4.4
    for place in (
        name,
        f"<{reference}>",
        f"X-Bavn-Attempt: {name}\n",
        name.replace("~", "+7E"),
        f"({reference})",
    ):
        assert NAMES.found(place) == attempt


@pytest.mark.parametrize("hostile", ["a" * 200_000, "a~" * 100_000, "+41" * 60_000 + "+7E", "a+7E" * 50_000])
def test_looking_for_a_name_takes_time_in_proportion(hostile: str) -> None:
    assert NAMES.found(hostile) == ""
