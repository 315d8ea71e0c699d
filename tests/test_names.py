"""What an alert is called: two senders may use one identifier, and a word that may mean two alerts means none."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import text

from gateway.store import schema, sqlite
from tests.hubs import Desk, hub_in, until
from tests.stores import NOW, store_in
from tests.test_accept import cap, post

A, B = "a@x.invalid", "b@x.invalid"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with hub_in(tmp_path_factory.mktemp("hub")) as running:
        yield running


def second(number: int) -> str:
    return f"2026-11-23T03:12:{number:02}-00:00"


async def told(desk: Desk, identifier: str, sender: str, headline: str, **more: str) -> Any:
    """A CAP file that is accepted; the answer."""
    body = cap(identifier, sender=sender, **more).replace("Røg over byen", headline)
    status, answer = await post(desk, body, "?precedence=routine&want=submitted")
    assert status == 202, answer
    return answer


# Two senders, one identifier


async def test_two_senders_may_use_the_same_identifier_and_each_text_goes_out(desk: Desk) -> None:
    first = await told(desk, "SAME", A, "Den første")
    other = await told(desk, "SAME", B, "Den anden")
    assert (first["id"], other["id"].partition(",")[0], first["id"] != other["id"]) == ("SAME", "SAME", True)
    for answer, sender, headline in ((first, A, "Den første"), (other, B, "Den anden")):
        shown = await desk.show(f"%23{answer['code']}")
        assert (shown["id"], shown["identifier"], shown["sender"]) == (answer["id"], "SAME", sender)
        await until(lambda headline=headline: any(headline in each for each in desk.texts("vagt")))


async def test_the_same_sender_identifier_and_time_is_one_message(desk: Desk) -> None:
    body = cap("ONCE", sender=A, sent=second(1))
    assert await post(desk, body) == await post(desk, body)
    for other in (body.replace("Røg", "Ild"), body):
        status, problem = await post(desk, other, key="k" if other == body else "")
        assert (status, problem["pointer"]) == (409, "identifier")
        assert "Idempotency-Key" not in problem["detail"]


async def test_a_sender_may_use_an_identifier_again_at_another_time(desk: Desk) -> None:
    ids = {(await told(desk, "AGAIN", A, "Igen", sent=second(n)))["id"] for n in range(3)}
    assert len(ids) == 3


async def test_a_cancel_withdraws_the_alert_of_its_own_sender(desk: Desk) -> None:
    for sender in (A, B):
        await told(desk, "TWICE", sender, "To", sent=second(2))
    ended = await told(desk, "END", B, "Slut", msgType="Cancel", references=f"{B},TWICE,{second(2)}")
    shown = {
        each["sender"]: each
        for each in (await desk.ask("GET", "/alerts"))[1]["alerts"]
        if each["identifier"] == "TWICE"
    }
    assert (shown[A]["withdrawn"], shown[B]["withdrawn"]) == (None, "corrected")
    assert (await desk.show(shown[B]["id"]))["replaced_by"] == ended["id"]


async def test_a_reference_that_may_mean_two_alerts_is_refused(desk: Desk) -> None:
    for number in (3, 4):
        await told(desk, "BOTH", A, "Begge", sent=second(number))
    cancel = cap("END-2", sender=A, msgType="Cancel", references=f"{A},BOTH,{second(5)}", sent=second(9))
    status, problem = await post(desk, cancel)
    assert (status, problem["pointer"]) == (422, "references")
    assert (await post(desk, cancel.replace(second(5), second(4))))[0] == 202


async def test_what_is_corrected_here_is_the_alert_that_was_named(desk: Desk) -> None:
    codes = [(await told(desk, "FIX", sender, "Forkert", sent=second(6)))["code"] for sender in (A, B)]
    assert (await desk.ask("POST", f"/alerts/{codes[1]}/correct", json={"headline": "Rettet"}))[0] == 202
    assert [(await desk.show(code))["withdrawn"] for code in codes] == [None, "corrected"]


async def test_no_identifier_is_too_long_or_too_odd_for_a_bearer(desk: Desk) -> None:
    for identifier in ("Æ" * 500, "a/b+c", "x" * 64):
        answer = await told(desk, identifier, A, "Prøve")
        [attempt] = (await desk.ended(answer["code"]))["vagt"]["attempts"]
        assert re.fullmatch(r"[0-9A-Za-z._-]{1,90}", attempt["receipt"])
        assert attempt["receipt"].startswith(identifier) is (identifier == "x" * 64)


# What a word means


async def test_a_code_is_never_shadowed_by_an_identifier(desk: Desk) -> None:
    flash = await desk.send(headline="Forlad bygningen")
    code = flash["code"]
    foreign = await told(desk, code, A, "Prøve fra en nabo")
    status, problem = await desk.ask("POST", f"/alerts/{code}/stop")
    assert (status, problem["pointer"]) == (409, "alert")
    for each in (
        f"'#{code}'",
        "Forlad bygningen",
        f"'id:{code}'",
        "Prøve fra en nabo",
        f"'#{foreign['code']}'",
    ):
        assert each in problem["detail"]
    status, stopped = await desk.ask("POST", f"/alerts/%23{code}/stop")
    assert (status, stopped["code"], stopped["headline"]) == (200, code, "Forlad bygningen")
    assert (await desk.show(f"id:{code}"))["headline"] == "Prøve fra en nabo"


@pytest.mark.parametrize("mark", ["#", "id:"])
async def test_an_identifier_that_begins_as_a_mark_is_taken_for_nothing_else(desk: Desk, mark: str) -> None:
    mine = await desk.send(headline="Den rigtige")
    meant = mine["code"] if mark == "#" else mine["id"]
    foreign = await told(desk, f"{mark}{meant}", A, "Den fremmede")
    for word, headline in ((f"{mark}{meant}", "Den rigtige"), (foreign["id"], "Den fremmede")):
        assert (await desk.show(quote(word, safe="")))["headline"] == headline


async def test_an_identifier_of_two_senders_is_refused_with_a_way_out(desk: Desk) -> None:
    codes = [(await told(desk, "AMBIGUOUS", sender, sender))["code"] for sender in (A, B)]
    status, problem = await desk.ask("POST", "/alerts/AMBIGUOUS/stop")
    assert (status, all(f"'#{code}'" in problem["detail"] for code in codes)) == (409, True)
    assert (await desk.show("id:AMBIGUOUS"))["sender"] == A


async def test_the_location_finds_the_alert_whatever_its_name_could_mean(desk: Desk) -> None:
    code = (await desk.send())["code"]
    body = cap(code, sender=A, sent=second(8)).encode()
    async with desk.session().post(
        "/api/v1/alerts", data=body, headers={"Content-Type": "text/xml"}
    ) as answer:
        location = answer.headers["Location"]
    status, shown = await desk.ask("GET", location.removeprefix("/api/v1"))
    assert (status, shown["sender"]) == (200, A)


async def test_an_unambiguous_beginning_of_an_identifier_is_enough(desk: Desk) -> None:
    for identifier in ("BEGINNING-1", "BEGINNING-21"):
        await told(desk, identifier, A, identifier)
    for word, status in (
        ("BEGINNING-2", 200),
        ("id:BEGINNING-2", 200),
        ("BEGINNING-1", 200),
        ("BEGINNI", 404),
    ):
        assert (await desk.ask("GET", f"/alerts/{word}"))[0] == status
    assert (await desk.ask("GET", "/alerts/BEGINNING"))[0] == 409
    assert (await desk.ask("GET", "/alerts/beginning-2"))[0] == 404
    assert (await desk.ask("GET", "/alerts/%25%25%25%25%25%25%25%25"))[0] == 404  # no pattern, a text


async def test_an_alert_of_the_first_schema_keeps_its_name_in_cap(tmp_path: Path) -> None:
    engine = sqlite.open_engine(tmp_path / "bavn.db")
    body = json.dumps({"sender": A, "sent": int(NOW.timestamp())}).encode()
    with engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for number, octets in ((1, body), (2, b"damaged")):
            connection.execute(
                text(
                    "insert into alerts (id, identifier, code, plane, status, precedence, submitter, accepted_ms,"
                    " expires_ms, body) values (:n, :name, 'A2', 'exercise', 'Exercise', 4, 'x', 0, 0, :body)"
                ),
                {"n": number, "name": f"OLD-{number}", "body": octets},
            )
    async with store_in(tmp_path) as bench:
        rows = await bench.rows("select cap_identifier, sender, sent_ms from alerts order by id")
    assert [tuple(row.values()) for row in rows] == [("OLD-1", A, NOW.timestamp() * 1000), ("OLD-2", "", 0)]
