"""The stage of the kill test: a configuration, the hub as a child process, the mail server and a modem as others."""

import asyncio
import json
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from gateway.tokens import SCOPES, new_token, tokens_text
from tests.invariants.ledger import LedgerFile
from tests.peers import free_port

READY_S = 10.0
POLL_S = 0.005
STAFF = [f"vagt-{n}" for n in range(1, 13)]
GROUP = STAFF[:3]

CONFIG = """
[gateway]
id = "krisestab.eksempelkommune.invalid"
name = "Eksempelby Kommune"

[http]
listen = "127.0.0.1:{http}"

[channels.mail]
bearer = "email"
host = "127.0.0.1"
port = {smtp}
tls = "none"
sender = "krisestab@eksempelkommune.invalid"
reconnect_s = 0.05
domains = ["internet"]

[channels.sms-a]
bearer = "sms-modem"
port = "{modem}"
max_per_minute = 600
time_factor = 0.2
domains = ["net-a"]

[domains]
internet = "Internet, rådhuset"
net-a = "Mobilnet A"

{policy}
"""
# Times so short that every ladder, round and expiry comes to its end within the test.
POLICY = """
[policy.flash]
hand_over_within = "2s"
next_domain_after = "1s"
no_answer_next_round = "2s"
no_answer_deputy = "3s"
no_answer_call_list = "4s"

[policy.immediate]
hand_over_within = "2s"
next_domain_after = "1s"
no_answer_next_round = "2s"
no_answer_deputy = "3s"
no_answer_call_list = "4s"

[policy.priority]
hand_over_within = "3s"
next_domain_after = "1s"
no_answer_next_round = "2s"

[policy.routine]
hand_over_within = "3s"
next_domain_after = "2s"
"""


def addresses(name: str) -> list[str]:
    """Everybody has mail; every second one of the staff has a phone too."""
    number = int(name.rpartition("-")[2])
    phone = [f"sms:+4500000{number:03}"] if name in STAFF and number % 2 else []
    return [*phone, f"mailto:{name}@eksempelkommune.invalid"]


class Stage:
    """`async with`: the mail server runs; the hub is started and killed by the test."""

    def __init__(
        self, folder: Path, *, seed: int, people: Sequence[str] = STAFF, policy: str = POLICY
    ) -> None:
        self.folder, self.seed, self.people, self.policy = folder, seed, people, policy
        self.http_port = free_port()
        self.ledger_path = folder / "ledger.jsonl"
        self.mail_journal = folder / "mail.jsonl"
        self.sms_journal = folder / "sms.jsonl"
        self.store = folder / "var" / "bavn.db"
        self.crashes: list[tuple[float, Path]] = []
        self.content = asyncio.Event()  # set each time a mail's content has arrived and is not answered yet
        self.token = ""
        self.hub: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Stage":
        self.ledger = LedgerFile(self.ledger_path)
        self._sink = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.invariants.sink", str(self.mail_journal), str(self.seed)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._sink.stdout is not None
        smtp = int(await self._sink.stdout.readline())
        self._listener = asyncio.create_task(self._listen(self._sink.stdout))
        self._modem = await self._plug_in_a_modem()
        self._configure(smtp)
        self.http = aiohttp.ClientSession(
            f"http://127.0.0.1:{self.http_port}",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=aiohttp.ClientTimeout(total=3),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        self._listener.cancel()
        for process in (self.hub, self._sink, self._modem):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()
        self.ledger.close()

    async def _plug_in_a_modem(self) -> asyncio.subprocess.Process:
        """An emulated modem whose network takes a message in 20 ms."""
        control = self.folder / "modem.sock"
        modem = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hardware.emulators.gsm", "--link", str(self.folder / "modem")),
            *("--journal", str(self.sms_journal), "--control", str(control), "--seed", str(self.seed)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert modem.stdout is not None
        assert (await modem.stdout.readline()).startswith(b"ready")
        reader, writer = await asyncio.open_unix_connection(str(control))
        writer.write(b'{"do": "latency", "seconds": 0.02}\n')
        assert json.loads(await reader.readline())["ok"]
        writer.close()
        await writer.wait_closed()
        return modem

    async def _listen(self, sink: asyncio.StreamReader) -> None:
        while await sink.readline():
            self.content.set()

    def _configure(self, smtp: int) -> None:
        modem = self.folder / "modem"
        text = CONFIG.format(http=self.http_port, smtp=smtp, modem=modem, policy=self.policy)
        (self.folder / "bavn.toml").write_text(text, encoding="utf-8")
        people = [
            f'[[contacts]]\nid = "{name}"\nname = "Vagten"\nexercise = true\n'
            f"addresses = {json.dumps(addresses(name))}\n"
            f"groups = {['krisestab'] if name in GROUP else []}\n"
            for name in self.people
        ]
        (self.folder / "directory.toml").write_text("\n".join(people), encoding="utf-8")
        kept, self.token = new_token("afsender", scopes=SCOPES, now=datetime.now(UTC))
        tokens = self.folder / "tokens.toml"
        tokens.write_text(tokens_text([kept]), encoding="utf-8")
        tokens.chmod(0o600)

    async def start(self) -> float:
        """Starts the hub; returns the seconds from exec to accepting, and writes them into the ledger."""
        began = time.time()
        with (self.folder / "hub.log").open("ab") as log:
            self.hub = await asyncio.create_subprocess_exec(
                *(str(Path(sys.executable).with_name("bavn")), "run"),
                *("--config", str(self.folder / "bavn.toml")),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
            )
        async with asyncio.timeout(READY_S):
            while not await self._ready():
                await asyncio.sleep(POLL_S)
        took = time.time() - began
        self.ledger.write("ready", took_s=took)
        return took

    async def _ready(self) -> bool:
        assert self.hub is not None
        assert self.hub.returncode is None, (self.folder / "hub.log").read_text()[-3000:]
        try:
            async with self.http.get("/readyz") as answer:
                return answer.status == 200
        except (OSError, aiohttp.ClientError, TimeoutError):
            return False

    async def kill(self) -> float:
        """SIGKILL, and a copy of the store as the crash left it. Returns the time of the kill."""
        assert self.hub is not None
        at = time.time()
        self.hub.kill()
        await self.hub.wait()
        self.ledger.write("killed")
        image = self.folder / f"crash-{len(self.crashes) + 1}.db"
        shutil.copy(self.store, image)
        shutil.copy(f"{self.store}-wal", f"{image}-wal")
        self.crashes.append((at, image))
        return at

    async def stop(self) -> int:
        """SIGTERM: the hub ends what is in flight, anchors its audit and goes."""
        assert self.hub is not None
        self.hub.send_signal(signal.SIGTERM)
        async with asyncio.timeout(12):
            return await self.hub.wait()

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """One request until it is answered, whatever happens to the hub; 503 means: again."""
        while True:
            try:
                async with self.http.request(method, f"/api/v1{path}", **more) as answer:
                    if answer.status != 503:
                        return answer.status, await answer.json(content_type=None)
            except (OSError, aiohttp.ClientError, TimeoutError):
                pass  # the hub was killed, or is not up yet: that is what keys are for
            await asyncio.sleep(POLL_S * 4)
