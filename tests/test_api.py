"""The HTTP interface on a running hub: what is accepted, what is refused, and with which words."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from tests.hubs import Desk, Json, hub_in

GOOD: Json = {"to": ["vagt"], "precedence": "routine", "headline": "Prøve"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One hub for the whole file: these tests leave nothing behind that another could trip over."""
    async with hub_in(tmp_path_factory.mktemp("hub")) as running:
        yield running


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def raw(desk: Desk, method: str, path: str, **more: Any) -> tuple[aiohttp.ClientResponse, Json]:
    if not desk._sessions:
        desk.session()
    async with desk._sessions[0].request(method, path, **more) as answer:
        return answer, json.loads(await answer.read())


async def refused(
    desk: Desk, body: bytes | str, kind: str = "application/json", path: str = "/alerts"
) -> Json:
    """Posts; the answer must be a problem (RFC 9457), which is returned."""
    data = BytesIO(body.encode() if isinstance(body, str) else body)
    answer, problem = await raw(desk, "POST", f"/api/v1{path}", data=data, headers={"Content-Type": kind})
    assert answer.content_type == "application/problem+json"
    assert problem["status"] == answer.status >= 400
    assert problem["title"]
    return problem


# Accepting


async def test_an_accepted_alert_says_where_to_read_it(desk: Desk) -> None:
    answer, body = await raw(desk, "POST", "/api/v1/alerts", json=GOOD)
    assert (answer.status, body["state"], body["no_route"]) == (202, "released", [])
    assert answer.headers["Location"] == f"/api/v1/alerts/{body['id']}"
    status, shown = await desk.ask("GET", f"/alerts/{body['id']}")
    assert (status, shown["status"], shown["headline"]) == (200, "Exercise", "Prøve")


async def test_an_alert_can_be_read_by_its_code(desk: Desk) -> None:
    sent = await desk.send()
    for word in (sent["code"], sent["code"].lower(), f"%23{sent['code']}"):
        assert (await desk.show(word))["id"] == sent["id"]


async def test_a_recipient_without_a_way_is_named_in_the_answer_with_the_reason(desk: Desk) -> None:
    sent = await desk.send("vagt", "uden-vej")
    assert sent["no_route"] == ["uden-vej"]
    assert [(w["kind"], w["why"], w["about"]) for w in sent["warnings"]] == [
        ("no_route", "no-channel", ["sms"])
    ]
    assert sent["warnings"][0]["detail"] == "uden-vej: no channel takes their addresses (sms)"


async def test_the_same_key_and_body_get_the_same_warnings(desk: Desk) -> None:
    first, again = [await desk.send("uden-vej", key="advarsel") for _ in range(2)]
    assert first == again
    assert first["warnings"]


async def test_a_group_is_expanded_and_each_person_gets_it_once(desk: Desk) -> None:
    sent = await desk.send("krisestab", "vagt")
    assert sorted(await desk.deliveries(sent["id"])) == ["leder", "vagt"]


@pytest.mark.parametrize("status", ["Test", "Draft"])
async def test_a_test_or_draft_is_kept_and_never_sent(desk: Desk, status: str) -> None:
    sent = await desk.send(status=status)
    shown = await desk.show(sent["id"])
    assert (shown["status"], shown["deliveries"]) == (status, [])


async def test_two_hundred_posts_at_once_are_all_accepted_and_differ(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.send(key=f"many-{n}") for n in range(200)))
    assert len({a["id"] for a in answers}) == len({a["code"] for a in answers}) == 200


# Refusing

REFUSED = [
    ({"to": []}, "to"),
    ({"to": ["ukendt"]}, "to"),
    ({"to": "vagt"}, "to"),
    ({"to": ["vagt\u0000"]}, "to.0"),
    ({"precedence": "hurtigt"}, "precedence"),
    ({"precedence": 1.5}, "precedence"),
    ({"headline": " "}, "headline"),
    ({"headline": "x" * 501}, "headline"),
    ({"headline": 7}, "headline"),
    ({"headline": "NUL\u0000"}, "headline"),
    ({"text": "x" * 2001}, "text"),
    ({"radio_text": "x" * 66}, "radio_text"),
    ({"status": "Skarp"}, "status"),
    ({"status": "Actual"}, "status"),  # the gateway is on the exercise plane
    ({"want": "unknown"}, "want"),
    ({"want": "submittet"}, "want"),
    ({"expires": "2"}, "expires"),
    ({"expires": "-1h"}, "expires"),
    ({"expires": "2020-01-01T00:00:00Z"}, "expires"),
    ({"expires": "99d"}, "expires"),
    ({"answers": {"ja": "kommer"}}, "answers"),
    ({"answers": {"1": ""}}, "answers"),
    ({"recipients": ["vagt"]}, "recipients"),
]


@pytest.mark.parametrize(("change", "pointer"), REFUSED)
async def test_what_cannot_be_carried_out_is_refused_and_the_element_is_named(
    desk: Desk, change: Json, pointer: str
) -> None:
    problem = await refused(desk, json.dumps(GOOD | change))
    assert (problem["status"], problem["pointer"]) == (422, pointer)


BROKEN = [
    "",
    "null",
    "[]",
    "{",
    '{"to": ["vagt"]}{}',
    "\ufeff{}",
    "[" * 100_000,
    '{"a":' * 100_000,
    json.dumps(GOOD | {"headline": "\ud800"}),
    json.dumps(GOOD)[:-1] + ', "status": "Exercise", "status": "Actual"}',
    json.dumps(GOOD)[:-1] + ', "answers": {"1": "ja", "1": "nej"}}',
    b'{"headline": "\xff\xfe"}',
    '{"to": ["vagt"], "precedence": "routine", "headline": NaN}',
    '{"to": ["vagt"], "precedence": 1' + "0" * 5000 + ', "headline": "x"}',
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
async def test_json_that_is_broken_or_says_two_things_is_refused(desk: Desk, body: bytes | str) -> None:
    assert (await refused(desk, body))["status"] == 422


@pytest.mark.parametrize("body", [*BROKEN[1:8], b"\xff"], ids=range(8))
@pytest.mark.parametrize("path", ["correct", "answers"])
async def test_what_follows_an_alert_is_read_with_the_same_care(
    desk: Desk, path: str, body: bytes | str
) -> None:
    sent = await desk.send()
    assert (await refused(desk, body, path=f"/alerts/{sent['id']}/{path}"))["status"] == 422


@pytest.mark.parametrize("field", ["recipient", "text", "via"])
@pytest.mark.parametrize("value", ["", " ", 7, None, "\ud800", "x\u0000", "x" * 1001, "ukendt\n"])
async def test_an_answer_by_hand_with_a_bad_field_is_refused(desk: Desk, field: str, value: object) -> None:
    sent = await desk.send()
    body = {"recipient": "vagt", "text": "kommer", "via": "voice", field: value}
    if (field, value) != ("text", "ukendt\n"):  # a text may well be that
        problem = await refused(desk, json.dumps(body), path=f"/alerts/{sent['id']}/answers")
        assert problem["status"] in {404, 422}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_another_content_type_is_refused(desk: Desk, kind: str) -> None:
    assert (await refused(desk, json.dumps(GOOD), kind or "application/octet-stream"))["status"] == 415


async def test_what_is_too_large_is_refused(desk: Desk) -> None:
    problem = await refused(desk, json.dumps(GOOD | {"long_text": "x" * 2_100_000}))
    assert problem["status"] == 413


WRONG_PATHS = [
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/alerts/K0", 404),
    ("GET", "/api/v1/alerts/%00", 404),
    ("GET", "/api/v1/alerts/%ED%A0%80", 404),
    ("GET", "/api/v1/alerts/%FF", 404),
    ("DELETE", "/api/v1/alerts", 405),
    ("GET", "/api/v1/alerts?limit=0", 422),
    ("GET", "/api/v1/alerts?limit=501", 422),
    ("GET", "/api/v1/alerts?open=yes", 422),
    ("GET", "/api/v1/inbox?all=yes", 422),
    ("GET", "/api/v1/inbox?all=", 422),
    ("GET", "/api/v1/inbox?limit=x", 422),
    ("GET", "/api/v1/alerts?limit=%D9%A1", 422),
    ("GET", "/api/v1/alerts?limit=" + "1" * 5000, 422),
    ("POST", "/api/v1/alerts/nothing/stop", 404),
    ("POST", "/api/v1/channels/nothing/disable", 404),
    ("POST", "/api/v1/channels/nothing/test", 404),
    ("GET", "/api/v1/channels/nothing/log", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), WRONG_PATHS)
async def test_every_error_is_a_problem(desk: Desk, method: str, path: str, status: int) -> None:
    url = URL(f"http://127.0.0.1:{desk.port}{path}", encoded=True)
    async with desk.session() as session, session.request(method, url) as answer:
        assert answer.content_type == "application/problem+json"
        assert (answer.status, (await answer.json(content_type=None))["status"]) == (status, status)


@pytest.mark.parametrize(("reason", "pointer"), [("\ud800", "body"), ("x" * 201, "reason"), (7, "reason")])
async def test_a_bad_reason_for_a_switch_is_refused(desk: Desk, reason: object, pointer: str) -> None:
    problem = await refused(desk, json.dumps({"reason": reason}), path="/channels/loop/disable")
    assert (problem["status"], problem["pointer"]) == (422, pointer)


async def test_a_query_belongs_to_a_cap_file_and_is_not_quietly_ignored(desk: Desk) -> None:
    problem = await refused(desk, json.dumps(GOOD), path="/alerts?to=leder")
    assert (problem["status"], problem["pointer"]) == (422, "query")


async def test_a_slow_client_holds_up_nobody(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.port)) as slow:
        slow.sendall(b"POST /api/v1/alerts HTTP/1.1\r\nHost: hub\r\nContent-Length: 500\r\n\r\n{")
        assert (await desk.send())["state"] == "released"


# Idempotency


async def test_the_same_key_and_body_give_the_same_alert(desk: Desk) -> None:
    first, again = await desk.send(key="once"), await desk.send(key="once")
    assert first == again


async def test_the_same_key_with_another_body_is_a_conflict(desk: Desk) -> None:
    await desk.send(key="twice")
    answer, problem = await raw(
        desk,
        "POST",
        "/api/v1/alerts",
        json=GOOD | {"headline": "En anden"},
        headers={"Idempotency-Key": "twice"},
    )
    assert (answer.status, problem["pointer"]) == (409, "Idempotency-Key")


async def test_a_key_belongs_to_its_submitter(desk: Desk) -> None:
    mine = await desk.send(key="shared")
    headers = {"Idempotency-Key": "shared"}
    async with desk.session("other") as session:
        theirs = await session.post("/api/v1/alerts", json=GOOD | {"headline": "Min"}, headers=headers)
        assert (theirs.status, (await theirs.json())["id"] != mine["id"]) == (202, True)


async def test_the_same_key_many_times_at_once_makes_one_alert(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.send(key="storm") for _ in range(50)))
    assert len({a["id"] for a in answers}) == 1
    listed = (await desk.ask("GET", "/alerts?limit=500"))[1]["alerts"]
    assert sum(each["id"] == answers[0]["id"] for each in listed) == 1


@pytest.mark.parametrize("key", ["x" * 201, "lig\tnd"])
async def test_a_key_that_cannot_be_kept_is_refused(desk: Desk, key: str) -> None:
    answer, problem = await raw(desk, "POST", "/api/v1/alerts", json=GOOD, headers={"Idempotency-Key": key})
    assert (answer.status, problem["pointer"]) == (422, "Idempotency-Key")


# Who may


@pytest.mark.parametrize("token", [None, "bavn_wrong", "", "bavn_\u00e6"])
async def test_without_a_right_token_nothing_is_said(desk: Desk, token: str | None) -> None:
    async with desk.session(token) as session:
        answer = await session.get("/api/v1/alerts")
        assert answer.status == 401
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


NEEDS = [
    ("GET", "/alerts", "read"),
    ("POST", "/alerts", "send"),
    ("POST", "/channels/loop/enable", "operate"),
]


@pytest.mark.parametrize("scope", ["read", "send", "operate"])
@pytest.mark.parametrize(("method", "path", "needs"), NEEDS)
async def test_a_token_may_do_what_its_scope_says_and_no_more(
    desk: Desk, scope: str, method: str, path: str, needs: str
) -> None:
    async with desk.session(scope) as session:
        answer = await session.request(method, f"/api/v1{path}", json=GOOD if path == "/alerts" else None)
        assert (answer.status == 403) == (scope != needs)


async def test_over_the_unix_socket_the_file_decides_who_may(desk: Desk) -> None:
    async with desk.session(None, unix=True) as session:
        answer = await session.post("/api/v1/alerts", json=GOOD)
        shown = await session.get(answer.headers["Location"])
        assert (answer.status, (await shown.json())["submitter"]) == (202, "local")
    assert (desk.folder / "var" / "bavn.sock").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("word", ["take", "done", "is"])
async def test_over_the_unix_socket_who_takes_an_item_must_say_so(desk: Desk, word: str) -> None:
    async with desk.session(None, unix=True) as session:
        body = {"contact": "vagt"} if word == "is" else {"by": " "}
        answer = await session.post(f"/api/v1/inbox/1/{word}", json=body)
        assert (answer.status, (await answer.json())["pointer"]) == (422, "by")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/openapi.json"])
async def test_three_pages_need_no_token(desk: Desk, path: str) -> None:
    async with desk.session(None) as session:
        answer = await session.get(path)
        assert (answer.status, isinstance(await answer.json(), dict)) == (200, True)


# Watching


async def test_a_watcher_hears_of_each_alert_that_changes(desk: Desk) -> None:
    async with desk.session() as session, session.get("/api/v1/events") as events:
        assert events.content_type == "text/event-stream"
        assert await events.content.readline() == b": watching\n"
        sent = await desk.send()
        wanted = f'data: {{"id": "{sent["id"]}"}}\n'.encode()
        async with asyncio.timeout(5):
            while await events.content.readline() != wanted:
                pass


async def test_the_metrics_are_openmetrics_and_name_nobody(desk: Desk) -> None:
    async with desk.session() as session:
        answer = await session.get("/metrics")
        lines = (await answer.text()).splitlines()
    assert answer.content_type == "application/openmetrics-text"
    assert lines[-1] == "# EOF"
    families = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    for line in lines[:-1]:
        if not line.startswith("#"):
            name, _, value = line.partition("{")[0].partition(" ")[0], *line.rpartition(" ")[1:]
            assert name in families
            assert float(value) >= 0
    assert "vagt" not in "\n".join(lines)


async def test_a_channel_is_disabled_and_enabled_again(desk: Desk) -> None:
    status, off = await desk.ask("POST", "/channels/loop/disable", json={"reason": "service"})
    assert (status, off["state"], off["disabled"], off["reason"]) == (200, "down", True, "disabled: service")
    sent = await desk.send()
    assert sent["no_route"] == []
    assert (await desk.deliveries(sent["id"]))["vagt"]["evidence"] == "queued"
    assert (await desk.ask("POST", "/channels/loop/enable"))[1]["state"] == "up"
    assert (await desk.ask("POST", "/channels/loop/test"))[1] == {
        "name": "loop",
        "state": "up",
        "reason": "",
        "disabled": False,
        "proved": [],
    }
    assert (await desk.ended(sent["id"]))["vagt"]["ended"] == "reached"
