"""The files of an installation: each that the hub writes has one use, and is a file or can become one.

Links are followed, and hard links are seen. A file that is only read may well have two readers, as the authorities
that two channels trust; and one to which each only adds a line may have two writers.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from pydantic import BaseModel

from channels.loopback import LoopbackConfig
from channels.registry import channel_class
from gateway.config_errors import Problem
from gateway.config_paths import closed, unusable
from gateway.config_tables import Config
from gateway.socket_path import in_the_way
from gateway.store.lock import lock_file


@dataclass(frozen=True, slots=True)
class _Use:
    """`key` names the path in bavn.toml, '' where none does; `what` is it for people."""

    key: str
    what: str
    path: Path
    written: bool = True
    folder: bool = False
    added_to: bool = False  # never but a whole line at a time

    def __str__(self) -> str:
        return f"{self.what} ({self.key})" if self.key else self.what

    def meets(self, other: "_Use") -> bool:
        try:
            same = os.path.samefile(self.path, other.path)  # a hard link
        except OSError:
            same = False
        return same or os.path.realpath(self.path) == os.path.realpath(other.path)

    def holds(self, other: "_Use") -> bool:
        """Whether this is a folder above the other."""
        return Path(os.path.realpath(self.path)) in Path(os.path.realpath(other.path)).parents


def files(config: Config) -> Iterator[Problem]:
    """What is wrong with the paths, between the tables."""
    if unusable(config.data_dir):
        return  # is said of data_dir
    stuck = {use.key: why for use in _uses(config) if use.key and (why := unusable(use.path))}
    for key, why in stuck.items():
        yield Problem(config.path.name, key, *why)
    if not stuck:
        shared = {problem.key: problem for problem in _shared(config)}
        yield from shared.values()
        others = (*_of_wrong_kind(config), *_unwritable(config))
        yield from (problem for problem in others if problem.key not in shared)


def _shared(config: Config) -> Iterator[Problem]:
    """One line for each that is written; of two the later is named, since what is read comes first."""
    told = set()
    for first, second in combinations(_uses(config), 2):
        named, other = (second, first) if second.written else (first, second)
        if named.written and named not in told and (clash := _clash(named, other)):
            told.add(named)
            reason = f"{named.path} would be both {named.what} and {clash}"
            yield Problem(config.path.name, named.key, reason, "Give each a file of its own")


def _clash(named: _Use, other: _Use) -> str:
    """What else it would be, '' if nothing."""
    if named.meets(other):
        return "" if named.added_to and other.added_to else str(other)
    if named.holds(other):
        return f"the folder of {other}"
    return f"inside of {other}" if other.folder and other.holds(named) else ""


def _of_wrong_kind(config: Config) -> Iterator[Problem]:
    for path in (config.database, lock_file(config.database)):
        if path.exists() and not path.is_file():
            yield Problem(config.path.name, "store.url", f"{path} is there and is no file", "Name another")
    if in_the_way(config.socket):
        reason = f"{config.socket} is there already and is no socket"
        yield Problem(config.path.name, "http.socket", reason, "Name a file of its own")


def _unwritable(config: Config) -> Iterator[Problem]:
    """What lies outside data_dir, which has a check of its own, and beside the anchor, which has another."""
    files = {"http.socket": config.socket, **{use.key: use.path for use in _channel_files(config)}}
    for key, path in files.items():
        looked_at = path.parent if key == "http.socket" else path  # a socket is made anew
        place = next(each for each in (looked_at, *looked_at.parents) if each.exists())
        if not path.is_relative_to(config.data_dir) and not os.access(place, os.W_OK):
            remedy = "Give it to the hub's user, or name another"
            yield Problem(config.path.name, key, *closed(place, path.parent, remedy=remedy))


def _uses(config: Config) -> Iterator[_Use]:
    """First what is only read."""
    yield _Use("", f"{config.path.name} itself", config.path, written=False)
    yield _Use("gateway.directory", "the directory", config.gateway.directory, written=False)
    yield _Use("", "the file of the API tokens", config.tokens_file, written=False)
    yield _Use("", "the master key", config.key_file, written=False)
    for file in config.secret_files:
        yield _Use("gateway.secrets_dir", f"the secret {file.name}", file, written=False)
    yield from _channel_files(config, written=False)
    yield from _store(config)
    yield _Use("audit.anchor", "the audit's anchor", config.anchor)
    yield _Use("http.socket", "the socket of the command line", config.socket)
    yield from _channel_files(config)


def _store(config: Config) -> Iterator[_Use]:
    database = config.database
    yield _Use("store.url", "the store", database)
    yield _Use("store.url", "the store's lock", lock_file(database))
    for end in ("-wal", "-shm", "-journal"):
        yield _Use("store.url", f"the store's {end} file", database.with_name(database.name + end))
    for name, table in config.channels.items():
        if hasattr(channel_class(table.bearer), "keep_in"):
            memory = config.data_dir / "channels" / name
            yield _Use(
                "", f"the folder in which channels.{name} remembers", memory, written=False, folder=True
            )


def _channel_files(config: Config, *, written: bool = True) -> Iterator[_Use]:
    for name, table in config.channels.items():
        for key, path in _paths(table, f"channels.{name}"):
            if written != key.endswith(".ca_file"):
                what = f"what channels.{name} writes" if written else "the authorities to trust"
                yield _Use(key, what, path, written, added_to=isinstance(table, LoopbackConfig))


def _paths(table: BaseModel, key: str) -> Iterator[tuple[str, Path]]:
    """The dotted keys of the paths in a channel's table and in the tables inside of it."""
    for name in type(table).model_fields:
        value = getattr(table, name)
        if isinstance(value, BaseModel):
            yield from _paths(value, f"{key}.{name}")
        elif isinstance(value, Path):
            yield f"{key}.{name}", value
