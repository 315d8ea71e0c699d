"""The real `bavn`: as a command that is run and ends, and as a hub that runs for a whole test file."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli.main import app

CONFIG = """
[gateway]
id = "krisestab.eksempelkommune.invalid"
name = "Eksempelby Kommune"
[http]
listen = "127.0.0.1:0"
[domains]
internet = "Internet, rådhuset"
net-a = "Mobilnet A"
[channels.practice]
bearer = "loopback"
domains = ["internet"]
path = "practice.jsonl"
[channels.second]
bearer = "loopback"
domains = ["net-a"]
path = "second.jsonl"
"""
DIRECTORY = """
[[contacts]]
id = "vagthavende"
name = "Krisestabens vagt"
addresses = ["loopback:vagthavende"]
groups = ["krisestab"]
exercise = true
[[contacts]]
id = "souschef"
name = "Souschef i krisestaben"
addresses = ["loopback:souschef"]
groups = ["krisestab"]
exercise = true
[[contacts]]
id = "fjernlager"
name = "Fjernlageret, som intet når"
addresses = ["tel:+4500000009"]
exercise = true
[[contacts]]
id = "lagerchef"
name = "Lagerchefen, som intet når"
addresses = ["tel:+4500000008"]
deputy = "souschef"
exercise = true
"""

PATH = (str(Path(__file__).parent.parent),)  # where the command finds its modules


def bavn(*arguments: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end. Danish, as configured, whatever the machine speaks."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        input=stdin,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "gateway.cli.main", *arguments]


def environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BAVN_")}
    return {**ours, "PYTHONPATH": os.pathsep.join(PATH), "COLUMNS": "80"}


@dataclass
class HubProcess:
    """A hub in a folder of its own. `line` is what it said when it began to accept."""

    folder: Path
    line: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        with (self.folder / "hub.log").open("a") as log:
            self.process = subprocess.Popen(
                command("run"),
                cwd=self.folder,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        assert self.line, (self.folder / "hub.log").read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=15)
        return self.process.returncode

    @property
    def port(self) -> int:
        return int(self.line.partition("http://127.0.0.1:")[2].split()[0])

    def bavn(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """The command inside this process, which is ten times faster; `real` starts it as users do."""
        config = ("--config", str(self.folder / "bavn.toml"))
        result = CliRunner().invoke(app, [*arguments, *config], input=stdin, env={"COLUMNS": "80"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)

    def real(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return bavn(*arguments, cwd=self.folder, stdin=stdin)

    def json(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        """What the command prints with --json, whatever its status."""
        found: dict[str, Any] = json.loads(self.bavn(*arguments, "--json", stdin=stdin).stdout)
        return found


@contextmanager
def hub_in(folder: Path, *, more: str = "", directory: str = DIRECTORY) -> Iterator[HubProcess]:
    """A running hub; `more` is further TOML of its configuration."""
    (folder / "bavn.toml").write_text(CONFIG + more, encoding="utf-8")
    (folder / "directory.toml").write_text(directory, encoding="utf-8")
    hub = HubProcess(folder)
    hub.start()
    try:
        yield hub
    finally:
        if hub.process is not None and hub.process.poll() is None:
            hub.stop()
