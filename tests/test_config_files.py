"""The files of an installation: each has one use, and what is no file is said at once and never waited for."""

import os
import pwd
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.anchor import unfit
from gateway.cli.errors import CommandError
from gateway.cli.installation import find
from gateway.config import ConfigError, load
from gateway.errors import GatewayError
from gateway.init import InitResult, own_master_key
from gateway.store.lock import lock_file
from gateway.tokens import read_tokens


def problems(installation: InitResult, more: str = "") -> list[str]:
    path = installation.folder / "bavn.toml"
    with path.open("a", encoding="utf-8") as file:
        file.write(more)
    with pytest.raises(ConfigError) as caught:
        load(path, environ={})
    return [str(problem) for problem in caught.value.problems]


def replaced(installation: InitResult, old: str, new: str) -> None:
    path = installation.folder / "bavn.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("join", [os.link, os.symlink])
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("bavn.toml", "bavn.toml itself"),
        ("directory.toml", "the directory (gateway.directory)"),
        ("tokens.toml", "the file of the API tokens"),
        ("keys/master.key", "the master key"),
    ],
)
def test_a_link_to_a_file_of_ours_is_that_file(
    join: Callable[[Path, Path], None], name: str, what: str, installation: InitResult
) -> None:
    anchor = installation.folder / "anchors.log"
    join(installation.folder / name, anchor)
    assert problems(installation) == [
        f"bavn.toml: audit.anchor: {anchor} would be both the audit's anchor and {what}. Give each a file of its own"
    ]


def store_on_another_disk(installation: InitResult) -> Path:
    """Makes the store a link; gives the file that it leads to."""
    (installation.folder / "var").mkdir(exist_ok=True)
    target = installation.folder.parent / "real.db"
    (installation.folder / "var" / "bavn.db").symlink_to(target)
    return target


def test_two_ways_to_one_store_find_one_lock(installation: InitResult) -> None:
    target, path = store_on_another_disk(installation), installation.folder / "bavn.toml"
    assert load(path, environ={}).database == target
    assert find(path, None).lock == lock_file(target)


def test_what_belongs_to_a_linked_store_stands_beside_the_file_it_leads_to(installation: InitResult) -> None:
    target = store_on_another_disk(installation)
    replaced(installation, '"var/practice.jsonl"', f'"{target}-wal"')
    assert "would be both what channels.practice writes and the store's -wal file" in "".join(
        problems(installation)
    )


@pytest.mark.parametrize("path", ["var/practice.jsonl", "var/channels/more.jsonl", "var/channels/mqtt/seen"])
def test_a_practice_file_may_have_two_channels_and_any_folder_that_nobody_uses(
    path: str, installation: InitResult
) -> None:
    replaced(installation, '"var/practice.jsonl"', f'"{path}"')
    file = installation.folder / "bavn.toml"
    with file.open("a", encoding="utf-8") as more:
        more.write(f'[channels.drill]\nbearer = "loopback"\npath = "{path}"\n')
    assert set(load(file, environ={}).channels) == {"practice", "drill"}


def test_nothing_is_written_into_a_secret(installation: InitResult) -> None:
    (installation.folder / "secrets").mkdir()
    secret = installation.folder / "secrets" / "channels.practice.outcome"
    secret.write_text("accept", encoding="ascii")
    secret.chmod(0o600)
    replaced(installation, '# secrets_dir = "secrets"', 'secrets_dir = "secrets"')
    replaced(installation, "file:anchors.log", "file:secrets/channels.practice.outcome")
    (line,) = problems(installation)
    assert "would be both the audit's anchor and the secret channels.practice.outcome" in line


def test_the_socket_of_a_running_hub_is_in_nobody_s_way(installation: InitResult) -> None:
    config = load(installation.folder / "bavn.toml", environ={})
    config.data_dir.mkdir()
    with socket.socket(socket.AF_UNIX) as hub:
        hub.bind(str(config.socket))
        assert load(config.path, environ={}).socket == config.socket


def test_links_in_a_circle_are_said(installation: InitResult) -> None:
    (installation.folder / "var").symlink_to("var")
    said = "cannot be used (Too many levels of symbolic links). Name another"
    assert f"bavn.toml: gateway.data_dir: {said}" in problems(installation)


def read_all(installation: InitResult) -> None:
    """What a start reads."""
    config = load(installation.folder / "bavn.toml", environ={})
    read_tokens(config.tokens_file)
    own_master_key(config.key_file)


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"]
)
@pytest.mark.parametrize("name", ["bavn.toml", "directory.toml", "tokens.toml", "keys/master.key"])
def test_a_pipe_or_a_device_is_not_read(
    make: Callable[[Path], None], name: str, installation: InitResult
) -> None:
    (installation.folder / name).unlink()
    make(installation.folder / name)
    with pytest.raises(GatewayError, match="it is a pipe or a device, and no file"):
        read_all(installation)


def test_a_secret_that_is_a_pipe_is_not_read(installation: InitResult) -> None:
    (installation.folder / "secrets").mkdir()
    os.mkfifo(installation.folder / "secrets" / "channels.practice.outcome", 0o600)
    replaced(installation, '# secrets_dir = "secrets"', 'secrets_dir = "secrets"')
    (line,) = problems(installation)
    assert line.startswith("secrets/channels.practice.outcome: cannot be read (it is a pipe or a device")


def test_the_command_line_waits_for_no_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bavn.toml")
    with pytest.raises(CommandError, match="it is a pipe or a device, and no file"):
        find(tmp_path / "bavn.toml", "en")


def test_a_mount_that_is_read_only_is_named(
    installation: InitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nobody but root may mount anything, so the answer of the system is given here
    answer = SimpleNamespace(f_flag=os.ST_RDONLY, f_blocks=1)
    monkeypatch.setattr("gateway.config_paths.os.statvfs", lambda _path: answer)
    (line,) = problems(installation)
    place = installation.folder
    mount = next(each for each in (place, *place.parents) if each.is_mount())
    assert line.startswith(
        f"bavn.toml: gateway.data_dir: {mount} is mounted read-only for this program. Mount it"
    )
    assert f"cannot be written ({mount} is mounted read-only" in unfit(installation.folder / "anchors.log")


@pytest.mark.parametrize(
    ("held", "ours"),
    [
        ("", True),
        ("2026-11-23T03:1", True),
        ("2026-11-23T03:12:00Z 7 0a1b", True),
        ("\0" * 90, True),
        (f"damaged\n2026-11-23T03:12:00Z 7 {'0a' * 32}\n", True),
        ("127.0.0.1 localhost\n", False),
        ("[gateway]\n", False),
        ("ÆØÅ\n", False),
    ],
)
def test_a_file_without_any_line_of_an_anchor_is_left_as_it_is(held: str, ours: bool, tmp_path: Path) -> None:
    path = tmp_path / "anchors.log"
    path.write_text(held, encoding="utf-8")
    remedy = "holds no line of an anchor, so it is left as it is. Name another file, or move this one away"
    assert unfit(path) == ("" if ours else f"audit.anchor: {path} is there and {remedy}")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[http]\n", '[http]\nsocket = "closed/bavn.sock"\n', "http.socket"),
        ('path = "var/practice.jsonl"', 'path = "closed/sent"', "channels.practice.path"),
    ],
)
def test_a_place_that_cannot_be_written_is_said(
    old: str, new: str, key: str, installation: InitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = installation.folder / "closed"
    closed.mkdir()
    replaced(installation, old, new)
    # root may write everywhere, so the answer of the system is given here
    monkeypatch.setattr("gateway.config_files.os.access", lambda path, _mode: path != closed)
    said = f"{closed} cannot be written by this user. Give it to the hub's user, or name another"
    assert problems(installation) == [f"bavn.toml: {key}: {said}"]


@pytest.mark.parametrize(
    ("old", "new", "folder", "unit"),
    [
        (
            "[http]",
            '[http]\nsocket = "{}/s"',
            "/run/bavn-none",
            "; under systemd: RuntimeDirectory=bavn-none",
        ),
        (
            'data_dir = "var"',
            'data_dir = "{}"',
            "/var/lib/bavn-no",
            "; under systemd: StateDirectory=bavn-no",
        ),
        ('data_dir = "var"', 'data_dir = "{}"', "/srv/bavn-none", ""),
    ],
)
def test_nobody_is_told_to_give_a_folder_of_the_system_away(
    old: str, new: str, folder: str, unit: str, installation: InitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(installation, old, new.format(folder))
    above = Path(folder).parent
    monkeypatch.setattr("gateway.config_files.os.access", lambda path, _mode: path != above)
    key = "http.socket" if "socket" in new else "gateway.data_dir"
    missing = (
        f"the folder {folder} is missing, and this user cannot make it. Make it for the hub's user{unit}"
    )
    assert problems(installation) == [f"bavn.toml: {key}: {missing}"]


def test_who_may_only_read_is_told_whose_the_folder_is(
    installation: InitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, place = pwd.getpwnam("daemon"), installation.folder / "var"
    place.mkdir(exist_ok=True)
    monkeypatch.setattr("gateway.config_paths.owner_of", lambda path: account.pw_uid if path == place else 0)
    monkeypatch.setattr("gateway.config_files.os.access", lambda path, _mode: path != place)
    [line] = problems(installation)
    assert line.endswith(
        "cannot be written by this user. It is daemon's: run this as the hub's user (daemon)"
    )
