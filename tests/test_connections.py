"""Connections of the HTTP server: whoever only holds them keeps nobody out, and broken HTTP gets a problem too."""

import asyncio
import json
import resource
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.api import connections
from gateway.api.bodies import patience_s
from gateway.api.connections import connections_most, raise_descriptor_limit
from tests.hubs import Desk, Json, hub_in, until

MOST = 5
HEAD = "POST /api/v1/alerts HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"


@pytest_asyncio.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(connections, "CONNECTIONS_MOST", MOST)
    async with hub_in(tmp_path) as running:
        yield running


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def told(desk: Desk, octets: bytes, *, close: bool = False) -> bytes:
    """What a connection of its own hears: all of it with `close`, otherwise the first answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    try:
        writer.write(octets)
        async with asyncio.timeout(2):
            if close:
                return await reader.read()
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            return head + await reader.readexactly(length)
    finally:
        writer.close()


def problem_of(answer: bytes) -> tuple[int, Json]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head
    return int(head.split()[1]), json.loads(body)


def hold(desk: Desk, opened: ExitStack, octets: bytes) -> socket.socket:
    held = opened.enter_context(socket.create_connection(("127.0.0.1", desk.port)))
    held.setblocking(False)
    held.sendall(octets)
    return held


def closed(held: socket.socket) -> Callable[[], bool]:
    def look() -> bool:
        try:
            return held.recv(1000) == b""
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True

    return look


@pytest.mark.parametrize("octets", [b"", b"GET /he", HEAD.encode() + b"Content-Length: 500\r\n\r\n{"])
async def test_the_oldest_stranger_makes_room(desk: Desk, opened: ExitStack, octets: bytes) -> None:
    held = []
    for _ in range(3 * MOST):
        held.append(hold(desk, opened, octets))
        await asyncio.sleep(0)
    await until(closed(held[0]))
    assert (await desk.send())["state"] == "released"
    await until(closed(held[2 * MOST]))
    assert not closed(held[-1])()


async def test_who_showed_a_token_is_not_closed_for_a_newcomer(desk: Desk, opened: ExitStack) -> None:
    request = (
        f"GET /api/v1/alerts HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {desk.tokens['all']}\r\n\r\n"
    )
    kept = [await asyncio.open_connection("127.0.0.1", desk.port) for _ in range(MOST)]
    for reader, writer in kept:
        writer.write(request.encode())
        assert (await reader.readline()).split()[1] == b"200"
    status, problem = problem_of(await told(desk, b"", close=True))
    assert (status, problem["status"], problem["title"]) == (503, 503, "Too many connections")
    assert all(not reader.at_eof() for reader, _ in kept)
    kept[0][1].close()
    await until(lambda: _answers(desk))
    for _, writer in kept[1:]:
        writer.close()


async def _answers(desk: Desk) -> bool:
    return b"200 OK" in await told(
        desk, b"GET /healthz HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n", close=True
    )


async def test_the_unix_socket_is_free_whatever_happens_on_tcp(desk: Desk, opened: ExitStack) -> None:
    for _ in range(3 * MOST):
        hold(desk, opened, b"GET /he")
    async with desk.session(None, unix=True).get("/api/v1/alerts") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("octets", [b"", b"GET /he"])
async def test_a_head_that_never_comes_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, octets: bytes
) -> None:
    assert connections._OPTIONS["keepalive_timeout"] <= 120
    monkeypatch.setattr(connections, "_OPTIONS", {"access_log": None, "keepalive_timeout": 0.05})
    async with hub_in(tmp_path) as desk:
        assert await told(desk, octets, close=True) == b""


async def test_a_body_that_never_comes_is_not_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.bodies.PATIENCE_S", 0.05)
    answer = await told(desk, with_token(desk, "Content-Length: 50\r\n\r\n{"))
    status, problem = problem_of(answer)
    assert (status, "did not come" in problem["detail"], "512 octets a second" in problem["detail"]) == (
        408,
        True,
        True,
    )
    assert b"Connection: close" in answer


async def test_a_slow_body_that_goes_on_coming_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.bodies.PATIENCE_S", 0.05)
    monkeypatch.setattr("gateway.api.bodies.PACE_LEAST", 10.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(with_token(desk, "Content-Length: 50\r\n\r\n" + "{" * 40))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.2)
    writer.write(b"}" * 10)
    assert (await asyncio.wait_for(reader.readline(), 2)).split()[1] == b"422"  # it was read, and is no JSON
    writer.close()


@pytest.mark.parametrize(("octets", "waited"), [(0, 120), (51_200, 220), (900_000, 1877)])
def test_a_body_is_waited_for_as_long_as_it_comes_at_512_octets_a_second(octets: int, waited: int) -> None:
    assert int(patience_s(octets)) == waited


@pytest.mark.parametrize(
    ("token", "length", "expects", "status"),
    [
        (False, 50, "100-continue", b"401"),
        (True, 99_999_999, "100-continue", b"413"),
        (True, 50, "a-miracle", b"417"),
        (True, 50, "100-Continue", b"100"),
    ],
)
async def test_a_body_is_asked_for_only_when_it_is_wanted(
    desk: Desk, token: bool, length: int, expects: str, status: bytes
) -> None:
    rest = f"Content-Length: {length}\r\nExpect: {expects}\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(with_token(desk, rest) if token else f"{HEAD}{rest}".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
    assert (head.split()[1], b"Connection: close" in head) == (status, status != b"100")
    writer.write(b"{" * 50 if status == b"100" else b"")
    if status == b"100":
        assert (await asyncio.wait_for(reader.readline(), 2)).split()[1] == b"422"
    writer.close()


def with_token(desk: Desk, rest: str) -> bytes:
    return f"{HEAD}Authorization: Bearer {desk.tokens['all']}\r\n{rest}".encode()


async def test_what_is_announced_as_too_large_is_refused_at_once(desk: Desk) -> None:
    answer = await told(desk, with_token(desk, "Content-Length: 99999999999\r\n\r\n{"))
    assert problem_of(answer)[0] == 413


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
async def test_a_body_that_is_not_what_it_says_is_a_fault_of_the_request(
    desk: Desk, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    rest = f"Connection: close\r\nContent-Encoding: {kind}\r\nContent-Length: 9\r\n\r\nnot {kind[:4]}!"
    status, problem = problem_of(await told(desk, with_token(desk, rest), close=True))
    assert (status, "Content-Encoding" in problem["detail"]) == (400, True)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (f"{HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}", "Content-Length"),
        (f"{HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}", "Transfer-Encoding"),
        (f"{HEAD}Content-Length: -1\r\n\r\n", "Content-Length"),
        (f"{HEAD}Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{{}}", "br"),
        (f"GET /healthz HTTP/1.1\r\nHost: hub\r\nX: {'a' * 9000}\r\n\r\n", "8190 bytes"),
        (f"GET /{'a' * 9000} HTTP/1.1\r\nHost: hub\r\n\r\n", "8190 bytes"),
        ("GET /healthz HTTP/1.1\r\n\r\n", "Host"),
        ("hello\r\n\r\n", "method"),
    ],
    ids=[
        "two lengths",
        "length and chunks",
        "negative",
        "brotli",
        "long header",
        "long line",
        "no host",
        "no http",
    ],
)
async def test_broken_http_gets_a_problem_and_is_closed(desk: Desk, octets: str, words: str) -> None:
    answer = await told(desk, octets.encode(), close=True)
    status, problem = problem_of(answer)
    assert (status, problem["status"], problem["title"]) == (400, 400, "Bad Request")
    assert words in problem["detail"]
    assert len(problem["detail"]) < 250


@pytest.mark.parametrize(
    ("soft", "most"), [(256, 64), (1024, 256), (524_288, 400), (resource.RLIM_INFINITY, 400)]
)
def test_descriptors_are_left_for_the_rest(soft: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (soft, soft))
    assert connections_most() == most


def test_the_soft_limit_is_raised_as_far_as_it_may_be() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(hard, 65_536), hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
