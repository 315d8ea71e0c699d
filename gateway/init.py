"""`bavn init DIR`: an installation that loads as it is written, on the exercise plane, nobody real in it.

bavn.toml and directory.toml come from gateway/templates; the master key and the API token are random. It
never overwrites: an installation that is there is somebody's work.
"""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from gateway.errors import GatewayError
from gateway.regular import open_regular
from gateway.tokens import SCOPES, new_token, tokens_text

_TEMPLATES = ("bavn.toml", "directory.toml")
_KEY_OCTETS, _KEY_FILE_MOST = 32, 1 << 16


class InitError(GatewayError):
    """Nothing was written: choose another folder, or take away what stands in the way."""

    title = "The installation cannot be made"


@dataclass(frozen=True, slots=True)
class InitResult:
    """What was written. `token` is shown once and kept nowhere in clear; a repr does not show it."""

    folder: Path
    files: tuple[Path, ...]
    token: str

    def __repr__(self) -> str:
        return f"InitResult(folder={self.folder!r}, files={len(self.files)}, token=***)"


def init(folder: Path, *, now: datetime) -> InitResult:
    """Writes an installation into `folder`, which may exist. InitError if it holds one, or cannot."""
    folder = folder.absolute()
    kept, token = new_token("first", scopes=SCOPES, now=now)
    contents = {
        **{folder / name: (_template(name), 0o640) for name in _TEMPLATES},
        folder / "tokens.toml": (tokens_text([kept]), 0o600),
        folder / "keys" / "master.key": (secrets.token_hex(_KEY_OCTETS) + "\n", 0o600),
    }
    _refuse_overwriting(folder, contents)
    _write_all(contents)
    return InitResult(folder, tuple(contents), token)


def read_master_key(path: Path) -> bytes:
    """The 32 octets that other keys come from. GatewayError if the file is missing, open or damaged."""
    try:
        with open_regular(path) as stream:
            text, mode = stream.read(_KEY_FILE_MOST).decode("ascii"), os.fstat(stream.fileno()).st_mode
        key = bytes.fromhex(text.strip())
    except OSError as error:
        raise GatewayError(
            f"{path}: cannot be read ({error.strerror}). Restore it from the backup"
        ) from error
    except ValueError as error:
        raise GatewayError(f"{path}: is not a key in hex. Restore it from the backup") from error
    if mode & 0o077:
        raise GatewayError(f"{path}: others may read it. Run: chmod 600 {path}")
    if len(key) != _KEY_OCTETS:
        raise GatewayError(
            f"{path}: holds {len(key)} octets instead of {_KEY_OCTETS}. Restore it from the backup"
        )
    return key


def own_master_key(path: Path) -> bytes | None:
    """The master key of this installation; None where `bavn init` was not used and there is none."""
    try:
        return read_master_key(path)
    except GatewayError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


def _template(name: str) -> str:
    return (files("gateway") / "templates" / name).read_text(encoding="utf-8")


def _refuse_overwriting(folder: Path, contents: dict[Path, tuple[str, int]]) -> None:
    there = [path.relative_to(folder) for path in contents if path.exists() or path.is_symlink()]
    if there:
        names = ", ".join(map(str, there))
        raise InitError(
            f"{folder} holds an installation already ({names}). Nothing was changed; name another folder"
        )


def _write_all(contents: dict[Path, tuple[str, int]]) -> None:
    """All files or none: what was written before a failure is removed again."""
    written: list[Path] = []
    try:
        for path, (text, mode) in contents.items():
            path.parent.mkdir(
                mode=0o750 if path.name.endswith(".toml") else 0o700, parents=True, exist_ok=True
            )
            _write(path, text, mode=mode)
            written.append(path)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise InitError(
            f"{error.filename}: cannot be written ({error.strerror}). Nothing was kept"
        ) from error


def _write(path: Path, text: str, *, mode: int) -> None:
    """Creates the file with its mode from the first moment on; never follows or replaces what is there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)
