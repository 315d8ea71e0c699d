"""A proxy before the aggregator that refuses: the channel is down, and says what the proxy answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from channels.base import ChannelDown, State
from tests.aggregator import TO, Aggregator
from tests.outgoing import outgoing

LOGIN = "the proxy wants a login, which is not supported: let it pass without"
URL = "https://sms.eksempel.invalid/mobile/single"


@asynccontextmanager
async def a_proxy(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Its address, and the first line of what it is asked; to everything it answers the same."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.partition(b"\r\n")[0])
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def calls(left: list[str]) -> Callable[[], None]:
    return lambda: left.append("left")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "no connection: the proxy answered 502"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "no connection: the proxy answered 403"),
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            f"no connection: the proxy answered 407: {LOGIN}",
        ),
    ],
)
async def test_a_proxy_that_lets_nothing_through_is_named_with_its_status(answer: bytes, said: str) -> None:
    left: list[str] = []
    async with (
        a_proxy(answer) as (proxy, asked),
        Aggregator() as far,
        far.channel(url=URL, proxy=proxy, reconnect_s=60, reconnect_max_s=60) as channel,
    ):
        health = await channel.probe()
        with pytest.raises(ChannelDown) as caught:
            await channel.submit(outgoing(TO, hand_over=calls(left)))
    assert (health.state, health.reason, caught.value.reason, left) == (State.DOWN, said, said, [])
    assert set(asked) == {b"CONNECT sms.eksempel.invalid:443 HTTP/1.1"}


async def test_a_proxy_that_wants_a_login_is_down_without_tls_too() -> None:
    async with Aggregator(look_status=407) as far, far.channel() as channel:
        health = await channel.probe()
    assert (health.state, health.reason) == (State.DOWN, f"it answers 407: {LOGIN}")
