"""What became of a SIM's PIN, remembered over restarts of the program: three wrong ones lock the card.

In a file where a path is given, else in this process alone. The file holds no PIN but salted, keyed hashes, which tell
whether a PIN that was given before is configured again; one of four digits can be guessed with the file and the key.
"""

import hashlib
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
    """Of every PIN that was given since the last right one, which is among them."""

    salt: bytes
    states: dict[str, Pin]  # by the digest, in hex


class PinMemory:
    """`key` keeps the hash from being guessed with the file alone."""

    def __init__(self, path: Path | None = None, *, key: bytes = b"") -> None:
        self.path = path
        self._key = key
        self._kept: _Kept | None = None

    def recall(self, pin: str) -> Pin:
        """What is known of this PIN. OSError and ValueError when the file is there and cannot be read."""
        kept = self._recalled()
        return kept.states.get(self._digest(pin, kept.salt), Pin.UNTRIED)

    def lost(self) -> int:
        """How many tries the card may have counted since the last right PIN. Raises as `recall`."""
        return sum(state in {Pin.GIVEN, Pin.REFUSED} for state in self._recalled().states.values())

    def keep(self, pin: str, state: Pin) -> None:
        """Remembers it, on the disk when this returns; a right one lets all others be forgotten. Raises as `recall`."""
        kept = self._recalled()
        digest = self._digest(pin, kept.salt)
        others = {} if state is Pin.RIGHT else kept.states
        states: dict[str, Pin] = {
            known: of for known, of in {**others, digest: state}.items() if of is not Pin.UNTRIED
        }
        if self.path is not None and states != kept.states:
            pins = {known: of.name for known, of in states.items()}
            _write(self.path, {"salt": kept.salt.hex(), "pins": pins})
        self._kept = _Kept(kept.salt, states)

    def _digest(self, pin: str, salt: bytes) -> str:
        return hashlib.scrypt(pin.encode(), salt=self._key + salt, **_COST).hex()

    def _recalled(self) -> _Kept:
        return self._kept or self._read() or _Kept(secrets.token_bytes(_SALT_OCTETS), {})

    def _read(self) -> _Kept | None:
        if self.path is None:
            return None
        try:
            kept = json.loads(self.path.read_text("ascii"))
        except FileNotFoundError:
            return None
        try:
            pins = kept["pins"] if "pins" in kept else {kept["digest"]: kept["state"]}  # one alone, as it was
            return _Kept(bytes.fromhex(kept["salt"]), {known: Pin[of] for known, of in pins.items()})
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{self.path} is damaged") from error


def _write(path: Path, kept: dict[str, object]) -> None:
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
