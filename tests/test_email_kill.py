"""A hub that is killed while a mail comes in: over IMAP from a real server, and at its own port from a relay."""

import asyncio
import smtplib
import sqlite3
from contextlib import closing
from email.message import EmailMessage
from email.policy import SMTP as SMTP_LINES
from pathlib import Path

import pytest

from tests.fault_proxy import CLIENT, SERVER, FaultProxy
from tests.hubs import install, until
from tests.mailbox import PASSWORD, USER, Mailbox
from tests.peers import free_port
from tests.running import HubProcess
from tests.smtp_sink import SENDER, ScriptedSink

CHANNEL = """
[channels.mail]
bearer = "email"
host = "127.0.0.1"
port = {relay}
tls = "none"
sender = "{sender}"
[channels.mail.inbox]
key = "0123456789abcdef"
{inbox}
"""
IMAP = (
    'kind = "imap"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nusername = "{user}"\n'
    'password = "{password}"\nlook_every_s = 60\n'
)
SMTP = 'kind = "smtp"\nlisten = "127.0.0.1:{port}"\n'


def greeting() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "vagt@eksempelkommune.invalid", SENDER, "SV: Hilsen"
    mail["Message-ID"] = "<1@eksempelkommune.invalid>"
    mail.set_content("en hilsen")
    return mail.as_bytes(policy=SMTP_LINES)


def hub_with(folder: Path, relay: int, inbox: str) -> HubProcess:
    people = [{"id": "vagt", "addresses": ["mailto:vagt@eksempelkommune.invalid"]}]
    install(folder, channels=CHANNEL.format(relay=relay, sender=SENDER, inbox=inbox), people=people)
    (folder / "bavn.toml").chmod(0o600)  # it has a password
    return HubProcess(folder)


def killed_by(proxy: FaultProxy, hub: HubProcess, side: str, when: bytes, *, before: bool) -> None:
    proxy.strike("cut", side=side, when=when, before=before)
    proxy.on_strike = lambda: hub.process.kill()  # type: ignore[union-attr]


async def restarted(hub: HubProcess) -> None:
    """Once it is dead."""
    await asyncio.to_thread(hub.process.communicate)  # type: ignore[union-attr]
    await asyncio.to_thread(hub.start)


def stored(folder: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(folder / "var" / "bavn.db")) as store:
        return store.execute("select text from inbound").fetchall()


@pytest.mark.parametrize(
    ("side", "when", "before"),
    [(SERVER, rb"en hilsen\r\n", False), (CLIENT, rb"(?i) UID (COPY|MOVE|STORE) ", True)],
    ids=["when it comes", "when it is filed"],
)
async def test_a_mail_in_the_mailbox_counts_once(
    tmp_path: Path, side: str, when: bytes, before: bool
) -> None:
    with Mailbox() as box:
        async with ScriptedSink() as relay, FaultProxy(port=box.port) as proxy:
            inbox = IMAP.format(port=proxy.port, user=USER, password=PASSWORD)
            hub = hub_with(tmp_path, relay.port, inbox)
            killed_by(proxy, hub, side, when, before=before)
            await asyncio.to_thread(box.put, greeting())
            await asyncio.to_thread(hub.start)
            await restarted(hub)
            await box.filed(1)
            await asyncio.to_thread(hub.stop)
        assert proxy.struck == 1
    assert stored(tmp_path) == [("en hilsen",)]


@pytest.mark.parametrize(
    ("side", "when", "before"),
    [(CLIENT, rb"en hilsen\r\n", False), (SERVER, rb"250 2\.0\.0 kept", True)],
    ids=["when it comes", "when it is answered"],
)
async def test_a_mail_from_a_relay_counts_once(tmp_path: Path, side: str, when: bytes, before: bool) -> None:
    port = free_port()
    async with ScriptedSink() as relay, FaultProxy(port=port) as proxy:
        hub = hub_with(tmp_path, relay.port, SMTP.format(port=port))
        killed_by(proxy, hub, side, when, before=before)
        await asyncio.to_thread(hub.start)
        while not proxy.struck:
            assert not await handed_in(proxy.port)
        await restarted(hub)
        await until(lambda: handed_in(proxy.port))
        await asyncio.to_thread(hub.stop)
    assert stored(tmp_path) == [("en hilsen",)]


async def handed_in(port: int) -> bool:
    """As a relay does it: what was not answered with 250 is handed in again."""

    def hand_in() -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
                return not client.sendmail("vagt@eksempelkommune.invalid", [SENDER], greeting())
        except (OSError, smtplib.SMTPException):
            return False

    return await asyncio.to_thread(hand_in)
