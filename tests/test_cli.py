"""`bavn` without a hub: exit statuses, init, config check, cap check."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from channels.registry import BEARERS
from gateway.cli.main import app
from gateway.cli.posting import MOST_OCTETS
from gateway.init import InitResult
from tests.running import bavn, environment
from tests.test_config import BAD

CAP = Path(__file__).parent / "data" / "cap"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in an empty folder, in Danish, whatever the machine is set to."""
    monkeypatch.chdir(tmp_path)
    for name in ("BAVN_CONFIG", "BAVN_LANG"):
        monkeypatch.delenv(name, raising=False)


def told(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


@pytest.mark.parametrize(
    "arguments",
    [
        *("list", "show K7", "stop K7", "all-clear K7", "channels", "watch", "channel practice test"),
        "send --to a --headline h --precedence flash",
        "answer K7 souschef 1 --via voice",
    ],
)
def test_without_a_hub_the_status_is_4_and_the_line_starts_one(
    arguments: str, installation: InitResult
) -> None:
    config = installation.folder / "bavn.toml"
    result = told(*arguments.split(), "--config", config)
    assert result.exit_code == 4
    assert f"bavn run --config {config}" in result.stderr
    assert result.stdout == ""


def test_without_an_installation_the_line_says_how_to_name_or_make_one() -> None:
    result = told("list")
    assert result.exit_code == 1
    assert "bavn.toml" in result.stderr
    assert "bavn init" in result.stderr


def test_the_installation_and_the_language_come_from_the_environment(
    installation: InitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAVN_CONFIG", str(installation.folder / "bavn.toml"))
    monkeypatch.setenv("BAVN_LANG", "en")
    assert "No hub is running" in told("list").stderr
    assert "Bavn kører ikke" in told("list", "--lang", "da").stderr
    assert "No hub is running" in told("--lang", "en", "list").stderr


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        ("list", "xx"),
        ("list --lang xx", "da"),
        ("--lang xx list", ""),
        ("config check", "xx"),
        ("demo", "xx"),
        ("init new", "xx"),
    ],
)
def test_a_language_that_there_is_none_of_is_refused(
    arguments: str, variable: str, installation: InitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAVN_CONFIG", str(installation.folder / "bavn.toml"))
    monkeypatch.setenv("BAVN_LANG", variable)
    result = told(*arguments.split())
    assert result.exit_code == 2
    assert "there is no language 'xx' here: write da or en" in result.stderr


@pytest.mark.parametrize("written", ["en", "EN", "en_GB", "en_GB.UTF-8", "en-GB"])
def test_a_language_may_be_written_as_the_system_writes_it(
    written: str, installation: InitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAVN_CONFIG", str(installation.folder / "bavn.toml"))
    monkeypatch.setenv("BAVN_LANG", written)
    assert "No hub is running" in told("list").stderr


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--precedence flsh", "'flsh' is not one of flash, immediate, priority, routine: write one of these"),
        ("--want foo", "'foo' is not one of submitted, delivered, read, acknowledged"),
        ("--status actuel", "'actuel' is not one of Actual, Exercise, System, Test, Draft"),
    ],
)
def test_a_misspelt_word_is_refused_with_those_there_are(option: str, words: str) -> None:
    result = told("send", "--to", "a", "--headline", "h", *option.split())
    said = " ".join(result.stderr.replace("│", " ").split())
    assert result.exit_code == 2
    assert words in said
    assert "Value error" not in said


def test_init_shows_the_token_once_and_what_to_do_next(tmp_path: Path) -> None:
    result = told("init", tmp_path / "ny mappe")
    assert result.exit_code == 0
    assert result.stdout.count("bavn_") == 1
    assert "bavn run --config '" in result.stdout
    again = told("init", tmp_path / "ny mappe")
    assert again.exit_code == 1
    assert "Nothing was changed" in again.stderr


def test_config_check_says_what_it_found(installation: InitResult) -> None:
    result = told("config", "check", "--config", installation.folder / "bavn.toml", "--lang", "en")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "bavn.toml: good. 1 channel, 3 contacts, EXERCISE."


def test_config_check_mentions_what_is_doubtful(installation: InitResult) -> None:
    path = installation.folder / "bavn.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("file:anchors.log", "file:var/anchors.log"), "utf-8"
    )
    result = told("config", "check", "--config", path)
    assert result.exit_code == 0
    assert "Obs: bavn.toml: audit.anchor: " in result.stdout
    assert "Læg det på en anden disk eller maskine." in result.stdout
    english = told("config", "check", "--config", path, "--lang", "en").stdout
    assert "Note: bavn.toml: audit.anchor: " in english
    assert "Put it on another disk or machine." in english


@pytest.mark.parametrize("command", ["config check", "run"])
def test_an_anchor_that_is_a_folder_is_refused_with_file_and_key(
    installation: InitResult, command: str
) -> None:
    (installation.folder / "anchors.log").mkdir()
    result = told(*command.split(), "--config", installation.folder / "bavn.toml")
    assert result.exit_code == 1
    assert f"bavn.toml: audit.anchor: {installation.folder / 'anchors.log'} cannot be" in result.stderr


@pytest.mark.parametrize("command", ["config check", "run"])
@pytest.mark.parametrize("folder", BAD, ids=lambda path: path.name)
def test_a_bad_configuration_is_refused_whole_and_nothing_is_made(
    folder: Path, command: str, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / folder.name))
    (copy / "bavn.toml").chmod(0o644)
    expected = (folder / "expected.txt").read_text(encoding="utf-8")
    expected = expected.replace("<bearers>", ", ".join(sorted(BEARERS))).replace("<folder>", str(copy))
    result = told(*command.split(), "--config", copy / "bavn.toml")
    assert (result.exit_code, result.stderr, result.stdout) == (1, expected, "")
    assert sorted(path.name for path in copy.iterdir()) == ["bavn.toml", "directory.toml", "expected.txt"]


def test_the_real_command_refuses_a_bad_configuration_too(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(BAD[0], tmp_path / "bad"))
    result = bavn("run", cwd=copy)
    assert result.returncode == 1
    expected = (copy / "expected.txt").read_text(encoding="utf-8")
    assert result.stderr == expected.replace("<folder>", str(copy))


def test_cap_check_has_one_line_a_file_with_the_element_at_fault(tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    good = CAP / "oasiscap" / "v1dot2_appendix_adot1.xml"
    bad.write_bytes(good.read_bytes().replace(b"<status>Actual<", b"<status>Really<"))
    result = told("cap", "check", good, bad, tmp_path / "nowhere.xml", tmp_path)
    accepted, refused, missing, folder = result.stdout.splitlines()
    assert accepted.startswith(f"accept {good}")
    assert refused.startswith(f"refuse {bad}: status: ")
    assert missing == f"refuse {tmp_path / 'nowhere.xml'}: file: cannot be read: No such file or directory"
    assert folder.endswith("cannot be read: Is a directory")
    assert result.exit_code == 1


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/dev/zero", "is not a regular file"),
        ("pipe", "is not a regular file"),
        ("large", "has more than 2 MB"),
        (".", "Is a directory"),
        ("nowhere", "No such file"),
    ],
)
def test_what_is_no_file_of_an_alerts_size_is_refused_in_a_line(name: str, reason: str) -> None:
    os.mkfifo("pipe")
    with open("large", "wb") as large:
        large.truncate(MOST_OCTETS + 1)
    checked, sending = told("cap", "check", name), told("send", "--cap", name)
    assert checked.exit_code == 1
    assert reason in checked.stdout
    assert len(checked.stdout.splitlines()) == 1
    assert sending.exit_code == 2
    assert reason in " ".join(sending.stderr.replace("│", " ").split())


def test_stdin_is_read_to_a_limit_too() -> None:
    much = b"x" * (MOST_OCTETS + 1)
    words = ("send", "--to", "a", "--precedence", "flash", "--headline", "h", "--text", "-")
    for result in (told("cap", "check", "-", stdin=much), told(*words, stdin=much)):
        assert result.exit_code in {1, 2}
        assert "has more than 2 MB" in " ".join(result.output.split())


@pytest.mark.parametrize("option", ["--text", "--long-text"])
@pytest.mark.parametrize("stdin", [b"", b"\n \n"])
def test_an_empty_stdin_is_no_text(option: str, stdin: bytes) -> None:
    result = told("send", "--to", "a", "--precedence", "flash", "--headline", "h", option, "-", stdin=stdin)
    assert result.exit_code == 2
    assert f"{option}: nothing came on stdin" in " ".join(result.output.replace("│", " ").split())


def test_cap_check_reads_stdin_and_prints_one_object_with_json() -> None:
    octets = (CAP / "oasiscap" / "v1dot2_appendix_adot1.xml").read_bytes()
    result = told("cap", "check", "-", "--json", stdin=octets)
    assert result.exit_code == 0
    found = json.loads(result.stdout)["files"]
    assert [(each["file"], each["verdict"], each["actionable"]) for each in found] == [("-", "accept", True)]


def test_an_answer_offered_twice_is_refused(installation: InitResult) -> None:
    words = (
        "--to",
        "a",
        "--headline",
        "h",
        "--precedence",
        "flash",
        "--answer",
        "1=kommer",
        "--answer",
        "1 = nej",
    )
    result = told("send", *words, "--config", installation.folder / "bavn.toml")
    assert result.exit_code == 2
    assert "'1' is given twice" in result.stderr


def test_an_emulator_refuses_a_place_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("somebody's", encoding="utf-8")
    result = told("emulate", "gsm", "--link", tmp_path / "file")
    assert result.exit_code == 1
    assert (tmp_path / "file").read_text(encoding="utf-8") == "somebody's"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--link", "none/m"], "none/m: there is no folder none: make it first"),
        (
            ["--link", "m", "--journal", "none/j"],
            "none/j: No such file or directory: name a file in a folder",
        ),
        (["--link", "m", "--control", "none/c"], "none/c: No such file or directory: name a file in"),
        (["--link", "m", "--faults", "none"], "none: No such file or directory: name a file in a folder"),
        (
            ["--link", "m", "--faults", "faults"],
            "faults: fault mute: rate 7 is not from 0 to 1: write for ex",
        ),
        (["--link", "m", "--speed", "0"], "a speed of 0: choose from 0.01 to 1000, 1 is as in life"),
    ],
)
def test_an_emulator_says_which_place_will_not_do(
    options: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faults").write_text("[mute]\nrate = 7\n", encoding="utf-8")
    result = told("emulate", "gsm", *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(said)
    assert [path.name for path in tmp_path.iterdir()] == ["faults"]


def test_commands_that_ask_the_hub_load_nothing_of_the_hub() -> None:
    """What keeps them fast: neither the server, the store, lxml nor rich is there when a command begins."""
    program = "import sys, gateway.cli.main; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = ("aiohttp", "sqlalchemy", "alembic", "lxml", "structlog", "asyncio", "rich.console", "serial")
    assert [name for name in heavy if name in loaded] == []
