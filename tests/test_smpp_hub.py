"""Round trips of a whole hub over a message centre: alert out, receipt in, answer in; and what a crash leaves."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from channels.base import Inbound, State
from gateway.store.tables import inbound
from tests.fault_proxy import CLIENT, SERVER
from tests.hubs import Desk, hub_in, install, until
from tests.running import HubProcess
from tests.smsc import MUTE, Smsc, Taken, smpp_table, told, turns

PHONE = "4500000001"
PEOPLE: list[dict[str, Any]] = [{"id": "vagt", "addresses": [f"sms:+{PHONE}"]}]
ASK: dict[str, Any] = {
    "precedence": "flash",
    "want": "acknowledged",
    "answers": {"1": "kommer", "2": "kommer ikke"},
}


def installation(smsc: Smsc, **more: Any) -> dict[str, Any]:
    table = smpp_table(smsc.proxy.port, **more)
    del table["password"]  # a file that others can read may hold none
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return {"channels": "\n".join(["[channels.sms]", *lines, ""]), "people": PEOPLE}


async def attempt_is(desk: Desk, alert: str, evidence: str) -> dict[str, Any]:
    """The delivery, once its first attempt has that evidence."""

    async def so() -> bool:
        attempts = (await desk.deliveries(alert))["vagt"]["attempts"]
        return bool(attempts) and attempts[0]["evidence"] == evidence

    await until(so)
    return (await desk.deliveries(alert))["vagt"]


async def test_an_alert_leaves_a_receipt_raises_it_and_an_answer_ends_it(tmp_path: Path) -> None:
    async with Smsc() as smsc, hub_in(tmp_path, **installation(smsc)) as desk:
        sent = await desk.send("vagt", **ASK)
        await attempt_is(desk, sent["id"], "submitted")
        smsc.report(smsc.taken[0])
        assert (await attempt_is(desk, sent["id"], "delivered"))["ended"] is None
        smsc.bring(f"1 #{sent['code']}" if "code" in sent else "1")
        ended = (await desk.ended(sent["id"]))["vagt"]
        await until(lambda: not smsc.kept)
    assert (ended["ended"], ended["evidence"], ended["answer"]) == ("reached", "acknowledged", "1")
    assert len(smsc.taken) == 1
    assert smsc.taken[0].text.startswith("ØVELSE")
    assert smsc.brought == [0, 0]


async def test_a_receipt_of_a_failure_is_kept_and_proves_nothing(tmp_path: Path) -> None:
    async with Smsc() as smsc, hub_in(tmp_path, **installation(smsc)) as desk:
        sent = await desk.send("vagt", **ASK)
        await attempt_is(desk, sent["id"], "submitted")
        smsc.report(smsc.taken[0], "UNDELIV")
        await until(lambda: not smsc.kept)
        attempt = (await desk.deliveries(sent["id"]))["vagt"]["attempts"][0]
    assert attempt["evidence"] == "submitted"
    assert "UNDELIV" in attempt["detail"]


async def test_a_receipt_raises_even_a_message_whose_answer_was_lost(tmp_path: Path) -> None:
    async with Smsc() as smsc, hub_in(tmp_path, **installation(smsc, response_s=0.2)) as desk:
        smsc.script.append(MUTE)
        sent = await desk.send("vagt", precedence="routine", want="delivered")
        await attempt_is(desk, sent["id"], "unknown")
        reference = next(each for each in smsc.muted[0].tlvs if each.tag == 0x0204)
        smsc.report(Taken("F00", smsc.muted[0]), tlvs=[reference])
        ended = (await desk.ended(sent["id"]))["vagt"]
    assert (ended["ended"], ended["attempts"][0]["evidence"]) == ("reached", "delivered")
    assert smsc.taken == []


async def test_a_receipt_that_is_not_marked_as_one_answers_for_nobody(tmp_path: Path) -> None:
    async with Smsc() as smsc, hub_in(tmp_path, **installation(smsc)) as desk:
        sent = await desk.send("vagt", **ASK)
        await attempt_is(desk, sent["id"], "submitted")
        smsc.bring(b"id:00000001 sub:001 dlvrd:001 stat:DELIVRD err:000 text:1")
        await until(lambda: not smsc.kept)
        unmarked = (await desk.deliveries(sent["id"]))["vagt"]
        smsc.report(smsc.taken[0])
        marked = await attempt_is(desk, sent["id"], "delivered")
    assert (unmarked["evidence"], unmarked["answer"]) == ("submitted", None)
    assert (marked["evidence"], marked["ended"]) == ("delivered", None)


async def test_an_answer_in_parts_is_acknowledged_and_joined(tmp_path: Path) -> None:
    async with Smsc() as smsc, hub_in(tmp_path, **installation(smsc)) as desk:
        sent = await desk.send("vagt", **ASK)
        await attempt_is(desk, sent["id"], "submitted")
        for number, text in ((2, b"mmer om 20"), (1, b"1 jeg ko")):
            smsc.bring(b"\5\0\3\x2a\2%c" % number + text, esm_class=0x40)
        ended = (await desk.ended(sent["id"]))["vagt"]
        await until(lambda: not smsc.kept)
    assert ended["answer"] == "1"


@pytest.mark.parametrize(
    ("octets", "kind"),
    [(b"1", "unreadable"), (b"\xd8\x3d", "unreadable"), ("1".encode("utf-16-le"), "answer")],
)
async def test_what_says_nothing_that_can_be_understood_stands_open_with_its_octets(
    tmp_path: Path, octets: bytes, kind: str
) -> None:
    async with Smsc() as smsc, hub_in(tmp_path, **installation(smsc)) as desk:
        sent = await desk.send("vagt", **ASK)
        await attempt_is(desk, sent["id"], "submitted")
        smsc.bring(octets, data_coding=8)
        await until(lambda: not smsc.kept)
        [item] = (await desk.ask("GET", "/inbox"))[1]["items"]
        _, shown = await desk.ask("GET", f"/inbox/{item['number']}")
        answered = (await desk.deliveries(sent["id"]))["vagt"]["answer"]
    assert (item["kind"], answered != "1", octets.hex().upper() in shown["raw"]) == (kind, True, True)


async def test_a_sign_that_a_phone_cut_between_two_parts_is_shown_whole(tmp_path: Path) -> None:
    octets = "JA 👍".encode("utf-16-be")
    async with Smsc() as smsc, hub_in(tmp_path, **installation(smsc)) as desk:
        for number, piece in enumerate((octets[:-2], octets[-2:]), start=1):
            smsc.bring(b"\5\0\3\x2a\2%c" % number + piece, esm_class=0x40, data_coding=8)
        await until(lambda: not smsc.kept)
        assert "JA 👍" in await stored(desk)


ACKNOWLEDGED = rb"\x80\x00\x00\x05"  # deliver_sm_resp


async def test_a_message_that_came_before_a_crash_comes_again(tmp_path: Path) -> None:
    async with Smsc() as smsc:
        async with smsc.channel() as killed:
            await turns(killed, State.UP)
            smsc.bring("en hilsen")
            await told(killed, Inbound)
            smsc.away()
        smsc.away(gone=False)
        async with hub_in(tmp_path, **installation(smsc)) as desk:
            await until(lambda: not smsc.kept)
            assert await stored(desk) == ["en hilsen"]


@pytest.mark.parametrize("restart", [False, True])
async def test_a_message_whose_acknowledgement_was_lost_counts_once(tmp_path: Path, restart: bool) -> None:
    """It was committed; the connection, or the process, died before the message centre heard so."""
    async with Smsc() as smsc:
        async with hub_in(tmp_path, **installation(smsc)) as desk:
            smsc.proxy.strike("cut", side=CLIENT, when=ACKNOWLEDGED, before=True)
            smsc.proxy.on_strike = lambda: smsc.away(gone=restart)
            smsc.bring("en hilsen")
            await until(lambda: smsc.proxy.struck == 1)
            assert len(await stored(desk)) == 1
            if not restart:
                await until(lambda: not smsc.kept)
        smsc.away(gone=False)
        async with hub_in(tmp_path) as desk:
            await until(lambda: not smsc.kept)
            assert await stored(desk) == ["en hilsen"]


async def stored(desk: Desk) -> list[str]:
    """The text of every inbound message that the store has."""

    def op(connection: Connection, _: None) -> list[str]:
        return [row.text for row in connection.execute(select(inbound.c.text).order_by(inbound.c.id))]

    return await desk.hub.store.read(op, None)


async def test_the_same_answer_counts_again_right_after_a_restart(tmp_path: Path) -> None:
    """It answers the next question, not the last one a second time."""
    async with Smsc() as smsc:
        tokens = install(tmp_path, **installation(smsc))
        for number in (1, 2):
            async with hub_in(tmp_path) as desk:
                desk.tokens.update(tokens)
                sent = await desk.send("vagt", **ASK)
                await attempt_is(desk, sent["id"], "submitted")
                smsc.bring("1")
                ended = (await desk.ended(sent["id"]))["vagt"]
                await until(lambda: not smsc.kept)
                assert (ended["answer"], await stored(desk)) == ("1", ["1"] * number)


ARRIVES = rb"\x00\x00\x00\x05\x00\x00\x00\x00"  # deliver_sm


@pytest.mark.parametrize(
    ("side", "when", "before"),
    [(SERVER, ARRIVES, False), (CLIENT, ACKNOWLEDGED, True)],
    ids=["when it arrives", "when it is acknowledged"],
)
async def test_a_hub_that_is_killed_loses_no_message_and_counts_none_twice(
    tmp_path: Path, side: str, when: bytes, before: bool
) -> None:
    async with Smsc() as smsc:
        install(tmp_path, **installation(smsc))
        hub = HubProcess(tmp_path)
        await asyncio.to_thread(hub.start)
        smsc.proxy.strike("cut", side=side, when=when, before=before)
        smsc.proxy.on_strike = lambda: hub.process.kill()  # type: ignore[union-attr]
        await until(lambda: smsc.esme is not None)
        smsc.bring("en hilsen")
        await asyncio.to_thread(hub.process.communicate)  # type: ignore[union-attr]
        await asyncio.to_thread(hub.start)
        await until(lambda: not smsc.kept)
        await asyncio.to_thread(hub.stop)
    with closing(sqlite3.connect(tmp_path / "var" / "bavn.db")) as store:
        stored = store.execute("select text from inbound").fetchall()
    assert stored == [("en hilsen",)]
