"""Round trips of a whole hub over an aggregator: alert out, report in, answer in; and what a crash leaves."""

import asyncio
import json
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.aggregator import SECRET, TOKEN, Aggregator, Json, lost, said, signature, sms_http_table, status
from tests.fault_proxy import CLIENT, SERVER, FaultProxy
from tests.hubs import Desk, hub_in, install, until
from tests.running import HubProcess

PEOPLE: list[Json] = [{"id": "vagt", "addresses": ["sms:+4500000001"]}]
ASK: Json = {"precedence": "flash", "want": "acknowledged", "answers": {"1": "kommer", "2": "kommer ikke"}}


@pytest.fixture(autouse=True)
def _secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As systemd gives them: no secret stands in bavn.toml."""
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    for name, secret in {"token": TOKEN, "webhook_secret": SECRET}.items():
        (folder / f"channels.sms.{name}").write_text(secret, encoding="utf-8")
        (folder / f"channels.sms.{name}").chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))


@pytest.fixture
async def far() -> AsyncIterator[Aggregator]:
    async with Aggregator() as far:
        yield far


def installation(far: Aggregator, *, port: int = 0) -> dict[str, Any]:
    table = sms_http_table(url=far.url(), listen=f"127.0.0.1:{port}")
    del table["token"]
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return {"channels": "\n".join(["[channels.sms]", *lines, ""]), "people": PEOPLE}


async def bring(port: int, body: object) -> int:
    """One try of the aggregator; 0 where nobody answers."""
    octets = json.dumps(body).encode()
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
            session.post(
                f"http://127.0.0.1:{port}/sms", data=octets, headers={"Signature": signature(octets)}
            ) as answer,
        ):
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def hook(desk: Desk) -> int:
    channel: Any = desk.hub.dispatchers["sms"].channel
    return int(channel.webhooks.port)


async def attempt_is(desk: Desk, alert: str, evidence: str) -> Json:
    """The first attempt, once it has that evidence."""

    async def so() -> bool:
        attempts = (await desk.deliveries(alert))["vagt"]["attempts"]
        return bool(attempts) and attempts[0]["evidence"] == evidence

    await until(so)
    attempt: Json = (await desk.deliveries(alert))["vagt"]["attempts"][0]
    return attempt


async def test_an_alert_leaves_a_report_raises_it_and_an_answer_ends_it(
    far: Aggregator, tmp_path: Path
) -> None:
    async with hub_in(tmp_path, **installation(far)) as desk:
        sent = await desk.send("vagt", **ASK)
        attempt = await attempt_is(desk, sent["id"], "submitted")
        [message] = far.taken
        assert attempt["receipt"] == "01JNN696A9E0WS89FPYG000001"
        report = status("DELIVERED", message=attempt["receipt"], attempt=message["reference"])
        assert await bring(hook(desk), report) == 204
        await attempt_is(desk, sent["id"], "delivered")
        assert await bring(hook(desk), said("1")) == 204
        ended = (await desk.ended(sent["id"]))["vagt"]
    assert (ended["ended"], ended["evidence"], ended["answer"]) == ("reached", "acknowledged", "1")
    assert message["message"].startswith("ØVELSE")
    assert message["message"].endswith("ØVELSE")


async def test_a_report_by_the_aggregators_name_alone_is_enough(far: Aggregator, tmp_path: Path) -> None:
    async with hub_in(tmp_path, **installation(far)) as desk:
        sent = await desk.send("vagt", precedence="routine", want="delivered")
        attempt = await attempt_is(desk, sent["id"], "submitted")
        assert await bring(hook(desk), status("DELIVERED", message=attempt["receipt"])) == 204
        assert (await desk.ended(sent["id"]))["vagt"]["ended"] == "reached"


@pytest.mark.parametrize(("state", "evidence"), [("ENROUTE", "submitted"), ("DELIVERED", "delivered")])
async def test_a_report_raises_even_a_message_whose_answer_was_lost(
    far: Aggregator, tmp_path: Path, state: str, evidence: str
) -> None:
    async with hub_in(tmp_path, **installation(far)) as desk:
        far.script.append(lost(far))
        sent = await desk.send("vagt", precedence="routine", want="delivered")
        await attempt_is(desk, sent["id"], "unknown")
        [message] = far.taken
        report = status(state, message="01JNN696A9E0WS89FPYG000001", attempt=message["reference"])
        assert await bring(hook(desk), report) == 204
        await attempt_is(desk, sent["id"], evidence)
    assert len(far.taken) == 1


async def test_reports_that_contradict_or_come_late_lower_nothing(far: Aggregator, tmp_path: Path) -> None:
    async with hub_in(tmp_path, **installation(far)) as desk:
        sent = await desk.send("vagt", **ASK)
        attempt = await attempt_is(desk, sent["id"], "submitted")
        for state in ("DELIVERED", "ENROUTE", "UNKNOWN", "EXPIRED", "DELIVERED"):
            assert await bring(hook(desk), status(state, message=attempt["receipt"])) == 204
        assert (await attempt_is(desk, sent["id"], "delivered"))["evidence"] == "delivered"


async def test_what_another_system_sent_over_the_same_account_raises_nothing(
    far: Aggregator, tmp_path: Path
) -> None:
    async with hub_in(tmp_path, **installation(far)) as desk:
        far.script.append(lost(far))
        sent = await desk.send("vagt", precedence="routine", want="delivered")
        await attempt_is(desk, sent["id"], "unknown")
        for state in ("ENROUTE", "DELIVERED"):
            for attempt in (None, "another.1"):
                assert await bring(hook(desk), status(state, message="other", attempt=attempt)) == 204
        assert (await desk.deliveries(sent["id"]))["vagt"]["evidence"] == "unknown"


async def test_an_answer_twice_counts_once_and_a_stranger_goes_to_the_inbox(
    far: Aggregator, tmp_path: Path
) -> None:
    async with hub_in(tmp_path, **installation(far)) as desk:
        sent = await desk.send("vagt", **ASK)
        await attempt_is(desk, sent["id"], "submitted")
        for body in (
            said("2", sender=4500000009, message="b"),
            said("1", message="a"),
            said("1", message="a"),
        ):
            assert await bring(hook(desk), body) == 204
        delivery = (await desk.ended(sent["id"]))["vagt"]
        _, inbox = await desk.ask("GET", "/inbox")
    assert (delivery["answer"], len(delivery["answers"])) == ("1", 1)
    assert "+4500000009" in json.dumps(inbox)


async def test_of_a_batch_the_good_count_and_the_bad_stand_in_the_inbox(
    far: Aggregator, tmp_path: Path
) -> None:
    async with hub_in(tmp_path, **installation(far)) as desk:
        sent = await desk.send("vagt", **ASK)
        await attempt_is(desk, sent["id"], "submitted")
        batch = [said("BRUG FOR HJÆLP", sender=[]), said("1", message="a"), {"event_type": "x"}]
        for _ in range(2):
            assert await bring(hook(desk), batch) == 204
        assert (await desk.ended(sent["id"]))["vagt"]["answer"] == "1"
        _, inbox = await desk.ask("GET", "/inbox")
        _, first = await desk.ask("GET", f"/inbox/{inbox['items'][0]['number']}")
    assert [(item["kind"], item["open"]) for item in inbox["items"]] == [("unreadable", True)] * 2
    assert "BRUG FOR HJÆLP" in first["raw"]


async def comes_again(port: int) -> bool:
    """The aggregator's next try, with a signature of its own."""
    return await bring(port, said("en hilsen")) == 204


@pytest.mark.parametrize(
    ("side", "when", "before"),
    [(CLIENT, rb"Signature.*}", False), (SERVER, rb"HTTP/1.1 204", True)],
    ids=["when it arrives", "when it is answered"],
)
async def test_a_hub_that_is_killed_loses_no_answer_and_counts_none_twice(
    far: Aggregator, tmp_path: Path, side: str, when: bytes, before: bool
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    install(tmp_path, **installation(far, port=port))
    hub = HubProcess(tmp_path)
    await asyncio.to_thread(hub.start)
    try:
        async with FaultProxy(port=port) as proxy:
            proxy.strike("cut", side=side, when=when, before=before)
            proxy.on_strike = lambda: hub.process.kill()  # type: ignore[union-attr]
            await until(lambda: listens(port))
            assert await bring(proxy.port, said("en hilsen")) == 0
            assert proxy.struck == 1
            await asyncio.to_thread(hub.process.communicate)  # type: ignore[union-attr]
            await asyncio.to_thread(hub.start)
            await until(lambda: comes_again(proxy.port))
    finally:
        await asyncio.to_thread(hub.stop)
    with closing(sqlite3.connect(tmp_path / "var" / "bavn.db")) as store:
        assert store.execute("select text from inbound").fetchall() == [("en hilsen",)]
