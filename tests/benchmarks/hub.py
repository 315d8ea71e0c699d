"""A hub in a process of its own, in a folder of its own, for benchmarks and other tests from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.tokens import new_token, tokens_text
from tests.peers import free_port

_RUN = (
    "import sys; from gateway.cli.main import run; sys.argv = ['bavn', 'run', '--config', sys.argv[1]]; run()"
)

_CONFIG = """\
[gateway]
id = "krisestab.eksempelkommune.invalid"
name = "Eksempelby Kommune"
plane = "exercise"

[http]
listen = "127.0.0.1:{port}"

[domains]
internet = "Internet"

[channels.mail]
bearer = "email"
domains = ["internet"]
host = "127.0.0.1"
port = {mail_port}
tls = "none"
sender = "krisestab@eksempelkommune.invalid"
connections = {connections}
"""

_DIRECTORY = """\
[[contacts]]
id = "vagthavende"
name = "Krisestabens vagt"
addresses = ["mailto:vagt@eksempelkommune.invalid"]
exercise = true
"""


class HubProcess:
    """`with HubProcess(folder, mail_port=...) as hub`: runs until the block ends."""

    def __init__(self, folder: Path, *, mail_port: int, connections: int = 20) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        config = _CONFIG.format(port=self.port, mail_port=mail_port, connections=connections)
        (folder / "bavn.toml").write_text(config)
        (folder / "directory.toml").write_text(_DIRECTORY)
        scopes = ("send", "read", "operate")
        token, self.token = new_token("benchmark", scopes=scopes, now=datetime.now(UTC))
        (folder / "tokens.toml").write_text(tokens_text([token]))
        (folder / "tokens.toml").chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> float:
        """Starts and waits until it accepts; returns how long that took, in seconds."""
        began = time.monotonic()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _RUN, str(self.folder / "bavn.toml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() - began > 30:
                raise RuntimeError((self.folder / "log").read_text()[-4000:])
            time.sleep(0.005)
        return time.monotonic() - began

    def _ready(self) -> bool:
        import http.client

        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def get(self, path: str) -> dict[str, object]:
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        answer: dict[str, object] = json.load(connection.getresponse())
        return answer

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(20)
        self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid
