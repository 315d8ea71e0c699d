"""A Mosquitto of our own, and clients of it: the far end of the tests of MQTT.

The server's configuration, store and log are in one folder, on ports of 127.0.0.1; never Debian's service.
"""

import asyncio
import json
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from channels.mqtt import MqttChannel
from channels.mqtt_config import MqttConfig
from tests.peers import free_port, require

PREFIX = "bavn/eksempelkommune"
FORBIDDEN = "forbudt"  # nobody may publish alerts to this topic
_START_S, _STOP_S = 5.0, 5.0
_CONFIG = """\
listener {port} 127.0.0.1
user root
allow_anonymous true
log_dest file {folder}/log
persistence {persistence}
persistence_location {folder}/
autosave_on_changes true
autosave_interval 1
acl_file {folder}/acl
"""
_ACL = f"topic deny {PREFIX}/alert/{FORBIDDEN}\ntopic readwrite #\n"


class MosquittoServer:
    """`with MosquittoServer(folder) as server`; it stops and starts again; `persistence`: with what it knew."""

    def __init__(
        self,
        folder: Path,
        *,
        persistence: bool = False,
        config: str = _CONFIG,
        extra: str = "",
        acl: str = _ACL,
    ) -> None:
        self.folder, self.port = folder, free_port()
        self._program = require("mosquitto")
        folder.mkdir(parents=True, exist_ok=True)
        known = {"port": self.port, "folder": folder, "persistence": "true" if persistence else "false"}
        (folder / "mosquitto.conf").write_text(config.format(**known) + extra)
        (folder / "acl").write_text(acl)
        (folder / "acl").chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(
            signal.SIGKILL
        )  # told politely it takes a tenth of a second, and a test has no use for its store

    def start(self) -> None:
        """Returns when the port answers; RuntimeError with Mosquitto's own words if it does not. Running: nothing."""
        if self._process is not None and self._process.poll() is None:
            return
        with (self.folder / "console").open("ab") as console:
            command = [self._program, "-c", self.folder / "mosquitto.conf"]
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Mosquitto did not start:\n{self._words()}")
            time.sleep(0.005)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """By its own process id; nothing if it does not run."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(how)
            process.wait(_STOP_S)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _words(self) -> str:
        files = (self.folder / name for name in ("console", "log"))
        return "".join(path.read_text() for path in files if path.exists())


class Subscriber:
    """A display or an app: hears the alerts of its topics, and answers. `async with a_subscriber(port) as app`."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[aiomqtt.Message] = []
        self.more = asyncio.Event()

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return [json.loads(bytes(message.payload)) for message in self.heard]  # type: ignore[arg-type]

    async def wait(self, count: int = 1) -> list[dict[str, Any]]:
        """The alerts heard so far, once there are as many."""
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                self.more.clear()
                await self.more.wait()
        return self.alerts

    async def say(self, kind: str = "answer", *, retain: bool = False, qos: int = 1, **fields: Any) -> None:
        """Publishes an answer or a report; `from_` stands for `from`, which is a word of Python's."""
        named = {("from" if key == "from_" else key): value for key, value in fields.items()}
        await self.send(json.dumps(named).encode(), kind, retain=retain, qos=qos)

    async def send(
        self,
        payload: bytes,
        kind: str = "answer",
        *,
        retain: bool = False,
        qos: int = 1,
        correlation: bytes = b"",
    ) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if correlation:
            properties.CorrelationData = correlation
        await self.client.publish(f"{PREFIX}/{kind}", payload, qos=qos, retain=retain, properties=properties)

    async def listen(self) -> None:
        async for message in self.client.messages:
            self.heard.append(message)
            self.more.set()


@asynccontextmanager
async def a_subscriber(
    port: int, topic: str = f"{PREFIX}/alert/rum/#", **login: Any
) -> AsyncIterator[Subscriber]:
    version = aiomqtt.ProtocolVersion.V5
    async with aiomqtt.Client("127.0.0.1", port, protocol=version, **login) as client:
        await client.subscribe(topic, qos=1)
        app = Subscriber(client)
        listening = asyncio.create_task(app.listen(), name="subscriber")
        try:
            yield app
        finally:
            listening.cancel()
            await asyncio.wait({listening})


def mqtt_channel(port: int, *, name: str = "mqtt", **options: object) -> MqttChannel:
    """A channel to 127.0.0.1 whose limits are short enough for a test to wait for."""
    known: dict[str, object] = {
        "bearer": "mqtt",
        "host": "127.0.0.1",
        "port": port,
        "topic_prefix": PREFIX,
        "connect_s": 1.0,
        "answer_s": 0.3,
        "reconnect_s": 0.01,
        "reconnect_max_s": 0.05,
    }
    return MqttChannel(name, MqttConfig.model_validate(known | options))
