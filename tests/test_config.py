"""Configuration: what is right is read whole; what is wrong is said so that one reading mends the file."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from channels.registry import BEARERS, channel_class
from gateway.catalogue import catalogue
from gateway.config import Config, ConfigError, doubts, load
from gateway.config_checks import SCHEMES
from gateway.config_errors import Doubt, is_secret
from gateway.config_tables import PolicyTable
from gateway.init import InitResult
from gateway.policy import Policy, policies
from gateway.tokens import read_tokens
from messages.address import AddressError, parse_address
from messages.evidence import Evidence
from messages.precedence import Precedence

BAD = sorted(path for path in (Path(__file__).parent / "bad_configs").iterdir() if path.is_dir())
MAIL = """
[channels.mail]
bearer = "email"
host = "127.0.0.1"
tls = "none"
sender = "krisestab@eksempelkommune.invalid"
username = "bavn"
"""


def with_text(installation: InitResult, *, old: str = "", new: str = "", more: str = "") -> Path:
    """The installation's bavn.toml, after an edit."""
    path = installation.folder / "bavn.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new) + more, encoding="utf-8")
    return path


def problems_of(path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ=environ or {})
    return [str(problem) for problem in caught.value.problems]


def outcome(path: Path) -> list[str]:
    """What is wrong with the file, [] if it loads. Any other exception is a defect."""
    try:
        return [] if load(path, environ={}) else ["nothing"]
    except ConfigError as error:
        return [str(problem) for problem in error.problems]


@pytest.mark.parametrize("folder", BAD, ids=lambda path: path.name)
def test_a_bad_configuration_is_refused_with_exactly_these_lines(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / folder.name))
    (copy / "bavn.toml").chmod(0o644)
    expected = (folder / "expected.txt").read_text(encoding="utf-8")
    expected = expected.replace("<bearers>", ", ".join(sorted(BEARERS))).replace("<folder>", str(copy))
    assert problems_of(copy / "bavn.toml") == expected.splitlines()
    assert sorted(path.name for path in copy.iterdir()) == ["bavn.toml", "directory.toml", "expected.txt"]


def test_there_are_at_least_twenty_bad_configurations() -> None:
    assert len(BAD) >= 20


WHOLE = """
[gateway]
id = "krisestab.eksempelkommune.invalid"
name = "Eksempelby Kommune"
plane = "exercise"
data_dir = "var"
directory = "directory.toml"
language = "da"
secrets_dir = "keys"
[store]
url = "sqlite:bavn.db"
[audit]
anchor = "file:anchors.log"
[http]
listen = "127.0.0.1:8470"
socket = "bavn.sock"
[domains]
internet = "Internet"
net-a = "Mobilnet A"
net-b = "Mobilnet B"
[domains_by_address]
"sms:" = []
[channels.mail]
bearer = "email"
domains = ["internet"]
planes = ["exercise"]
host = "127.0.0.1"
port = 2525
tls = "none"
sender = "krisestab@eksempelkommune.invalid"
[channels.practice]
bearer = "loopback"
path = "practice.jsonl"
[policy.flash]
want = "delivered"
rounds = 2
expires_after = "1h"
next_domain_by_bearer = { email = "20s" }
""".strip().splitlines()
WRONG = [
    "7",
    "-1",
    "1.5",
    "nan",
    "true",
    '""',
    '"\\u0000\\u202e"',
    "[]",
    "[[1], {}]",
    "{}",
    "{ x = { y = 1 } }",
    "2026-11-23",
]


@pytest.mark.parametrize(
    "number", [n for n, line in enumerate(WHOLE) if " = " in line], ids=lambda n: WHOLE[n].split()[0]
)
def test_no_value_of_the_wrong_kind_gets_past_or_breaks_the_reading(
    installation: InitResult, number: int
) -> None:
    path = installation.folder / "bavn.toml"
    key = WHOLE[number].partition(" = ")[0]
    for wrong in WRONG:
        path.write_text(
            "\n".join([*WHOLE[:number], f"{key} = {wrong}", *WHOLE[number + 1 :]]), encoding="utf-8"
        )
        lines = outcome(path)
        assert lines == [] or any(key.strip('"') in line or "cannot be read" in line for line in lines)


@pytest.mark.parametrize(
    "number", [n for n, line in enumerate(WHOLE) if line.startswith("[")], ids=lambda n: WHOLE[n]
)
def test_a_value_where_a_table_belongs_is_named(installation: InitResult, number: int) -> None:
    path = installation.folder / "bavn.toml"
    name = WHOLE[number].strip("[]")
    end = next((n for n, line in enumerate(WHOLE) if n > number and line.startswith("[")), len(WHOLE))
    path.write_text("\n".join([f"{name} = 1", *WHOLE[:number], *WHOLE[end:]]), encoding="utf-8")
    assert any(name.partition(".")[0] in line for line in problems_of(path))


def test_the_mark_that_some_editors_put_first_is_no_fault(installation: InitResult) -> None:
    for name in ("bavn.toml", "directory.toml", "tokens.toml"):
        path = installation.folder / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    config = load(installation.folder / "bavn.toml", environ={})
    assert (len(config.directory.contacts), len(read_tokens(config.tokens_file))) == (3, 1)


def assert_in_words(doubt: Doubt) -> None:
    """The English of the catalogue is what the doubt says by itself."""
    said = " ".join(catalogue("en")(f"{part}.{doubt.code}", **doubt.fields) for part in ("doctor", "remedy"))
    assert said.rstrip(".") == str(doubt).rstrip(".")
    assert catalogue("da")(f"doctor.{doubt.code}", **doubt.fields).startswith(doubt.where)


def test_a_directory_without_contacts_is_a_doubt(installation: InitResult) -> None:
    (installation.folder / "directory.toml").write_text("", encoding="utf-8")
    (doubt,) = doubts(load(installation.folder / "bavn.toml", environ={}))
    assert str(doubt).startswith("directory.toml: holds no contact, so nobody can be reached. Write a table")
    assert_in_words(doubt)


def test_paths_are_relative_to_the_file(installation: InitResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    config = load(installation.folder / "bavn.toml", environ={})
    assert config.database == installation.folder / "var" / "bavn.db"
    assert config.anchor == installation.folder / "anchors.log"
    assert config.socket == installation.folder / "var" / "bavn.sock"
    assert config.gateway.directory == installation.folder / "directory.toml"


def test_a_serial_port_and_a_file_of_a_channel_are_relative_to_the_file_too(installation: InitResult) -> None:
    more = '[channels.sms-a]\nbearer = "sms-modem"\nport = "modem"\n[channels.sms-b]\nbearer = "sms-modem"\n'
    path = with_text(installation, more=more + 'port = "socket://127.0.0.1:2000"\n')
    channels = load(path, environ={}).channels
    assert channels["sms-a"].model_dump()["port"] == str(installation.folder / "modem")
    assert channels["sms-b"].model_dump()["port"] == "socket://127.0.0.1:2000"
    assert channels["practice"].model_dump()["path"] == installation.folder / "var" / "practice.jsonl"


@pytest.mark.parametrize(
    ("gateway", "channel", "carried"),
    [
        ("exercise", "", {"exercise"}),
        ("exercise", 'planes = ["live"]', set()),
        ("live", "", {"live"}),
        ("live", 'planes = ["live", "exercise"]', {"live", "exercise"}),
        ("live", 'planes = ["exercise"]', {"exercise"}),
    ],
)
def test_a_channel_carries_its_planes_within_what_the_gateway_allows(
    installation: InitResult, gateway: str, channel: str, carried: set[str]
) -> None:
    with_text(installation, old='plane = "exercise"', new=f'plane = "{gateway}"')
    path = with_text(installation, old='bearer = "loopback"', new=f'bearer = "loopback"\n{channel}')
    assert load(path, environ={}).planes("practice") == carried


def test_a_policy_table_replaces_only_what_it_names(installation: InitResult) -> None:
    more = '[policy.flash]\nwant = "delivered"\nexpires_after = "1h30m"\nnext_domain_by_bearer = { tetra = "20s" }\n'
    config = load(with_text(installation, more=more), environ={})
    flash = policies(config.policy_overrides())[Precedence.FLASH]
    assert (flash.want, flash.expires_after) == (Evidence.DELIVERED, timedelta(minutes=90))
    assert flash.deadline("tetra") == timedelta(seconds=20)
    assert flash.deadline("sms-modem") == timedelta(seconds=30)
    assert flash.rounds == 3


def test_every_key_of_a_policy_table_is_one_of_the_policy() -> None:
    assert set(PolicyTable.model_fields) <= set(Policy.__dataclass_fields__)


def refusal(uri: str) -> str:
    try:
        return "" if parse_address(uri) else "nothing"
    except AddressError as error:
        return str(error)


def test_every_scheme_of_a_pattern_is_one_of_an_address() -> None:
    assert "is not one of" in refusal("fax:?")
    assert [scheme for scheme in SCHEMES if "is not one of" in refusal(f"{scheme}:?")] == []


@pytest.mark.parametrize("bearer", sorted(BEARERS))
def test_what_a_bearer_keeps_secret_never_stands_in_a_repr(bearer: str) -> None:
    fields = channel_class(bearer).config_model.model_fields
    telling = {
        name
        for name in fields
        if name in {"password", "pin", "puk", "token", "api_key", "secret", "webhook_secret"}
    }
    assert telling == {name for name in fields if is_secret(fields[name])}


def secret_from_environment(_installation: InitResult) -> dict[str, str]:
    return {"BAVN_CHANNELS__MAIL__PASSWORD": "hemmelig-kode", "BAVN_WITHOUT": "postfix"}


def secret_from_folder(installation: InitResult) -> dict[str, str]:
    write_secret(installation.folder / "secrets", "channels.mail.password", mode=0o400)
    with_text(installation, old='# secrets_dir = "secrets"', new='secrets_dir = "secrets"')
    return {}


def secret_from_systemd(installation: InitResult) -> dict[str, str]:
    write_secret(installation.folder / "credentials", "channels.mail.password", mode=0o400)
    return {"CREDENTIALS_DIRECTORY": str(installation.folder / "credentials")}


def write_secret(folder: Path, name: str, *, mode: int) -> None:
    folder.mkdir()
    (folder / "certificate.pem").write_text("not a key of bavn.toml")
    (folder / name).write_text("hemmelig-kode\n")
    (folder / name).chmod(mode)


@pytest.mark.parametrize("give", [secret_from_environment, secret_from_folder, secret_from_systemd])
def test_a_secret_reaches_its_channel_and_no_repr(installation: InitResult, give: object) -> None:
    environ = give(installation)  # type: ignore[operator]
    config = load(with_text(installation, more=MAIL), environ=environ)
    password = config.channels["mail"].model_dump()["password"]
    assert isinstance(password, SecretStr)
    assert password.get_secret_value() == "hemmelig-kode"
    assert config.secrets() == ("hemmelig-kode",)
    assert "hemmelig-kode" not in repr(config)


def test_a_secret_that_everybody_can_read_is_refused(installation: InitResult) -> None:
    write_secret(installation.folder / "secrets", "channels.mail.password", mode=0o644)
    with_text(installation, old='# secrets_dir = "secrets"', new='secrets_dir = "secrets"')
    file = installation.folder / "secrets" / "channels.mail.password"
    assert problems_of(with_text(installation, more=MAIL))[0] == (
        f"secrets/channels.mail.password: a secret that everybody can read is no secret. Run: chmod o-r {file}"
    )


def test_a_variable_finds_a_channel_whose_name_has_a_hyphen(installation: InitResult) -> None:
    path = with_text(installation, more='[channels.loop-a]\nbearer = "loopback"\n')
    assert (
        load(path, environ={"BAVN_CHANNELS__LOOP_A__DELAY_S": "2"}).channels["loop-a"].model_dump()["delay_s"]
        == 2
    )


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "BAVN_CHANNELS__PRACTISE__DELAY_S",
            "1",
            "channels.practise.delay_s: there is no table [channels.practise] in bavn.toml. "
            "Did you mean channels.practice?",
        ),
        ("BAVN_GATEWAY__PLANE", "live", "gateway.plane: may only stand in the file. Write it in bavn.toml"),
        ("BAVN_STORE__URL", "sqlite:x.db", "store.url: stands in bavn.toml too. Keep one of the two"),
        (
            "BAVN_CHANNELS__PRACTICE__DELAY_S",
            "x",
            "channels.practice.delay_s: 'x' is not a number. Write for example delay_s = 0.0",
        ),
    ],
)
def test_a_wrong_variable_is_named(installation: InitResult, name: str, value: str, line: str) -> None:
    path = installation.folder / "bavn.toml"
    assert problems_of(path, {name: value}) == [f"environment variable {name}: {line}"]


def test_a_wrong_secret_is_never_shown(installation: InitResult) -> None:
    path = with_text(installation, more=MAIL.replace('username = "bavn"\n', ""))
    lines = problems_of(path, {"BAVN_CHANNELS__MAIL__PASSWORD": "hemmelig-kode"})
    assert lines
    assert "hemmelig" not in "\n".join(lines)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("file:anchors.log", "file:var/anchors.log", "audit.anchor"),
        ("127.0.0.1:8470", "0.0.0.0:8470", "http.listen"),
        ('bearer = "loopback"', 'bearer = "loopback"\nplanes = ["live"]', "channels.practice.planes"),
        ('duty = "vagthavende"', "", "gateway.duty"),
    ],
)
def test_what_works_and_is_probably_not_meant_is_a_doubt(
    installation: InitResult, old: str, new: str, key: str
) -> None:
    config = load(with_text(installation, old=old, new=new), environ={})
    found = doubts(config)
    assert [doubt.key for doubt in found] == [key]
    assert_in_words(found[0])


@pytest.mark.parametrize(
    ("address", "doubted"),
    [
        ("sms:+4500000077", True),
        ("mailto:faelles@eksempelkommune.invalid", True),
        ("tel:+4500000077", False),
        ("sds:group:77", False),
    ],
)
def test_an_address_that_two_have_is_a_doubt_where_answers_come_from(
    installation: InitResult, address: str, doubted: bool
) -> None:
    two = "".join(f'\n[[contacts]]\nid = "{who}"\nname = "X"\naddresses = ["{address}"]\n' for who in "xy")
    with (installation.folder / "directory.toml").open("a", encoding="utf-8") as file:
        file.write(two)
    found = doubts(load(installation.folder / "bavn.toml", environ={}))
    assert [f"x, y have {address} in common" in str(doubt) for doubt in found] == [True] * doubted
    for doubt in found:
        assert_in_words(doubt)


@pytest.mark.parametrize(("without", "who"), [(1, "x0"), (10, "x0, x1, x2, x3, x4, x5, x6, x7 (+2)")])
def test_who_has_no_address_is_a_doubt(installation: InitResult, without: int, who: str) -> None:
    contacts = (f'\n[[contacts]]\nid = "x{n}"\nname = "X"\naddresses = []\n' for n in range(without))
    with (installation.folder / "directory.toml").open("a", encoding="utf-8") as file:
        file.writelines(contacts)
    (doubt,) = doubts(load(installation.folder / "bavn.toml", environ={}))
    assert f"contacts.x0.addresses: nobody can be reached without an address: {who}. Write" in str(doubt)
    assert_in_words(doubt)


def test_a_new_installation_raises_no_doubt(installation: InitResult) -> None:
    assert doubts(load(installation.folder / "bavn.toml", environ={})) == []


def test_a_folder_that_cannot_be_written_is_refused(
    installation: InitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installation.folder / "var").mkdir()
    # root may write everywhere, so the answer of the system is given here
    monkeypatch.setattr("gateway.config_checks.os.access", lambda _path, _mode: False)
    (line,) = problems_of(installation.folder / "bavn.toml")
    assert line.endswith("cannot be written by this user. Give it to the hub's user")


def test_a_file_of_megabytes_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "bavn.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    assert problems_of(tmp_path / "bavn.toml") == ["bavn.toml: is larger than 1 MB. Is it the right file?"]


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bavn.toml").write_bytes('[gateway]\nname = "Bjørneby"\n'.encode("latin-1"))
    assert problems_of(tmp_path / "bavn.toml") == ["bavn.toml: line 2: is not UTF-8. Save the file as UTF-8"]


def test_a_configuration_cannot_be_changed(installation: InitResult) -> None:
    config: Config = load(installation.folder / "bavn.toml", environ={})
    with pytest.raises(ValueError, match="frozen"):
        config.gateway.plane = "live"


def test_a_table_in_a_table_has_its_secrets_and_its_paths_from_where_all_have_them(
    installation: InitResult,
) -> None:
    trustme.CA().cert_pem.write_to_path(installation.folder / "ca.pem")
    inbox = (
        '[channels.mail.inbox]\nkind = "imap"\nhost = "127.0.0.1"\nusername = "bavn"\nca_file = "ca.pem"\n'
    )
    path = with_text(installation, more=f"{MAIL}{inbox}")
    environ = {
        "BAVN_CHANNELS__MAIL__PASSWORD": "hemmelig",
        "BAVN_CHANNELS__MAIL__INBOX__PASSWORD": "hemmelig",
        "BAVN_CHANNELS__MAIL__INBOX__KEY": "0123456789abcdef",
        "BAVN_CHANNELS__MAIL__INBOX__LOOK_EVERY_S": "7",
    }
    config = load(path, environ=environ)
    table = config.channels["mail"].model_dump()["inbox"]
    assert (table["ca_file"], table["look_every_s"]) == (installation.folder / "ca.pem", 7)
    assert "hemmelig" not in repr(config)
    assert "0123456789abcdef" not in repr(config)
