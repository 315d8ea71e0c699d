"""The round trip of an alert by mail: a whole hub, a real Postfix that reports and carries answers, a real mailbox."""

import asyncio
import json
import smtplib
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from gateway.store.tables import audit, inbound
from tests.hubs import Desk, Json, hub_in, until
from tests.mailbox import PASSWORD, USER, Mailbox
from tests.peers import free_port, require
from tests.postfix import DOMAIN, PostfixServer
from tests.smtp_sink import SENDER, Does, ScriptedSink

KEY = "0123456789abcdef"
RELAY = """
[channels.mail]
bearer = "email"
host = "127.0.0.1"
port = {relay}
tls = "none"
sender = "{sender}"
domains = ["internet"]
[channels.mail.inbox]
{inbox}
[domains]
internet = "Internet"
"""
SMTP = 'kind = "smtp"\nlisten = "127.0.0.1:{port}"\n'
IMAP = (
    'kind = "imap"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nusername = "{user}"\nlook_every_s = 60\n'
)
PEOPLE: list[Json] = [
    {"id": "vagt", "addresses": [f"mailto:vagt@{DOMAIN}"]},
    {"id": "leder", "addresses": [f"mailto:leder@{DOMAIN}"]},
    {"id": "fratraadt", "addresses": [f"mailto:fratraadt@{DOMAIN}"]},
    {"id": "udenbys", "addresses": ["mailto:vagt@udenbys.invalid"]},
]
ASK: Json = {"precedence": "flash", "want": "acknowledged", "answers": {"1": "kommer", "2": "kommer ikke"}}


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAVN_CHANNELS__MAIL__INBOX__KEY", KEY)


class Always(dict[str, str | Does]):
    """A script that is never used up."""

    def pop(self, step: str, default: object = None) -> object:  # type: ignore[override]
        return self.get(step, default)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Ports:
    """Where Postfix passes mail on: to the hub, to a server that knows nobody, to one that reports nothing."""

    inbox: int
    refuses: int
    abroad: int


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports(free_port(), free_port(), free_port())


@pytest.fixture(scope="module")
def postfix(ports: Ports) -> Iterator[PostfixServer]:
    require("postfix")
    with tempfile.TemporaryDirectory(prefix="bavn-postfix-") as name:
        routes = {
            SENDER: f"smtp:[127.0.0.1]:{ports.inbox}",
            f"fratraadt@{DOMAIN}": f"smtp:[127.0.0.1]:{ports.refuses}",
            "udenbys.invalid": f"smtp:[127.0.0.1]:{ports.abroad}",
        }
        table = ", ".join(f"{{ {address} = {way} }}" for address, way in routes.items())
        extra = {
            "transport_maps": f"inline:{{ {table} }}",
            "minimal_backoff_time": "1s",
            "queue_run_delay": "1s",
        }
        with PostfixServer(Path(name), free_port(), extra=extra) as server:
            yield server


@asynccontextmanager
async def over_postfix(
    folder: Path, server: PostfixServer, ports: Ports, *, tokens: dict[str, str] | None = None
) -> AsyncIterator[Desk]:
    """A hub; with `tokens` the one of before, started again."""
    channels = RELAY.format(relay=server.port, sender=SENDER, inbox=SMTP.format(port=ports.inbox))
    async with hub_in(folder, channels=channels, people=PEOPLE) as desk:
        desk.tokens.update(tokens or {})
        yield desk


async def attempt(desk: Desk, identifier: str, who: str, true: Callable[[Json], bool]) -> Json:
    """The first attempt to `who`, once it is as it should be."""

    async def so() -> bool:
        attempts = (await desk.deliveries(identifier))[who]["attempts"]
        return bool(attempts) and true(attempts[0])

    await until(so)
    found: Json = (await desk.deliveries(identifier))[who]["attempts"][0]
    return found


def received(connection: Connection, _: None) -> list[tuple[str, str]]:
    return [(row.text, row.kind) for row in connection.execute(select(inbound.c.text, inbound.c.kind)).all()]


def reports(connection: Connection, _: None) -> Counter[str]:
    """What was reported, as the audit has it: the evidence of each report, and what was given up."""
    records = [json.loads(row.record) for row in connection.execute(select(audit.c.record))]
    told = [each for each in records if each["event"] in {"reported", "given_up"}]
    return Counter(each.get("evidence", each["event"]) for each in told)


def write(port: int, *, who: str, text: str, about: str, **fields: str) -> None:
    """`who` answers the mail whose Message-ID is `about`."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"<{who}>", SENDER, "SV: ØVELSE"
    mail["In-Reply-To"] = about
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(
        f"{text}\n\nDen 23. nov. 2026 kl. 09.31 skrev Krisestab:\n> 1 = kommer\n> 2 = kommer ikke\n"
    )
    with smtplib.SMTP("127.0.0.1", port) as relay:
        relay.send_message(mail, from_addr=who, to_addrs=[SENDER])


@pytest.mark.postfix
async def test_what_postfix_reports_is_the_evidence(
    tmp_path: Path, postfix: PostfixServer, ports: Ports
) -> None:
    """In the mailbox: delivered. Given to a server that reports nothing: submitted. Refused there: it came back."""
    refusing = ScriptedSink(Always({"RCPT": "550 5.1.1 no such person"}))
    refusing.port, abroad = ports.refuses, ScriptedSink()
    abroad.port = ports.abroad
    async with refusing, abroad, over_postfix(tmp_path, postfix, ports) as desk:
        sent = await desk.send("vagt", "fratraadt", "udenbys", **ASK)
        for who, true in (
            ("vagt", lambda tried: tried["evidence"] == "delivered"),
            ("fratraadt", lambda tried: "550 5.1.1" in tried["detail"] and "came back" in tried["detail"]),
            ("udenbys", lambda tried: "relayed to a server that reports nothing" in tried["detail"]),
        ):
            await attempt(desk, sent["id"], who, true)
        shown = await desk.deliveries(sent["id"])
        await until(lambda: _reported(desk, {"delivered": 1, "given_up": 1}))
    assert {who: each["evidence"] for who, each in shown.items()} == {
        "vagt": "delivered",
        "fratraadt": "submitted",
        "udenbys": "submitted",
    }


@pytest.mark.postfix
async def test_an_answer_counts_and_an_automatic_one_does_not(
    tmp_path: Path, postfix: PostfixServer, ports: Ports
) -> None:
    async with over_postfix(tmp_path, postfix, ports) as desk:
        sent = await desk.send("vagt", "leder", **ASK)
        for who, text, fields in (
            ("leder", "JA", {"Auto_Submitted": "auto-replied"}),
            ("vagt", "1, er der om 20", {}),
        ):
            tried = await attempt(desk, sent["id"], who, lambda tried: tried["evidence"] == "delivered")
            about = f"<{tried['receipt']}>"
            await asyncio.to_thread(
                write, postfix.port, who=f"{who}@{DOMAIN}", text=text, about=about, **fields
            )
        await until(lambda: _has_arrived(desk, 2))
        shown = await desk.deliveries(sent["id"])
    assert {who: (each["evidence"], each["answer"]) for who, each in shown.items()} == {
        "vagt": ("acknowledged", "1"),
        "leder": ("delivered", None),
    }


async def _reported(desk: Desk, wanted: dict[str, int]) -> bool:
    return await desk.hub.store.read(reports, None) == wanted


async def _has_arrived(desk: Desk, count: int) -> bool:
    return len(await desk.hub.store.read(received, None)) >= count


@pytest.mark.postfix
async def test_a_mail_that_comes_while_the_hub_is_away_waits_for_it(
    tmp_path: Path, postfix: PostfixServer, ports: Ports
) -> None:
    async with over_postfix(tmp_path, postfix, ports) as desk:
        sent = await desk.send("leder", **ASK)
        tried = await attempt(desk, sent["id"], "leder", lambda tried: tried["evidence"] == "delivered")
        tokens = desk.tokens
    write(postfix.port, who=f"leder@{DOMAIN}", text="2", about=f"<{tried['receipt']}>")
    async with over_postfix(tmp_path, postfix, ports, tokens=tokens) as desk:
        await until(lambda: _flushed(postfix, desk))
        ended = (await desk.ended(sent["id"]))["leder"]
    assert (ended["ended"], ended["answer"]) == ("reached", "2")


async def _flushed(postfix: PostfixServer, desk: Desk) -> bool:
    """Postfix waits before it tries again; here it is told to try."""
    await asyncio.to_thread(postfix.flush)
    return await _has_arrived(desk, 1)


@asynccontextmanager
async def over_imap(folder: Path) -> AsyncIterator[tuple[Desk, Mailbox, ScriptedSink]]:
    """A hub that reads a mailbox, and what it sends; the password of the mailbox is a secret of the environment."""
    with Mailbox() as mailbox, pytest.MonkeyPatch.context() as environment:
        environment.setenv("BAVN_CHANNELS__MAIL__INBOX__PASSWORD", PASSWORD)
        async with ScriptedSink() as sink:
            inbox = IMAP.format(port=mailbox.port, user=USER)
            channels = RELAY.format(relay=sink.port, sender=SENDER, inbox=inbox)
            async with hub_in(folder, channels=channels, people=PEOPLE) as desk:
                yield desk, mailbox, sink


async def test_an_answer_in_a_mailbox_counts_once_however_often_it_comes(tmp_path: Path) -> None:
    async with over_imap(tmp_path) as (desk, mailbox, sink):
        sent = await desk.send("vagt", **ASK)
        await until(lambda: bool(sink.mails))
        answer = b"From: <vagt@%s>\r\nMessage-ID: <1@x.invalid>\r\n%s\r\n1\r\n"
        copies = [answer % (DOMAIN.encode(), _about(sink.mails[0].raw))] * 2
        await asyncio.to_thread(mailbox.put, *copies)
        ended = (await desk.ended(sent["id"]))["vagt"]
        await mailbox.filed(2)
        kept = await desk.hub.store.read(received, None)
    assert "Svar på denne mail" in sink.mails[0].text
    assert (ended["ended"], ended["evidence"], ended["answer"]) == ("reached", "acknowledged", "1")
    assert (len(ended["answers"]), kept) == (1, [("1", "answer")])


MAILS = (
    (b"vagt", b"\r\n1\r\n\r\nMvh\r\nVagten\r\nTlf. 00 00 00 01\r\n"),
    (b"leder", b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nMIAG\r\n"),
    (b"leder", b"\r\nVagten reacted to your message:\r\n> 1 = kommer\r\n"),
    (b"leder", "\r\nJeg er på ferie til den 1. Ved hastende sager ring 112.\r\n".encode()),
    (b"leder", "\r\nOpgave nr. 4711 er lagt i kø hos Servicedesk.\r\n".encode()),
    (b"mailer-daemon", b"Subject: Undeliverable: alt muligt\r\n\r\n550 5.1.1 user unknown\r\n"),
)


async def test_what_no_program_can_tell_stands_in_the_inbox(tmp_path: Path) -> None:
    async with over_imap(tmp_path) as (desk, mailbox, sink):
        sent = await desk.send("vagt", "leder", **ASK)
        await until(lambda: len(sink.mails) == 2)
        about = {each.raw.partition(b"To: <")[2].partition(b"@")[0]: _about(each.raw) for each in sink.mails}
        heads = [b"From: <%s@%s>\r\n%s" % (who, DOMAIN.encode(), about.get(who, b"")) for who, _ in MAILS]
        mails = [head + mail for head, (_, mail) in zip(heads, MAILS, strict=True)]
        await asyncio.to_thread(mailbox.put, *mails)
        await mailbox.filed(len(mails))
        kept = await desk.hub.store.read(received, None)
        shown = await desk.deliveries(sent["id"])
    assert [kind for _, kind in kept] == [
        "answer",
        "unreadable",
        "reaction",
        "doubtful",
        "doubtful",
        "bounce",
    ]
    assert {who: (each["evidence"], each["answer"]) for who, each in shown.items()} == {
        "vagt": ("acknowledged", "1"),
        "leder": ("read", None),
    }


def _about(raw: bytes) -> bytes:
    return b"In-Reply-To: %s\r\n" % raw.partition(b"Message-ID: ")[2].split()[0]
