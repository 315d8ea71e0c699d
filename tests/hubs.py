"""A hub in the test's own process, whole but for its channels: loopback ones, scripted through their configuration."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from channels.loopback import LoopbackChannel
from gateway.app import running
from gateway.clock import Clock, wall_clock
from gateway.config import load
from gateway.hub import Hub
from gateway.tokens import SCOPES, new_token, tokens_text

MOST_S = 5.0  # for whatever a test waits for
Json = dict[str, Any]

CONFIG = """
[gateway]
id = "krisestab.eksempelkommune.invalid"
name = "Eksempelby Kommune"
plane = "{plane}"

[http]
listen = "127.0.0.1:0"

{channels}
"""
LOOP = '[channels.loop]\nbearer = "loopback"\n'
OTHER = '[channels.other]\nbearer = "loopback"\ndomains = ["andet"]\n[domains]\nandet = "Et andet net"\n'
PEOPLE: list[Json] = [
    {"id": "vagt", "addresses": ["loopback:vagt"], "groups": ["krisestab"], "deputy": "leder"},
    {"id": "leder", "addresses": ["loopback:leder"], "groups": ["krisestab"]},
    {"id": "uden-vej", "addresses": ["sms:+4500000009"]},
]


@dataclass
class Desk:
    """A running hub, and a submitter with a token for everything."""

    hub: Hub
    port: int
    folder: Path
    tokens: dict[str, str]
    _sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    def channel(self, name: str = "loop") -> LoopbackChannel:
        channel = self.hub.dispatchers[name].channel
        assert isinstance(channel, LoopbackChannel)
        return channel

    def tell(self, name: str = "loop", **script: object) -> None:
        """From now on the far end does this: outcome, delay_s, answer."""
        channel = self.channel(name)
        channel.config = channel.config.model_copy(update=script)

    def arrived(self, name: str = "loop") -> list[str]:
        """Who got a message over this channel, in order."""
        return [line["to"].partition(":")[2] for line in self.channel(name).delivered]

    def texts(self, to: str, name: str = "loop") -> list[str]:
        return [line["text"] for line in self.channel(name).delivered if line["to"] == f"loopback:{to}"]

    def session(self, token: str | None = "all", *, unix: bool = False) -> aiohttp.ClientSession:
        headers = {} if token is None else {"Authorization": f"Bearer {self.tokens.get(token, token)}"}
        connector = aiohttp.UnixConnector(str(self.folder / "var" / "bavn.sock")) if unix else None
        base = "http://hub" if unix else f"http://127.0.0.1:{self.port}"
        made = aiohttp.ClientSession(base, headers=headers, connector=connector)
        self._sessions.append(made)
        return made

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Json]:
        """One request by the submitter who may do everything; the answer is JSON."""
        if not self._sessions:
            self.session()
        async with self._sessions[0].request(method, f"/api/v1{path}", **more) as answer:
            return answer.status, json.loads(await answer.read())

    async def send(self, *to: str, key: str = "", **fields: Any) -> Json:
        body = {"to": to or ("vagt",), "precedence": "routine", "headline": "Prøve", **fields}
        headers = {"Idempotency-Key": key} if key else {}
        status, answer = await self.ask("POST", "/alerts", json=body, headers=headers)
        assert status == 202, answer
        return answer

    async def show(self, identifier: str) -> Json:
        return (await self.ask("GET", f"/alerts/{identifier}"))[1]

    async def deliveries(self, identifier: str) -> dict[str, Json]:
        return {d["recipient"]: d for d in (await self.show(identifier))["deliveries"]}

    async def ended(self, identifier: str) -> dict[str, Json]:
        """The deliveries by recipient, once all have ended."""
        await until(lambda: self._has_ended(identifier))
        return await self.deliveries(identifier)

    async def _has_ended(self, identifier: str) -> bool:
        return all(d["ended"] for d in (await self.deliveries(identifier)).values())

    async def close(self) -> None:
        for session in self._sessions:
            await session.close()


async def until(true: Callable[[], bool | Awaitable[bool]]) -> None:
    """Waits until it is so; TimeoutError after MOST_S."""
    async with asyncio.timeout(MOST_S):
        while not (found if isinstance(found := true(), bool) else await found):
            await asyncio.sleep(0.005)


def install(
    folder: Path,
    *,
    channels: str = LOOP,
    plane: str = "exercise",
    more: str = "",
    people: list[Json] | None = None,
) -> dict[str, str]:
    """Writes an installation; returns the tokens by name."""
    text = CONFIG.format(plane=plane, channels=channels) + more
    (folder / "bavn.toml").write_text(text, encoding="utf-8")
    lines = []
    for person in PEOPLE if people is None else people:
        known = {"name": person["id"].capitalize(), "exercise": True, **person}
        lines += ["[[contacts]]", *(f"{key} = {json.dumps(value)}" for key, value in known.items())]
    (folder / "directory.toml").write_text("\n".join(lines), encoding="utf-8")
    scopes = {"all": SCOPES, "other": SCOPES, "send": ("send",), "read": ("read",), "operate": ("operate",)}
    made = {name: new_token(name, scopes=each, now=datetime.now(UTC)) for name, each in scopes.items()}
    file = folder / "tokens.toml"
    file.write_text(tokens_text([kept for kept, _ in made.values()]), encoding="utf-8")
    file.chmod(0o600)
    return {name: text for name, (_, text) in made.items()}


@asynccontextmanager
async def hub_in(folder: Path, *, clock: Clock = wall_clock, **installation: Any) -> AsyncIterator[Desk]:
    """A hub in `folder`, which is made an installation unless it is one already."""
    tokens = install(folder, **installation) if not (folder / "bavn.toml").exists() else {}
    async with running(load(folder / "bavn.toml"), clock=clock) as (hub, port):
        desk = Desk(hub, port, folder, tokens)
        try:
            await until(lambda: all(d.health.state.value == "up" for d in hub.dispatchers.values()))
            yield desk
        finally:
            await desk.close()
