"""Benchmark 4, MQTT out: 10,000 alerts with QoS 1 and a durable done-mark each, against Mosquitto saving each change.

The alerts are accepted first, with the channel switched off; the time runs from the order to switch it on until a
subscriber has them all and the store has marked them all. The peer takes messages of the same size with QoS 1 and
passes them on with QoS 1, 100 under way at a time like the hub, and writes its store at every change: it has a setting
for that.
"""

import asyncio
import itertools
import socket
import sqlite3
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path

from tests.benchmarks.hub import HubProcess
from tests.benchmarks.load import body
from tests.benchmarks.rounds import hub_load, report, say, spread
from tests.mosquitto import PREFIX, MosquittoServer
from tests.mqtt_sink import packet, text

COUNT, PEER_COUNT, WINDOW, CONNECTIONS, ROUNDS = 10_000, 1_000, 100, 20, 5
LIMIT_S = 120.0

_CONFIG = """\
[gateway]
id = "krisestab.eksempelkommune.invalid"
name = "Eksempelby Kommune"
plane = "exercise"

[http]
listen = "127.0.0.1:{port}"

[domains]
internet = "Internet"

[channels.displays]
bearer = "mqtt"
domains = ["internet"]
host = "127.0.0.1"
port = {broker}
topic_prefix = "{prefix}"
window = {window}
"""
_DIRECTORY = """\
[[contacts]]
id = "vagthavende"
name = "Krisestabens vagt"
addresses = ["mqtt:rum/12"]
exercise = true
"""
_MANY = "max_inflight_messages {window}\nmax_queued_messages 0\nset_tcp_nodelay true\n"
# Mosquitto's own words for writing its store at every change.
_DURABLE = "persistence true\nautosave_on_changes true\nautosave_interval 1\n"
_PASSING_ON = "persistence false\n"
_BROKER = "listener {port} 127.0.0.1\nuser root\nallow_anonymous true\npersistence_location {folder}/\n"


class MqttHub(HubProcess):
    """The hub with one broker."""

    def __init__(self, folder: Path, broker: int) -> None:
        super().__init__(folder, mail_port=1)
        told = {"port": self.port, "broker": broker, "prefix": PREFIX, "window": WINDOW}
        (folder / "bavn.toml").write_text(_CONFIG.format(**told))
        (folder / "directory.toml").write_text(_DIRECTORY)

    def switch(self, word: str) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/channels/displays/{word}",
            data=b"",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        urllib.request.urlopen(request, timeout=30).close()

    def unmarked(self) -> int:
        """Attempts that the store does not know to have been handed over: ready, delayed or under way."""
        with closing(sqlite3.connect(f"file:{self.folder}/var/bavn.db?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT count(*) FROM attempts WHERE state IN (0, 1, 2)").fetchone()[0])


class Client:
    """A client without a library, which costs the machine next to nothing."""

    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.settimeout(LIMIT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._bytes = b""
        receive_maximum = b"\x21" + WINDOW.to_bytes(2, "big")
        self.say(
            packet(0x10, text(b"MQTT") + b"\x05\x02\x00\x3c\x03" + receive_maximum + text(name.encode()))
        )
        self.take()

    def say(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def subscribe(self, topic: str, *, qos: int) -> None:
        self.say(packet(0x82, b"\x00\x01\x00" + text(topic.encode()) + bytes([qos])))
        self.take()

    def take(self) -> tuple[int, bytes]:
        """The next packet: its first octet, and the rest after its length."""
        while True:
            for digits in range(1, min(5, len(self._bytes))):
                if self._bytes[digits] & 0x80 == 0:
                    length = sum((self._bytes[1 + i] & 0x7F) << 7 * i for i in range(digits))
                    end = 1 + digits + length
                    if len(self._bytes) >= end:
                        kind, rest = self._bytes[0], self._bytes[1 + digits : end]
                        self._bytes = self._bytes[end:]
                        return kind, rest
                    break
            if not (more := self._socket.recv(65_536)):
                raise RuntimeError("the broker hung up")
            self._bytes += more

    def close(self) -> None:
        self._socket.close()


def _hub(folder: Path) -> float:
    extra = _MANY.format(window=WINDOW)
    with (
        MosquittoServer(folder / "broker", config=_BROKER + _PASSING_ON, extra=extra) as broker,
        MqttHub(folder / "hub", broker.port) as hub,
    ):
        display = Client(broker.port, "display")
        display.subscribe(f"{PREFIX}/alert/#", qos=0)
        hub.switch("disable")
        hub_load(hub.port, hub.token, count=COUNT, connections=CONNECTIONS)
        assert hub.unmarked() == COUNT
        began = time.perf_counter()
        hub.switch("enable")
        for _ in range(COUNT):
            display.take()
        while hub.unmarked():
            time.sleep(0.01)
        display.close()
        return COUNT / (time.perf_counter() - began)


def _mosquitto(folder: Path) -> float:
    extra = _MANY.format(window=WINDOW)
    with MosquittoServer(folder, config=_BROKER + _DURABLE, extra=extra) as broker:
        return asyncio.run(_pass(broker.port))


async def _pass(port: int) -> float:
    """Messages a second, from the first PUBLISH to the last at the subscriber."""
    publisher, subscriber = Client(port, "publisher"), Client(port, "subscriber")
    subscriber.subscribe("alert/#", qos=1)
    payload = body(1, "routine")
    began = time.perf_counter()
    await asyncio.gather(
        asyncio.to_thread(_publish, publisher, payload), asyncio.to_thread(_acknowledge, subscriber)
    )
    seconds = time.perf_counter() - began
    publisher.close()
    subscriber.close()
    return PEER_COUNT / seconds


def _publish(publisher: Client, payload: bytes) -> None:
    under_way = 0
    for mid in itertools.islice(itertools.count(1), PEER_COUNT):
        if under_way == WINDOW:
            publisher.take()
            under_way -= 1
        publisher.say(packet(0x32, text(b"alert/rum/12") + mid.to_bytes(2, "big") + b"\x00" + payload))
        under_way += 1
    for _ in range(under_way):
        publisher.take()


def _acknowledge(subscriber: Client) -> None:
    for _ in range(PEER_COUNT):
        _, rest = subscriber.take()
        end = 2 + int.from_bytes(rest[:2], "big")
        subscriber.say(packet(0x40, rest[end : end + 2]))


def main() -> None:
    ours, theirs = [], []
    with tempfile.TemporaryDirectory(prefix="bavn-bench-", dir="/var/tmp") as name:
        for number in range(ROUNDS):
            theirs.append(_mosquitto(Path(name) / f"mosquitto{number}"))
            ours.append(_hub(Path(name) / f"hub{number}"))
            say(f"round {number + 1}: hub {ours[-1]:.0f}/s, Mosquitto {theirs[-1]:.0f}/s")
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    report(
        "4 MQTT out",
        hub_per_s=spread(ours),
        mosquitto_per_s=spread(theirs),
        ratio=spread(ratios),
        must="ratio >= 2",
    )
