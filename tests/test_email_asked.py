"""What a mail asks of the recipient's mail system, and how an attempt is named in it, with an inbox and without."""

from datetime import UTC, datetime

import pytest

from channels.base import Inbound, State
from channels.email_inbound import Arrived
from channels.email_inlet import Inlet
from channels.email_names import Names
from channels.feed import Feed
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


async def test_a_test_of_the_channel_says_what_is_at_work() -> None:
    async with ScriptedSink() as sink, mail_channel(sink.port, inbox=INBOX) as mail:
        await mail.submit(outgoing(TO))  # by then the port is open
        tested = await mail.test()
        assert (tested.health.state, tested.proved) == (
            State.UP,
            (f"the relay 127.0.0.1:{sink.port} answers", "the inbox is read"),
        )
        await sink.refuse()
        assert (await mail.test()).proved == ("the inbox is read",)
    assert len(sink.mails) == 1


async def test_a_mail_that_our_own_code_fails_on_is_passed_on_unread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Names):
        def found(self, *texts: str) -> str:
            raise ZeroDivisionError

    inlet, kept = Inlet(Broken(KEY, domain="x.invalid"), Feed(), strangers_per_minute=1), []

    async def settle() -> None:
        kept.append(1)

    event = inlet.event(Arrived(b"From: a@b.invalid\r\n\r\n1", datetime.now(UTC), 24), settle)
    assert isinstance(event, Inbound)
    assert (event.text, event.automatic, len(event.bearer_id)) == ("", "", 32)
    assert "our own code failed on it" in event.unreadable
    await event.settle()
    assert (kept, "a mail could not be read" in caplog.text) == ([1], True)


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
