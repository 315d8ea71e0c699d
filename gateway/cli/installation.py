"""Which installation a command means, and what of its configuration the command line needs: socket and language.

A light reading of bavn.toml, without the models: what is wrong with the rest is `bavn config check`'s to say.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.catalogue import DEFAULT, LANGUAGES, catalogue
from gateway.cli.errors import CommandError, Usage
from gateway.regular import open_regular
from gateway.socket_path import short_path
from gateway.store.lock import database_file, lock_file

_REGION = re.compile(r"[._@-].*")  # da_DK.UTF-8 is da
CONFIG_VARIABLE, LANGUAGE_VARIABLE = "BAVN_CONFIG", "BAVN_LANG"
DEFAULT_CONFIG = Path("bavn.toml")


@dataclass(frozen=True, slots=True)
class Installation:
    """`socket` is where the hub was told to listen; `address` is where that is bound."""

    config: Path
    socket: Path
    language: str
    lock: Path | None = None  # what a running hub holds

    @property
    def address(self) -> Path:
        """A long path is a link to a short one; before the hub has run there is no link yet."""
        return self.socket.readlink() if self.socket.is_symlink() else short_path(self.socket)


def config_path(given: Path | None) -> Path:
    """--config, else BAVN_CONFIG, else ./bavn.toml."""
    return given or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG)


def spoken(given: str | None, configured: str = DEFAULT) -> str:
    """--lang, else BAVN_LANG, else what bavn.toml says. Usage when the first two name a language we have not."""
    asked = given or os.environ.get(LANGUAGE_VARIABLE)
    if asked:
        asked = _REGION.sub("", asked.lower()) or asked
    if asked and asked not in LANGUAGES:
        name = "--lang" if given else f"--lang or {LANGUAGE_VARIABLE}"
        raise Usage(f"{name}: there is no language {asked!r} here: write {' or '.join(LANGUAGES)}")
    word = asked or configured
    return word if word in LANGUAGES else DEFAULT


def find(given: Path | None, language: str | None) -> Installation:
    """The installation of a bavn.toml. CommandError if there is none, or it cannot be read."""
    path = config_path(given)
    words = catalogue(spoken(language))
    try:
        with open_regular(path) as stream:
            tables = tomllib.loads(stream.read().decode("utf-8-sig"))
    except FileNotFoundError:
        raise CommandError(words("error.no_config", path=path)) from None
    except OSError as error:
        raise CommandError(words("error.bad_config", path=path, reason=error.strerror)) from error
    except ValueError as error:
        raise CommandError(words("error.bad_config", path=path, reason=error)) from error
    base = path.absolute().parent
    data_dir = base / _setting(tables, "gateway", "data_dir", default="var")
    socket = base / _setting(tables, "http", "socket", default=str(data_dir / "bavn.sock"))
    database = database_file(data_dir, _setting(tables, "store", "url", default="sqlite:bavn.db"))
    configured = _setting(tables, "gateway", "language", default=DEFAULT)
    return Installation(path, socket, spoken(language, configured), lock_file(database))


def _setting(tables: Mapping[str, Any], table: str, key: str, *, default: str) -> str:
    """A text of bavn.toml or of the environment, as the configuration reads it; else the default."""
    section = tables.get(table)
    value = section.get(key) if isinstance(section, Mapping) else None
    value = value or os.environ.get(f"BAVN_{table}__{key}".upper())
    return value if isinstance(value, str) else default
