"""`bavn doctor`: each thing that can be wrong with an installation is found, and each finding says what to do."""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway import doctor_machine, doctor_setup
from gateway.anchor import anchor_line
from gateway.app import running
from gateway.catalogue import LANGUAGES, catalogue
from gateway.cli.main import app
from gateway.config import Config, load
from gateway.doctor import Finding, Level, examine
from gateway.init import InitResult, own_master_key
from gateway.room import Room
from gateway.store.sqlite import Driver, driver

SOURCES = (doctor_machine, doctor_setup)


@pytest.fixture
def config(installation: InitResult) -> Config:
    (installation.folder / "var").mkdir(mode=0o750)
    return changed(installation)


def changed(installation: InitResult, *, old: str = "", new: str = "", file: str = "bavn.toml") -> Config:
    path = installation.folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load(installation.folder / "bavn.toml", environ={})


def found(
    config: Config, *, now: datetime | None = None, channels: Iterable[dict[str, Any]] | None = ()
) -> dict[str, Finding]:
    return {f.key: f for f in examine(config, now=now or datetime.now(UTC), channels=channels)}


def test_a_new_installation_has_nothing_wrong(config: Config) -> None:
    assert [f for f in found(config).values() if f.level is Level.WRONG] == []


def test_nothing_stays_behind(config: Config) -> None:
    found(config)
    assert list(config.data_dir.iterdir()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_its_texts_and_every_fault_its_remedy(language: str) -> None:
    words = catalogue(language)
    calls = [
        call
        for module in SOURCES
        for call in re.findall(
            r'\b(good|warning|wrong)\(\s*"(\w+)"', Path(str(module.__file__)).read_text("utf-8")
        )
    ]
    assert len(calls) > 30
    assert [key for _, key in calls if f"doctor.{key}" not in words] == []
    assert [key for level, key in calls if level != "good" and f"remedy.{key}" not in words] == []


def test_a_disk_that_confirms_at_once_is_not_believed(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    assert found(config)["fsync_unreal"].level is Level.WARNING


def test_an_affected_sqlite_is_named(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Driver(driver().module, (3, 40, 1))
    monkeypatch.setattr(doctor_machine, "driver", lambda: old)
    assert "3.40.1" in found(config)["sqlite_single"].fields["name"]


@pytest.mark.parametrize(
    ("free_mb", "key", "level"),
    [
        (50_000, "space_good", Level.GOOD),
        (399, "space_short", Level.WARNING),
        (199, "space_gone", Level.WRONG),
    ],
)
def test_the_room_on_the_disk_is_held_against_the_reserve(
    config: Config, monkeypatch: pytest.MonkeyPatch, free_mb: int, key: str, level: Level
) -> None:
    monkeypatch.setattr(doctor_machine, "room_on", lambda place, given: Room(free_mb << 20, 200 << 20))
    assert found(config)[key].level is level


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (lambda c: c.tokens_file.chmod(0o644), "tokens"),
        (lambda c: c.tokens_file.write_text("damaged"), "tokens"),
        (lambda c: c.key_file.chmod(0o640), "key"),
        (lambda c: c.key_file.write_text("abc\n"), "key"),
        (lambda c: c.key_file.unlink(), "key"),
        (lambda c: c.path.chmod(0o646), "others_write"),
        (lambda c: c.data_dir.chmod(0o777), "others_write"),
        (lambda c: c.anchor.write_text("not an anchor\n"), "no_store"),
    ],
)
def test_what_others_may_read_or_change_is_found(
    config: Config, spoil: Callable[[Config], object], key: str
) -> None:
    spoil(config)
    assert found(config)[key].level is (Level.WARNING if key == "no_store" else Level.WRONG)


def test_a_clock_before_the_program_was_installed_is_wrong(config: Config) -> None:
    assert found(config, now=datetime(2020, 1, 1, tzinfo=UTC))["clock_behind_program"].level is Level.WRONG


def test_a_clock_behind_the_store_is_wrong_and_a_set_one_is_not(config: Config) -> None:
    seen = datetime.now(UTC) + timedelta(days=1)
    record = doctor_setup.LastRecord(7, int(seen.timestamp() * 1000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor_setup, "last_record", lambda config: record)
        assert found(config)["clock_behind_store"].level is Level.WRONG
        assert "clock_behind_store" not in found(config, now=seen)


async def test_the_anchor_is_held_against_the_record_it_vouches_for(installation: InitResult) -> None:
    config = changed(installation, old="127.0.0.1:8470", new="127.0.0.1:0")
    config.key_file.unlink()  # without it the anchors below need no mark
    async with running(config):
        pass  # a stop anchors the head
    assert found(config)["audit_good"].fields["anchored"] > 0
    key, number = own_master_key(config.key_file), int(config.anchor.read_text(encoding="ascii").split()[1])
    other = hashlib.sha256(b"other").digest()
    config.anchor.write_text(anchor_line(datetime.now(UTC), number, other, key=key), encoding="ascii")
    assert found(config)["anchor_not_met"].level is Level.WRONG
    config.anchor.write_text(anchor_line(datetime.now(UTC), 999, other, key=key), encoding="ascii")
    assert found(config)["anchor_not_met"].fields["n"] == 999
    config.anchor.write_text("damaged\n", encoding="ascii")
    assert "line 1" in str(found(config)["anchor_damaged"].fields["reason"])


async def test_a_torn_line_is_found_and_the_others_are_held_against_the_chain(
    installation: InitResult,
) -> None:
    config = changed(installation, old="127.0.0.1:8470", new="127.0.0.1:0")
    async with running(config):
        pass
    torn = len(config.anchor.read_text(encoding="ascii").splitlines()) + 1
    with config.anchor.open("a", encoding="ascii") as file:
        file.write("2026-11-23T03:12:00Z 7 0a1b")
    assert f"line {torn} is damaged" in str(found(config)["anchor_line"].fields["reason"])
    assert found(config)["audit_good"].fields["anchored"] > 0


async def test_an_anchor_that_is_late_is_found(installation: InitResult) -> None:
    config = changed(installation, old="127.0.0.1:8470", new="127.0.0.1:0")
    for _ in range(2):  # each start anchors what is there
        async with running(config):
            pass
    first, *_ = config.anchor.read_text(encoding="ascii").splitlines(keepends=True)
    config.anchor.write_text(first, encoding="ascii")
    assert "anchor_late" not in found(config)
    assert found(config, now=datetime.now(UTC) + timedelta(hours=1))["anchor_late"].level is Level.WARNING


async def test_an_anchor_file_without_a_line_is_wrong(installation: InitResult) -> None:
    config = changed(installation, old="127.0.0.1:8470", new="127.0.0.1:0")
    async with running(config):
        pass
    assert found(config, now=datetime.now(UTC) + timedelta(hours=1))["audit_good"].level is Level.GOOD
    config.anchor.write_text("", encoding="ascii")
    assert found(config)["anchor_none"].level is Level.WRONG


async def test_a_record_that_was_altered_is_found(installation: InitResult) -> None:
    config = changed(installation, old="127.0.0.1:8470", new="127.0.0.1:0")
    async with running(config):
        pass
    alter(config.database, n=1)
    assert found(config)["audit_flaw"].fields["n"] == 1


def alter(database: Path, *, n: int) -> None:
    with closing(driver().module.connect(database)) as store:
        store.execute("UPDATE audit SET record = record || ' ' WHERE n = ?", (n,))
        store.commit()


def test_an_anchor_inside_the_store_s_folder_is_doubtful(installation: InitResult) -> None:
    config = changed(installation, old="file:anchors.log", new="file:var/anchors.log")
    assert found(config)["anchor_inside"].fields["where"] == "bavn.toml: audit.anchor: "


def test_domains_that_no_channel_uses_are_named(config: Config) -> None:
    assert found(config)["domains_unused"].fields["names"] == "internet, net-a, net-b, sine"
    assert found(config)["channel_without_domain"].fields["names"] == "practice"


def with_mail(installation: InitResult, domains: str) -> Config:
    table = f'bearer = "email"\nhost = "127.0.0.1"\nsender = "a@eksempel.invalid"\n{domains}\n'
    return changed(
        installation, old="[channels.practice]", new=f"[channels.mail]\n{table}[channels.practice]"
    )


def test_who_hangs_on_one_domain_is_named_with_it(installation: InitResult) -> None:
    config = with_mail(installation, 'domains = ["internet"]')
    assert found(config)["contact_one_domain"].fields == {
        "who": "vagthavende, souschef",
        "domain": "Internet, rådhuset",
    }


def test_a_practice_channel_is_no_way_to_anybody(config: Config) -> None:
    everybody = found(config)
    assert everybody["contact_practice_only"].fields["who"] == "vagthavende, souschef, plejecenter"
    assert everybody["contact_practice_only"].level is Level.WARNING
    assert "contacts_good" not in everybody


def test_a_channel_without_domains_can_fail_all_the_same(installation: InitResult) -> None:
    changed(installation, old='"mailto:*@eksempelkommune.invalid" = ["internet"]', new='"mailto:" = []')
    config = with_mail(installation, "domains = []")
    assert found(config)["contact_one_domain"].fields["domain"] == "mail"
    assert found(config)["contact_practice_only"].fields["who"] == "plejecenter"


def test_who_has_no_route_is_wrong(installation: InitResult) -> None:
    config = changed(installation, old='    "loopback:plejecenter",\n', new="", file="directory.toml")
    assert found(config)["contact_no_route"].fields["who"] == "plejecenter"


@pytest.mark.parametrize(
    ("state", "disabled", "key"),
    [
        ("up", False, "channel_good"),
        ("degraded", False, "channel_doubtful"),
        ("down", False, "channel_down"),
        ("down", True, "channel_disabled"),
    ],
)
def test_a_channel_is_what_the_running_hub_says(config: Config, state: str, disabled: bool, key: str) -> None:
    channel = {"name": "sms-a", "state": state, "reason": "no answer", "disabled": disabled}
    assert found(config, channels=[channel])[key].fields["name"] == "sms-a"


def test_without_a_hub_no_channel_is_opened_and_that_is_said(config: Config) -> None:
    assert found(config, channels=None)["no_hub"].level is Level.WARNING


def test_warnings_alone_are_status_0_and_a_fault_is_1(config: Config) -> None:
    arguments = ["doctor", "--config", str(config.path), "--lang", "da"]
    good = CliRunner().invoke(app, arguments)
    assert (good.exit_code, good.stdout.split("\t")[0]) == (0, "0")
    config.key_file.chmod(stat.S_IRUSR | stat.S_IROTH)
    bad = CliRunner().invoke(app, arguments)
    assert bad.exit_code == 1
    assert "Hent nøglen i sikkerhedskopien" in " ".join(bad.stderr.split())


def test_a_folder_that_cannot_be_written_is_wrong(config: Config, tmp_path: Path) -> None:
    place = replace(config, gateway=config.gateway.model_copy(update={"data_dir": Path("/proc/self")}))
    assert found(place)["not_writable"].level is Level.WRONG
