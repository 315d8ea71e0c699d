"""`bavn init`: an installation that loads as it is written, with keys nobody else can read."""

import stat
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.config import load
from gateway.durations import duration, in_words
from gateway.errors import GatewayError
from gateway.init import InitError, InitResult, init, read_master_key
from gateway.layout import LayoutError, check_layout
from gateway.tokens import SCOPES, TokensError, new_token, read_tokens, tokens_text, verify_token

NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)


def test_it_loads_as_it_is_written_and_nothing_live_can_leave(installation: InitResult) -> None:
    config = load(installation.folder / "bavn.toml", environ={})
    assert config.gateway.plane == "exercise"
    assert {name: config.planes(name) for name in config.channels} == {"practice": {"exercise"}}
    assert [contact.id for contact in config.directory.contacts] == ["vagthavende", "souschef", "plejecenter"]


def test_nobody_real_is_in_it(installation: InitResult) -> None:
    contacts = load(installation.folder / "bavn.toml", environ={}).directory.contacts
    addresses = [entry.address for contact in contacts for entry in contact.addresses]
    assert [str(a) for a in addresses if not a.is_example and a.scheme != "loopback"] == []
    assert all(contact.exercise for contact in contacts)


def test_the_commented_examples_load_when_the_marks_are_taken_away(installation: InitResult) -> None:
    path = installation.folder / "bavn.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    keys = (
        "[channels.",
        "[policy.",
        "bearer",
        "domains",
        "host",
        "port",
        "tls",
        "sender",
        "system_id",
        "topic_prefix",
        "url",
        "listen",
        "expires",
        "no_answer",
        "kind",
        "username",
    )
    shown = [
        line.removeprefix("# ") if line.startswith("# ") and line[2:].startswith(keys) else line
        for line in lines
    ]
    path.write_text("\n".join(shown), encoding="utf-8")
    secrets = {
        "BAVN_CHANNELS__MAIL__INBOX__KEY": "0123456789abcdef",
        "BAVN_CHANNELS__MAIL__INBOX__PASSWORD": "x",
        "BAVN_CHANNELS__SMS_WEB__TOKEN": "x",
        "BAVN_CHANNELS__SMS_WEB__WEBHOOK_SECRET": "0123456789abcdef",
    }
    config = load(path, environ=secrets)
    assert set(config.channels) == {"practice", "mail", "mqtt", "sms-a", "sms-op", "sms-web", "sine"}
    assert config.policy["flash"].no_answer_deputy == timedelta(minutes=5)


def test_keys_and_tokens_are_for_their_owner_alone(installation: InitResult) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in installation.files}
    assert modes["master.key"] == modes["tokens.toml"] == 0o600
    assert not modes["bavn.toml"] & stat.S_IROTH
    assert stat.S_IMODE((installation.folder / "keys").stat().st_mode) == 0o700


def test_the_token_is_shown_once_and_kept_as_a_hash(installation: InitResult) -> None:
    kept = "".join(path.read_text(encoding="utf-8") for path in installation.files)
    assert installation.token not in kept + repr(installation)
    assert len(installation.token) >= 43  # 32 octets in base64
    found = verify_token(read_tokens(installation.folder / "tokens.toml"), installation.token)
    assert found is not None
    assert (found.name, found.scopes, found.created) == ("first", SCOPES, NOW)


def test_two_installations_have_different_secrets(installation: InitResult, tmp_path: Path) -> None:
    other = init(tmp_path / "other", now=NOW)
    assert other.token != installation.token
    keys = {read_master_key(each.folder / "keys" / "master.key") for each in (installation, other)}
    assert len(keys) == 2


def test_an_installation_is_never_overwritten(installation: InitResult) -> None:
    before = {path: path.read_bytes() for path in installation.files}
    with pytest.raises(InitError, match=r"holds an installation already \(bavn.toml.*Nothing was changed"):
        init(installation.folder, now=NOW)
    assert {path: path.read_bytes() for path in installation.files} == before


def test_a_folder_that_holds_something_else_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("ours")
    assert load(init(tmp_path, now=NOW).folder / "bavn.toml", environ={}).path == tmp_path / "bavn.toml"


def test_what_cannot_be_written_whole_is_not_written_at_all(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder belongs")
    with pytest.raises(InitError, match="Nothing was kept"):
        init(tmp_path, now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0o600, "cannot be read .*Restore it from the backup"),
        ("00" * 32, 0o640, "others may read it. Run: chmod 600"),
        ("00" * 31, 0o600, "31 octets instead of 32"),
        ("nøgle", 0o600, "is not a key in hex"),
    ],
)
def test_a_master_key_that_cannot_be_trusted_is_refused(
    tmp_path: Path, content: str | None, mode: int, said: str
) -> None:
    path = tmp_path / "master.key"
    if content is not None:
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
    with pytest.raises(GatewayError, match=said):
        read_master_key(path)


@pytest.mark.parametrize("presented", ["", "bavn_", "bavn_" + "A" * 43, "æøå", "\udcff"])
def test_a_wrong_token_opens_nothing(presented: str) -> None:
    kept = [new_token(name, scopes=SCOPES, now=NOW)[0] for name in ("one", "two")]
    assert verify_token(kept, presented) is None


def test_each_of_several_tokens_is_known_by_its_own_text(tmp_path: Path) -> None:
    pairs = [new_token(name, scopes=("read",), now=NOW) for name in ("one", "two", "three")]
    path = tmp_path / "tokens.toml"
    path.write_text(tokens_text(token for token, _ in pairs))
    path.chmod(0o600)
    assert [verify_token(read_tokens(path), text) for _, text in pairs] == [token for token, _ in pairs]


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("", 0o644, "chmod 600"),
        ("[[tokens]]\nname = 'x'\n", 0o600, r"a \[\[tokens\]\] table is damaged \('sha256'\)"),
        (
            "[[tokens]]\nsha256 = 'ab'\ncreated = 2026-11-23T00:00:00Z\nscopes = []\n",
            0o600,
            "sha256 or created",
        ),
        ("[[", 0o600, "cannot be read"),
    ],
)
def test_a_token_file_that_cannot_be_trusted_is_refused(
    tmp_path: Path, text: str, mode: int, said: str
) -> None:
    path = tmp_path / "tokens.toml"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(TokensError, match=said):
        read_tokens(path)


def test_no_token_file_means_no_token(tmp_path: Path) -> None:
    assert read_tokens(tmp_path / "tokens.toml") == ()


def test_the_token_file_is_toml_that_people_can_read() -> None:
    token, _ = new_token("konsol", scopes=("send", "read"), now=NOW)
    (table,) = tomllib.loads(tokens_text([token]))["tokens"]
    assert table == {"name": "konsol", "sha256": token.sha256, "created": NOW, "scopes": ["send", "read"]}


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [
        ("30s", 30, "30 s"),
        ("15 min", 900, "15 min"),
        ("2h", 7200, "2 h"),
        ("1h30m", 5400, "1 h 30 min"),
        ("1 d 2 h 3 min", 93780, "1 d 2 h"),
        ("90 minutter", 5400, "1 h 30 min"),
        (" 7 Dage ", 604800, "7 d"),
    ],
)
def test_a_duration_is_read_and_said_as_people_do(text: str, seconds: int, shown: str) -> None:
    assert duration(text) == timedelta(seconds=seconds)
    assert in_words(duration(text)) == shown


@pytest.mark.parametrize(
    "text", ["", "30", "s", "-30s", "30x", "1.5h", "0s", "0h 0m", "400d", "h1", "²h", "2h later"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="for example 30s, 15m"):
        duration(text)


def test_spans_under_a_second_and_in_the_past_can_be_said_too() -> None:
    assert in_words(timedelta(milliseconds=120)) == "120 ms"
    assert in_words(timedelta(seconds=-90)) == "-1 min 30 s"


def make_packages(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").touch()
    return folder


def test_the_four_packages_belong_together_here() -> None:
    check_layout()


def test_a_package_of_another_project_stops_the_start(tmp_path: Path) -> None:
    ours = make_packages(tmp_path / "bavn", "gateway", "channels", "messages", "hardware")
    theirs = make_packages(tmp_path / "django", "channels")
    check_layout(ours, search=[str(ours), str(theirs)])
    with pytest.raises(
        LayoutError, match=r"channels is in .*django/channels\. .*virtual environment of its own"
    ):
        check_layout(ours, search=[str(theirs), str(ours)])


def test_a_missing_package_stops_the_start(tmp_path: Path) -> None:
    ours = make_packages(tmp_path, "gateway", "channels", "messages")
    with pytest.raises(LayoutError, match="hardware is in no folder"):
        check_layout(ours, search=[str(ours)])
