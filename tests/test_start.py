"""What stops a start: said with its remedy, by `bavn config check` too where that can see it, and nothing is left."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.api.server import listener
from gateway.app import running
from gateway.cli.main import app
from gateway.config import load
from gateway.errors import GatewayError, StoreUnfit
from gateway.init import InitResult


def with_port(installation: InitResult, listen: str = "127.0.0.1:0") -> Path:
    path = installation.folder / "bavn.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("127.0.0.1:8470", listen), encoding="utf-8")
    return path


async def refusal(path: Path) -> str:
    """Why a hub of this configuration does not start."""
    with pytest.raises(GatewayError) as caught:
        async with running(load(path, environ={})):
            pass
    return str(caught.value)


def anchor_is_a_folder(folder: Path) -> None:
    (folder / "anchors.log").mkdir()


def anchor_is_another_file(folder: Path) -> None:
    (folder / "anchors.log").write_text("127.0.0.1 localhost\n", encoding="ascii")


def tokens_are_broken(folder: Path) -> None:
    (folder / "tokens.toml").write_text("[[tokens", encoding="utf-8")


def tokens_are_open(folder: Path) -> None:
    (folder / "tokens.toml").chmod(0o644)


def key_is_broken(folder: Path) -> None:
    (folder / "keys" / "master.key").write_text("no key", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            anchor_is_a_folder,
            "anchors.log cannot be written (it is not a file). Name a file that the hub may",
        ),
        (
            anchor_is_another_file,
            "anchors.log is there and holds no line of an anchor, so it is left as it is.",
        ),
        (tokens_are_broken, "tokens.toml: cannot be read:"),
        (tokens_are_open, "tokens.toml: others may read or change it. Run: chmod 600"),
        (key_is_broken, "master.key: is not a key in hex. Restore it from the backup"),
    ],
)
async def test_config_check_says_what_run_says(spoil: object, said: str, installation: InitResult) -> None:
    path = with_port(installation)
    spoil(installation.folder)  # type: ignore[operator]
    line = await refusal(path)
    assert said in line
    checked = CliRunner().invoke(app, ["config", "check", "--config", str(path)])
    assert (checked.exit_code, checked.stdout, checked.stderr) == (1, "", f"{line}\n")


@pytest.mark.parametrize("place", ["/proc/anchors.log", "tokens.toml/anchors.log"])
async def test_an_anchor_that_cannot_be_made_is_seen_before(place: str, installation: InitResult) -> None:
    path = with_port(installation)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("file:anchors.log", f"file:{place}"), encoding="utf-8")
    line = await refusal(path)
    assert "Name a file that the hub may write" in line
    checked = CliRunner().invoke(app, ["config", "check", "--config", str(path)])
    assert (checked.exit_code, checked.stderr) == (1, f"{line}\n")


@pytest.mark.parametrize("name", ["bavn.lock", "bavn.db"])
async def test_a_store_that_cannot_be_made_is_refused_and_no_anchor_is_left(
    name: str, installation: InitResult
) -> None:
    path = with_port(installation)
    (installation.folder / "var" / name).mkdir(parents=True)
    assert str(installation.folder / "var" / name) in await refusal(path)
    assert not (installation.folder / "anchors.log").exists()


@pytest.mark.parametrize(
    ("listen", "remedy"),
    [
        ("192.0.2.1:8491", "write an address of this machine"),
        (f"{'x' * 64}.invalid:8491", "write an address of this machine"),
    ],
)
def test_an_address_of_nobody_here_is_not_another_program_s_fault(
    listen: str, remedy: str, installation: InitResult
) -> None:
    with pytest.raises(StoreUnfit, match=remedy) as caught:
        listener(load(with_port(installation, listen), environ={}))
    assert str(caught.value).startswith(f"http.listen {listen}: ")
    assert "another port" not in str(caught.value)


def test_a_port_that_is_taken_is(installation: InitResult) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = load(with_port(installation, f"127.0.0.1:{other.getsockname()[1]}"), environ={})
        with pytest.raises(StoreUnfit, match="stop the other program, or choose another port"):
            listener(config)
