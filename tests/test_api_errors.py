"""What an error of the HTTP interface says: the element, and what to write; nothing of the program that refused it."""

import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hubs import Desk, hub_in, until
from tests.test_api import GOOD, raw, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with hub_in(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"to": 1' + "0" * 6000 + "}", "a number of 6001 digits"),
        ('{"to": "x", "to": "y"}', "twice"),
    ],
)
async def test_an_error_speaks_of_the_request_and_not_of_the_program(
    desk: Desk, body: str, words: str
) -> None:
    detail = (await refused(desk, body))["detail"]
    assert words in detail
    assert "sys." not in detail


@pytest.mark.parametrize("key", ["", " "])
async def test_an_empty_key_is_no_key(desk: Desk, key: str) -> None:
    answer, problem = await raw(desk, "POST", "/api/v1/alerts", json=GOOD, headers={"Idempotency-Key": key})
    assert (answer.status, problem["pointer"]) == (422, "Idempotency-Key")


async def test_a_query_after_an_alert_is_not_quietly_ignored(desk: Desk) -> None:
    sent = await desk.send()
    problem = await refused(desk, "{}", path=f"/alerts/{sent['id']}/all-clear?to=leder")
    assert (problem["status"], problem["pointer"]) == (422, "query")


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/api/v1/nothing", "openapi.json"),
        ("DELETE", "/api/v1/alerts", "this path takes GET, HEAD, POST"),
    ],
)
async def test_a_wrong_path_or_method_says_where_to_look(
    desk: Desk, method: str, path: str, words: str
) -> None:
    _, problem = await raw(desk, method, path)
    assert words in problem["detail"]


async def test_a_client_that_goes_away_is_no_failure_of_the_hub(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "gateway.api.problems"):
        with socket.create_connection(("127.0.0.1", desk.port)) as hasty:
            token = f"Authorization: Bearer {desk.tokens['all']}"
            hasty.sendall(
                f"POST /api/v1/alerts HTTP/1.1\r\nHost: hub\r\n{token}\r\nContent-Length: 500\r\n\r\n{{".encode()
            )
            await desk.send()  # the request has been begun by now
        await until(lambda: bool(caplog.records))
    assert [(r.levelname, "went away" in r.getMessage(), r.exc_info) for r in caplog.records] == [
        ("INFO", True, None)
    ]


@pytest.mark.parametrize(
    ("text", "status"), [("7", 422), ("2", 200), ("07", 422), ("kommer 7 minutter senere", 200)]
)
async def test_an_answer_by_hand_that_was_not_offered_is_refused(desk: Desk, text: str, status: int) -> None:
    sent = await desk.send(answers={"1": "kommer", "2": "kommer ikke"})
    body = {"recipient": "vagt", "text": text, "via": "voice"}
    found, answer = await desk.ask("POST", f"/alerts/{sent['id']}/answers", json=body)
    assert found == status
    assert status == 200 or (answer["pointer"], "none of 1, 2" in answer["detail"]) == ("text", True)
