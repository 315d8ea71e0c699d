"""Mails that follow one another, and one that is all that is wanted: a whole hub, and a relay that keeps its mails."""

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.cli.standing import missing
from gateway.cli.waiting import verdict
from messages.evidence import Evidence
from tests.hubs import Desk, hub_in, until
from tests.smtp_sink import SENDER, ScriptedSink

RELAY = """
[channels.mail]
bearer = "email"
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "{sender}"
"""


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[ScriptedSink]:
    async with ScriptedSink() as running:
        yield running


@pytest_asyncio.fixture
async def desk(tmp_path: Path, sink: ScriptedSink) -> AsyncIterator[Desk]:
    people = [{"id": "m1", "addresses": ["mailto:m1@eksempelkommune.invalid"]}]
    channels = RELAY.format(port=sink.port, sender=SENDER)
    async with hub_in(tmp_path, channels=channels, people=people) as running:
        yield running


async def subjects(sink: ScriptedSink, number: int) -> list[str]:
    await until(lambda: len(sink.mails) == number)
    return [str(message_from_bytes(mail.raw, policy=policy.default)["Subject"]) for mail in sink.mails]


@pytest.mark.parametrize(
    ("last", "kind"), [("correct", "RETTELSE"), ("update", "RETTELSE"), ("all-clear", "AFVARSLING")]
)
async def test_what_follows_a_mail_that_never_left_names_the_one_that_did(
    desk: Desk, sink: ScriptedSink, last: str, kind: str
) -> None:
    first = await desk.send("m1", headline="Q1")
    await desk.ended(first["id"])
    await desk.ask("POST", "/channels/mail/disable", json={"reason": "prøve"})
    _, second = await desk.ask("POST", f"/alerts/{first['id']}/correct", json={"headline": "Q2"})
    _, third = await desk.ask("POST", f"/alerts/{second['id']}/{last}", json={"headline": "Q3"})
    await desk.ask("POST", "/channels/mail/enable")
    _, told = await subjects(sink, 2)
    assert f" {kind} #{first['code']}. Q3 #{third['code']} " in told


@pytest.mark.parametrize("precedence", ["flash", "immediate"])
async def test_a_mail_is_enough_where_submitted_is_wanted_and_the_wait_agrees_with_the_picture(
    desk: Desk, precedence: str
) -> None:
    sent = await desk.send("m1", precedence=precedence, want="submitted")
    assert [each["kind"] for each in sent["warnings"]] == []
    ended = await desk.ended(sent["id"])
    shown = await desk.show(sent["id"])
    assert (ended["m1"]["ended"], missing(shown)) == ("reached", {})
    assert verdict(shown, Evidence.SUBMITTED).met
