"""`load`: a whole configuration from bavn.toml and directory.toml, or every reason why not. Never a half.

The tables are in config_tables.py, reading and secrets in config_read.py, checks across tables in
config_checks.py, the words of a refusal in config_errors.py.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from channels.base import ChannelConfig
from channels.registry import BEARERS, channel_class
from gateway.config_checks import cross_check, doubts
from gateway.config_errors import ConfigError, Problem, closest, from_pydantic
from gateway.config_paths import rooted_after, rooted_before, stuck
from gateway.config_read import Raw, read_raw, read_toml
from gateway.config_tables import Audit, Config, Gateway, Http, PolicyTable, Store
from gateway.config_types import mistyped
from gateway.policy import DEFAULTS
from messages.directory import Directory, DirectoryError
from messages.directory import read as read_directory
from messages.precedence import Precedence

__all__ = ["Config", "ConfigError", "doubts", "load"]

TABLES = ("gateway", "store", "audit", "http", "domains", "domains_by_address", "channels", "policy")
_CHANNEL_NAME = re.compile(r"[a-z0-9-]{1,32}")
_DOMAIN_NAME = re.compile(r"[0-9A-Za-zÆØÅæøå_-]{1,64}")
T = TypeVar("T", bound=BaseModel)


def load(path: Path, *, environ: Mapping[str, str] | None = None) -> Config:
    """Reads bavn.toml, its secrets and its directory. ConfigError names everything that is wrong.

    `environ` is os.environ when None. Nothing is created or opened for writing.
    """
    path = path.absolute()
    raw, problems = read_raw(path, environ=os.environ if environ is None else environ)
    reader = _Reader(raw, path.parent, problems)
    gateway = reader.table("gateway", Gateway, Gateway(id="x", name="x"))
    config = Config(
        path=path,
        gateway=gateway,
        store=reader.table("store", Store, Store()),
        audit=reader.table("audit", Audit, Audit()),
        http=reader.table("http", Http, Http()),
        domains=reader.domains(),
        domains_by_address=reader.domains_by_address(),
        channels=reader.channels(),
        policy=reader.policy(),
        directory=reader.directory(gateway),
        secret_keys=frozenset(raw.sources),
        secret_files=tuple(raw.files),
    )
    reader.unknown_tables()
    problems += cross_check(config)
    if problems:
        raise ConfigError(_with_sources(problems, raw))
    return config


def _with_sources(problems: list[Problem], raw: Raw) -> list[Problem]:
    """Names the environment variable or the secret file where the value came from there."""
    return [replace(each, file=raw.sources.get(each.key, each.file)) for each in problems]


class _Reader:
    """Turns raw tables into models, and collects what is wrong on the way."""

    def __init__(self, raw: Raw, base: Path, problems: list[Problem]) -> None:
        self.raw, self.base, self.problems = raw, base, problems

    def wrong(self, key: str, reason: str, remedy: str = "") -> None:
        self.problems.append(Problem(self.raw.file, key, reason, remedy))

    def table(self, name: str, model: type[T], stand_in: T) -> T:
        """The model of one table; an absent table is an empty one, so that its defaults hold.

        What is wrong is noted, and `stand_in` takes its place: the checks across tables are still made.
        """
        judged = self._judge(name, model, self.raw.tables.get(name, {}))
        return rooted_after(stand_in, base=self.base) if judged is None else judged

    def unknown_tables(self) -> None:
        for name, value in self.raw.tables.items():
            if name not in TABLES:
                what = "unknown table" if isinstance(value, dict) else "stands outside every table"
                self.wrong(name, what, closest(name, TABLES))

    def domains(self) -> dict[str, str]:
        found = {}
        for name, label in self._mapping("domains").items():
            if _DOMAIN_NAME.fullmatch(name) is None:
                self.wrong(
                    f"domains.{name}", "cannot name a domain", "Use letters, digits, - and _, at most 64"
                )
            elif not isinstance(label, str) or not label.strip() or not label.isprintable():
                self.wrong(
                    f"domains.{name}", f"{label!r} is not a name for people", f'Write {name} = "Mobilnet A"'
                )
            else:
                found[name] = label
        return found

    def domains_by_address(self) -> dict[str, tuple[str, ...]]:
        found = {}
        for pattern, names in self._mapping("domains_by_address").items():
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                self.wrong(
                    f'domains_by_address."{pattern}"',
                    "is not a list of domains",
                    'Write for example ["internet"]',
                )
            else:
                found[pattern] = tuple(names)
        return found

    def channels(self) -> dict[str, ChannelConfig]:
        tables = self._mapping("channels")
        if not tables:
            self.wrong(
                "channels", "there is none, so nothing could be sent", "Write for example [channels.mail]"
            )
        found = {}
        for name, table in tables.items():
            config = self._channel(name, table)
            if config is not None:
                found[name] = config
        return found

    def policy(self) -> dict[str, PolicyTable]:
        known = [precedence.word for precedence in Precedence]
        found = {}
        for word, table in self._mapping("policy").items():
            if word not in known:
                self.wrong(f"policy.{word}", "is not a precedence", closest(word, known))
            elif (judged := self._judge(f"policy.{word}", PolicyTable, table)) is not None:
                self._known_bearers(
                    f"policy.{word}.next_domain_by_bearer", judged.next_domain_by_bearer or {}
                )
                found[word] = judged
        return found

    def _known_bearers(self, key: str, names: Iterable[str]) -> None:
        """Also those that the defaults speak of: what a misspelt one says holds for nobody."""
        known = sorted(
            {*BEARERS, *(name for each in DEFAULTS.values() for name in each.next_domain_by_bearer)}
        )
        for name in names:
            if name not in known:
                self.wrong(f"{key}.{name}", "is not a bearer", closest(name, known))

    def directory(self, gateway: Gateway) -> Directory:
        file = gateway.directory.name
        try:
            return read_directory(read_toml(gateway.directory), file=file)
        except ConfigError as error:
            self.problems += error.problems
        except DirectoryError as error:
            key = ".".join(
                part for part in ("contacts" if error.contact else "", error.contact, error.key) if part
            )
            self.problems.append(
                Problem(file, key, error.reason, error.remedy[:1].upper() + error.remedy[1:])
            )
        return Directory()

    def _mapping(self, name: str) -> dict[str, Any]:
        value = self.raw.tables.get(name, {})
        if isinstance(value, dict):
            return value
        self.wrong(name, "is not a table", f"Write [{name}] on a line of its own")
        return {}

    def _channel(self, name: str, table: Any) -> ChannelConfig | None:
        key = f"channels.{name}"
        if _CHANNEL_NAME.fullmatch(name) is None:
            self.wrong(key, "cannot name a channel", "Use a-z, 0-9 and -, at most 32")
            return None
        if not isinstance(table, dict):
            self.wrong(key, "is not a table", f"Write [{key}] on a line of its own")
            return None
        bearer = table.get("bearer")
        if not isinstance(bearer, str) or bearer not in BEARERS:
            reason = "is missing" if bearer is None else f"{bearer!r} is not a bearer"
            self.wrong(f"{key}.bearer", reason, closest(str(bearer), sorted(BEARERS)))
            return None
        return self._judge(key, channel_class(bearer).config_model, table)

    def _judge(self, key: str, model: type[T], table: Any) -> T | None:
        slips = self._mistyped(key, model, table)
        self.problems += slips
        rooted = rooted_before(model, table, base=self.base)
        nowhere = list(stuck(model, rooted, key=key))
        for each, why in nowhere:
            self.wrong(each, *why)
        if nowhere:
            return None
        try:
            judged = model.model_validate(rooted)
        except ValidationError as error:
            known = {slip.key for slip in slips}
            found = from_pydantic(error, model, file=self.raw.file, table=key)
            self.problems += [each for each in found if each.key not in known]
            return None
        return None if slips else rooted_after(judged, base=self.base)

    def _mistyped(self, key: str, model: type[T], table: Any) -> list[Problem]:
        """Of what stands in the file itself: a secret file and the environment hold nothing but text."""
        if not isinstance(table, dict):
            return []
        return list(mistyped(model, table, file=self.raw.file, key=key, besides=self.raw.sources))
