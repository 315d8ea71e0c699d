"""Mail through a real Postfix: what arrives, what is refused, and what happens when it goes away."""

import asyncio
import tempfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
import trustme

from channels.base import ChannelDown, HealthChanged, PermanentFailure, Receipt, State, TransientFailure
from messages.precedence import Precedence
from messages.render import body, subject
from tests.outgoing import outgoing, words
from tests.peers import free_port, require
from tests.postfix import DOMAIN, LATER, REFUSED, PostfixServer
from tests.smtp_sink import mail_channel

pytestmark = pytest.mark.postfix

PATIENT = {"connect_s": 5, "command_s": 5, "content_s": 5}
HARD_TEXT = (
    "Mød kl. 10 på Æblevej: 100 € i kontanter, vand og lygte 🔦.\n.\n..to punktummer\nFrom her og videre  \n"
    + "å" * 2000
)


@pytest.fixture(scope="session")
def running() -> Iterator[PostfixServer]:
    require("postfix")
    with tempfile.TemporaryDirectory(prefix="bavn-postfix-") as name:
        folder = Path(name)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            str(folder / "server.pem")
        )
        tls = {"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": str(folder / "server.pem")}
        with PostfixServer(folder, free_port(), extra=tls) as server:
            yield server


@pytest.fixture
def postfix(running: PostfixServer) -> PostfixServer:
    running.start()  # a test before this one may have stopped it
    return running


async def arrived(server: PostfixServer, attempt: str) -> list[EmailMessage]:
    """The mails of an attempt in the maildir, waited for up to two seconds; delivery reports are others."""
    found: list[EmailMessage] = []
    async with asyncio.timeout(2):
        while not found:
            await asyncio.sleep(0.02)
            parsed = [message_from_bytes(raw, policy=default) for raw in server.mails()]
            found = [mail for mail in parsed if mail["X-Bavn-Attempt"] == attempt]
    return found


async def test_a_danish_text_with_an_emoji_arrives_byte_equal_under_our_headers(
    postfix: PostfixServer,
) -> None:
    said = words(headline="Strømsvigt på rådhuset 🔦", long_text=HARD_TEXT, exercise=True)
    sent = outgoing(f"mailto:vagt@{DOMAIN}", said, precedence=Precedence.FLASH)
    async with mail_channel(postfix.port, **PATIENT) as channel:
        receipt = await channel.submit(sent)
    [mail] = await arrived(postfix, sent.attempt)
    assert cast("bytes", mail.get_payload(decode=True)).replace(b"\r\n", b"\n").decode() == body(said)
    assert (mail["Subject"], mail["X-Priority"], mail["Content-Language"]) == (subject(said), "1", "da")
    assert mail["Message-ID"] == f"<{receipt.references[0]}>"
    assert mail["From"].addresses[0].display_name == "Eksempelby Kommune"


async def test_each_recipient_has_an_outcome_of_their_own(postfix: PostfixServer) -> None:
    targets = [f"mailto:a@{DOMAIN}", f"mailto:b@{REFUSED}", f"mailto:c@{LATER}", f"mailto:d@{DOMAIN}"]
    async with mail_channel(postfix.port, **PATIENT) as channel:
        outcomes = await asyncio.gather(
            *(channel.submit(outgoing(to)) for to in targets), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [Receipt, PermanentFailure, TransientFailure, Receipt]


async def test_more_messages_than_connections_all_arrive(postfix: PostfixServer) -> None:
    sent = [outgoing(f"mailto:n{number}@{DOMAIN}") for number in range(12)]
    async with mail_channel(postfix.port, connections=2, **PATIENT) as channel:
        await asyncio.gather(*(channel.submit(one) for one in sent))
    for one in sent:
        assert len(await arrived(postfix, one.attempt)) == 1


async def test_the_recipient_and_the_attempt_are_named_in_the_delivery_report(postfix: PostfixServer) -> None:
    sent = outgoing(f"mailto:rapport@{DOMAIN}")
    async with mail_channel(postfix.port, **PATIENT) as channel:
        await channel.submit(sent)
    async with asyncio.timeout(2):
        while not (
            reports := [m for m in postfix.mails() if f"Original-Envelope-Id: {sent.attempt}".encode() in m]
        ):
            await asyncio.sleep(0.02)
    assert f"Original-Recipient: rfc822;rapport@{DOMAIN}".encode() in reports[0]
    assert b"Action: delivered" in reports[0]


async def test_a_relay_that_stops_is_down_and_comes_back_by_itself(postfix: PostfixServer) -> None:
    to = f"mailto:vagt@{DOMAIN}"
    async with mail_channel(postfix.port, **PATIENT) as channel:
        await channel.submit(outgoing(to))
        postfix.stop()
        with pytest.raises(ChannelDown):
            await channel.submit(outgoing(to))
        await asyncio.to_thread(postfix.start)
        async for event in channel.events():
            if isinstance(event, HealthChanged) and event.health.state is State.UP:
                break
        assert isinstance(await channel.submit(outgoing(to)), Receipt)


async def test_starttls_with_an_authority_of_ones_own_protects_the_mail(postfix: PostfixServer) -> None:
    sent = outgoing(f"mailto:hemmelig@{DOMAIN}")
    ca_file = postfix.folder / "ca.pem"
    async with mail_channel(postfix.port, tls="starttls", ca_file=ca_file, **PATIENT) as channel:
        await channel.submit(sent)
    [mail] = await arrived(postfix, sent.attempt)
    assert "with ESMTPS id" in mail["Received"]


async def test_starttls_with_a_certificate_that_nobody_vouches_for_sends_nothing(
    postfix: PostfixServer,
) -> None:
    async with mail_channel(postfix.port, tls="starttls", **PATIENT) as channel:
        with pytest.raises(ChannelDown, match="certificate verify failed"):
            await channel.submit(outgoing(f"mailto:hemmelig@{DOMAIN}"))
