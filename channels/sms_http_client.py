"""One POST of a message to an aggregator, and what is known when it ends otherwise than with an answer.

The body is written in one piece; `before` is called right before it, and until then nothing has left that an
aggregator could act on (aiohttp keeps the head back until the body comes). No redirect is followed, since it would take
the token elsewhere; no cookie is kept, and no proxy is taken from the environment. An answer is bounded in octets and
time; what of it came before it broke off is judged by its status.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_writer import StreamWriter
from aiohttp.payload import Payload

from channels.sms_http_config import SmsHttpConfig

PROXY_LOGIN = 407
WITHOUT_LOGIN = "the proxy wants a login, which is not supported: let it pass without"
_ANSWER_MOST = 65_536  # octets of an answer that are read
_HEADERS = {"User-Agent": "Bavn", "Accept": "application/json", "Accept-Encoding": "identity"}


class NotSent(Exception):
    """Nothing has left; the message says why, in words for people."""


class Stale(NotSent):
    """The connection had ended before; a new one may well work."""


class Silent(Exception):
    """The message has left, and no answer came that says what became of it."""


@dataclass(slots=True)
class Answer:
    """`whole` is False when it broke off, or was longer than anybody reads."""

    status: int
    headers: Mapping[str, str]
    octets: bytes = b""
    whole: bool = False

    @property
    def shown(self) -> str:
        """What of it is kept beside the attempt."""
        return f"{self.status} {self.octets[:500].decode('utf-8', 'replace')}".strip()


@dataclass(slots=True)
class _Moment:
    """What is known of one request so far."""

    left: bool = False
    withdrawn: Exception | None = None
    answer: Answer | None = None
    before: Callable[[], None] = field(default=lambda: None)


class _Body(Payload):
    """The body of a message: one piece, once."""

    def __init__(self, octets: bytes, moment: _Moment, *, leaving: Callable[[], None]) -> None:
        super().__init__(octets, content_type="application/json")
        self._size = len(octets)
        self._octets, self._moment, self._leaving = octets, moment, leaving

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._octets.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        transport = writer.transport if isinstance(writer, StreamWriter) else None
        if transport is None or transport.is_closing():
            raise Stale("the connection had just ended")
        self._leaving()
        try:
            self._moment.before()
        except Exception as withdrawn:
            self._moment.withdrawn = withdrawn
            raise
        self._moment.left = True
        await writer.write(self._octets)


class Client:
    """The connections to one aggregator. `async with`, inside the event loop."""

    def __init__(self, config: SmsHttpConfig, tls: ssl.SSLContext | None) -> None:
        self._config = config
        self._connector = aiohttp.TCPConnector(
            ssl=tls or True, limit=config.window + 1, keepalive_timeout=config.idle_s, ttl_dns_cache=60
        )
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            headers=_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._session.close()

    async def post(self, octets: bytes, headers: Mapping[str, str], *, before: Callable[[], None]) -> Answer:
        """The answer. Raises NotSent, Silent, or what `before` raises.

        Where a kept connection turns out to be gone before anything left, a new one is tried once.
        """
        try:
            return await self._post(octets, headers, before=before)
        except Stale:
            return await self._post(octets, headers, before=before)

    async def _post(self, octets: bytes, headers: Mapping[str, str], *, before: Callable[[], None]) -> Answer:
        moment, loop, config = _Moment(before=before), asyncio.get_running_loop(), self._config
        try:
            async with asyncio.timeout(config.connect_s) as limit:
                body = _Body(octets, moment, leaving=lambda: limit.reschedule(loop.time() + config.answer_s))
                await self._exchange("POST", moment, data=body, headers=dict(headers))
        except (aiohttp.ClientError, OSError, ValueError, Stale) as error:
            self._judge(moment, error)
        if moment.answer is None:
            raise Silent("the answer was none")
        return moment.answer

    def _judge(self, moment: _Moment, error: Exception) -> None:
        """Returns where the answer is enough although something went wrong after it had begun."""
        if moment.withdrawn is not None:
            raise moment.withdrawn
        if not moment.left:
            raise self._not_sent(error) from error
        if moment.answer is None:
            slow = isinstance(error, TimeoutError)
            why = f"no answer in {self._config.answer_s:g} s" if slow else f"no answer: {_in_words(error)}"
            raise Silent(why) from error

    def _not_sent(self, error: Exception) -> NotSent:
        if isinstance(error, TimeoutError):
            return NotSent(f"no connection in {self._config.connect_s:g} s")
        fresh = isinstance(
            error,
            aiohttp.ClientConnectorError
            | aiohttp.InvalidURL
            | aiohttp.ClientProxyConnectionError
            | aiohttp.ClientHttpProxyError,
        )
        return (NotSent if fresh else Stale)(f"no connection: {_in_words(error)}")

    async def _exchange(self, method: str, moment: _Moment, **more: Any) -> None:
        """Fills `moment.answer` as far as it comes."""
        proxy = self._config.proxy or None
        async with self._session.request(
            method, self._config.url, allow_redirects=False, proxy=proxy, **more
        ) as response:
            moment.answer = answer = Answer(response.status, response.headers)
            async for chunk in response.content.iter_any():
                answer.octets += chunk
                if len(answer.octets) > _ANSWER_MOST:
                    answer.octets = answer.octets[:_ANSWER_MOST]
                    response.close()
                    return
            answer.whole = True

    async def look(self) -> int:
        """The status of a HEAD without a token: is anybody there? Raises NotSent."""
        moment = _Moment()
        try:
            async with asyncio.timeout(self._config.connect_s):
                await self._exchange("HEAD", moment)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if moment.answer is None:
                raise self._not_sent(error) from error
        return moment.answer.status if moment.answer else 0


def _in_words(error: Exception) -> str:
    """A reason without the octets of a hostile answer."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not to be trusted: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"its name is unknown: {error.host}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it hung up"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        remedy = f": {WITHOUT_LOGIN}" if error.status == PROXY_LOGIN else ""
        return f"the proxy answered {error.status}{remedy}"
    if isinstance(error, aiohttp.ClientResponseError):
        return "what it said is not HTTP"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__
