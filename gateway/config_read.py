"""Reading what stands in bavn.toml, and adding the secrets that do not stand there.

Secrets come from files in `secrets_dir` (what systemd's LoadCredential gives; a file is named after its key,
as channels.mail.password) and from the environment (BAVN_CHANNELS__MAIL__PASSWORD). Both only add: a key that
bavn.toml has too is refused, because nobody could see which one holds. What the tables mean is config.py's
business.
"""

import stat
import tomllib
import unicodedata
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.config_errors import ConfigError, Problem, closest
from gateway.regular import open_regular

MAX_OCTETS = 1 << 20  # of a configuration file; a real one has some kilobytes
MAX_SECRET_OCTETS = 1 << 16
PREFIX = "BAVN_"
_HIDDEN = "holds a control character or another sign that nobody can see"
# Never from outside the file: everybody who reads bavn.toml must see whether live traffic can leave.
_ONLY_IN_FILE = frozenset({"gateway.plane", "gateway.secrets_dir"})


@dataclass(frozen=True, slots=True)
class Raw:
    """The tables to judge; `sources` tells for a dotted key where it came from, if not from the file."""

    file: str
    tables: dict[str, Any]
    sources: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)  # of secrets


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; ConfigError if it is missing, unreadable, too large or not TOML in UTF-8."""
    try:
        with open_regular(path) as stream:
            octets = stream.read(MAX_OCTETS + 1)
    except FileNotFoundError:
        raise ConfigError([Problem(path.name, "", "there is no such file", f"Looked for {path}")]) from None
    except OSError as error:
        raise ConfigError(
            [Problem(path.name, "", f"cannot be read ({error.strerror})", f"Look at {path}")]
        ) from error
    if len(octets) > MAX_OCTETS:
        raise ConfigError([Problem(path.name, "", "is larger than 1 MB", "Is it the right file?")])
    try:
        return tomllib.loads(octets.removeprefix(BOM_UTF8).decode("utf-8"))
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        problem = Problem(path.name, f"line {line}", "is not UTF-8", "Save the file as UTF-8")
        raise ConfigError([problem]) from error
    except tomllib.TOMLDecodeError as error:
        remedy = "Text stands in quotes, lists in brackets"
        raise ConfigError([Problem(path.name, "", f"is not TOML: {_lower(str(error))}", remedy)]) from error


def read_raw(path: Path, *, environ: Mapping[str, str]) -> tuple[Raw, list[Problem]]:
    """bavn.toml with its secrets merged in, and what was wrong with the secrets."""
    raw = Raw(path.name, read_toml(path))
    if hidden := [Problem(raw.file, key, _HIDDEN, "Write it anew by hand") for key in _hidden(raw.tables)]:
        raise ConfigError(hidden)
    problems: list[Problem] = []
    for key, value, source in _from_environment(raw.tables, environ):
        problems += _add(raw, key, value=value, source=source)
    folder = _secrets_folder(raw.tables, path.parent, environ)
    if folder is not None:
        problems += _from_folder(raw, folder)
    return raw, problems


def _hidden(value: Any, key: str = "") -> Iterator[str]:
    """The dotted keys of texts that are not what their reader takes them for."""
    if isinstance(value, str) and any(unicodedata.category(sign).startswith("C") for sign in value):
        yield key
    elif isinstance(value, list):
        for item in value:
            yield from _hidden(item, key)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _hidden(name, key)
            yield from _hidden(inner, f"{key}.{name}" if key else name)


def world_readable(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IROTH)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _from_environment(
    tables: Mapping[str, Any], environ: Mapping[str, str]
) -> list[tuple[list[str], str, str]]:
    """(key path, value, source) of every BAVN_TABLE__KEY; variables without `__` belong to other tools."""
    return [
        (_as_in_file(tables, name.removeprefix(PREFIX).split("__")), value, f"environment variable {name}")
        for name, value in sorted(environ.items())
        if name.startswith(PREFIX) and "__" in name
    ]


def _as_in_file(tables: Any, words: list[str]) -> list[str]:
    """BAVN_CHANNELS__SMS_A__PIN means channels.sms-a.pin where bavn.toml has a table of that name."""
    found = []
    for word in words:
        names = tables if isinstance(tables, Mapping) else {}
        match = next((name for name in names if name.upper().replace("-", "_") == word.upper()), word.lower())
        found.append(match)
        tables = names.get(match)
    return found


def _secrets_folder(tables: Mapping[str, Any], base: Path, environ: Mapping[str, str]) -> Path | None:
    """[gateway] secrets_dir, else what systemd names in CREDENTIALS_DIRECTORY."""
    section = tables.get("gateway")
    named = section.get("secrets_dir") if isinstance(section, Mapping) else None
    if isinstance(named, str):
        return base / named
    given = environ.get("CREDENTIALS_DIRECTORY")
    return Path(given) if given else None


def _from_folder(raw: Raw, folder: Path) -> list[Problem]:
    """Adds each file that is named after a key; others (certificates) are left alone."""
    try:
        files = sorted(
            entry for entry in folder.iterdir() if entry.name.split(".")[0] in {"channels", "store"}
        )
    except OSError as error:
        remedy = f"Make the folder {folder} readable for this user, or remove secrets_dir"
        return [Problem(raw.file, "gateway.secrets_dir", f"cannot be read ({error.strerror})", remedy)]
    problems: list[Problem] = []
    for file in files:
        raw.files.append(file)
        problems += _secret_file(raw, file, label=f"{folder.name}/{file.name}")
    return problems


def _secret_file(raw: Raw, file: Path, *, label: str) -> list[Problem]:
    try:
        if world_readable(file):
            return [
                Problem(label, "", "a secret that everybody can read is no secret", f"Run: chmod o-r {file}")
            ]
        with open_regular(file) as stream:
            octets = stream.read(MAX_SECRET_OCTETS + 1)
        if len(octets) > MAX_SECRET_OCTETS:
            return [Problem(label, "", "is larger than 64 KB", "A secret is one line")]
        return _add(raw, file.name.split("."), value=_line(octets), source=label)
    except OSError as error:
        return [
            Problem(label, "", f"cannot be read ({error.strerror})", "Make it readable for the hub's user")
        ]
    except UnicodeDecodeError:
        return [Problem(label, "", "is not UTF-8", "Save the secret as UTF-8 text")]


def _line(octets: bytes) -> str:
    return octets.removeprefix(BOM_UTF8).decode("utf-8").rstrip("\r\n")


def _add(raw: Raw, path: list[str], *, value: str, source: str) -> list[Problem]:
    """Puts one secret in its place, which must exist and be free."""
    key = ".".join(path)
    if key in _ONLY_IN_FILE:
        return [Problem(source, key, "may only stand in the file", f"Write it in {raw.file}")]
    table: Any = raw.tables
    for depth, name in enumerate(path[:-1]):
        if not isinstance(table, dict) or not isinstance(table.get(name), dict):
            known = [".".join([*path[:depth], each]) for each in table] if isinstance(table, dict) else []
            missing = ".".join(path[: depth + 1])
            return [
                Problem(source, key, f"there is no table [{missing}] in {raw.file}", closest(missing, known))
            ]
        table = table[name]
    if path[-1] in table:
        other = raw.sources.get(key, raw.file)
        return [Problem(source, key, f"stands in {other} too", "Keep one of the two")]
    table[path[-1]] = value
    raw.sources[key] = source
    return []
