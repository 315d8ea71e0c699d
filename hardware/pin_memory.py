"""What became of a SIM's PIN, remembered over restarts of the program: three wrong ones lock the card.

In a file where a path is given, else in this process alone. The file holds no PIN but a salted, keyed hash of it, which
tells whether the same PIN is configured again; a PIN of four digits can be guessed by whoever has the file and the key.
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}  # scrypt, RFC 7914: some 50 ms, once a start
_SALT_OCTETS = 16


class Pin(Enum):
    """What is known of the PIN. It is given at most once while it is not known to be right."""

    UNTRIED = "not given yet"
    GIVEN = "given, and not known to be right: never again"
    RIGHT = "the card took it; it is given again after a restart"
    REFUSED = "the card did not take it: never again"


@dataclass(frozen=True, slots=True)
class _Kept:
    """Of one PIN: the last that was configured."""

    state: Pin
    salt: bytes
    digest: bytes


class PinMemory:
    """`key` keeps the hash from being guessed with the file alone."""

    def __init__(self, path: Path | None = None, *, key: bytes = b"") -> None:
        self.path = path
        self._key = key
        self._kept: _Kept | None = None

    def recall(self, pin: str) -> Pin:
        """What is known of this PIN. OSError and ValueError when the file is there and cannot be read."""
        kept = self._kept or self._read()
        if kept is None or not hmac.compare_digest(kept.digest, self._digest(pin, kept.salt)):
            return Pin.UNTRIED
        return kept.state

    def keep(self, pin: str, state: Pin) -> None:
        """Remembers it, on the disk when this returns; what was known of another PIN is forgotten. Raises OSError."""
        salt = secrets.token_bytes(_SALT_OCTETS)
        kept = _Kept(state, salt, self._digest(pin, salt))
        if self.path is not None:
            _write(self.path, {"state": state.name, "salt": salt.hex(), "digest": kept.digest.hex()})
        self._kept = kept

    def _digest(self, pin: str, salt: bytes) -> bytes:
        return hashlib.scrypt(pin.encode(), salt=self._key + salt, **_COST)

    def _read(self) -> _Kept | None:
        if self.path is None:
            return None
        try:
            kept = json.loads(self.path.read_text("ascii"))
        except FileNotFoundError:
            return None
        try:
            return _Kept(Pin[kept["state"]], bytes.fromhex(kept["salt"]), bytes.fromhex(kept["digest"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{self.path} is damaged") from error


def _write(path: Path, kept: dict[str, str]) -> None:
    """Whole or not at all, and there after a power cut."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
