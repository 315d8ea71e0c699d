"""API tokens: 32 random bytes, shown once, kept only as a hash in tokens.toml.

A plain SHA-256 is enough here, and no slow password hash is used: a token is 256 random bits, which nobody
can try out, whereas a slow hash on every request would let anyone stall the hub with wrong tokens.
"""

import hashlib
import hmac
import os
import secrets
import stat
import tomllib
from codecs import BOM_UTF8
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.errors import GatewayError
from gateway.regular import open_regular

PREFIX = "bavn_"  # lets a secret scanner recognise a token that ended up where it should not
SCOPES = ("send", "read", "operate")  # send and withdraw alerts; see them; switch channels and domains
_RANDOM_OCTETS = 32
MAX_OCTETS = 1 << 20


class TokensError(GatewayError):
    """tokens.toml cannot be used: mend it as the message says, or remove it and make new tokens."""

    title = "The API tokens cannot be read"


@dataclass(frozen=True, slots=True)
class Token:
    """One token as it is kept. `sha256` is the hash in hex of the whole token."""

    name: str
    sha256: str
    created: datetime
    scopes: tuple[str, ...]


def new_token(name: str, *, scopes: tuple[str, ...], now: datetime) -> tuple[Token, str]:
    """A token to keep, and the text to show once."""
    text = PREFIX + secrets.token_urlsafe(_RANDOM_OCTETS)
    return Token(name, _hash(text), now, scopes), text


def verify_token(tokens: Iterable[Token], presented: str) -> Token | None:
    """The token that `presented` is, None if none. Takes the same time for right and wrong."""
    digest, found = _hash(presented), None
    for token in tokens:
        if hmac.compare_digest(token.sha256, digest):
            found = token
    return found


def read_tokens(path: Path) -> tuple[Token, ...]:
    """The tokens of tokens.toml; () if there is none. TokensError if it is damaged or open to others."""
    try:
        with open_regular(path) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            data = tomllib.loads(stream.read(MAX_OCTETS).removeprefix(BOM_UTF8).decode("utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise TokensError(
            f"{path.name}: cannot be read: {error}. Mend it, or restore it from the backup"
        ) from error
    if mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_IROTH):
        raise TokensError(f"{path.name}: others may read or change it. Run: chmod 600 {path}")
    try:
        return tuple(_token(table) for table in data.get("tokens", []))
    except (KeyError, TypeError, ValueError) as error:
        reason = f"a [[tokens]] table is damaged ({error})"
        raise TokensError(f"{path.name}: {reason}. Take it out and make a new token") from error


def tokens_text(tokens: Iterable[Token]) -> str:
    """What tokens.toml holds for these tokens."""
    lines = ["# API tokens of this gateway. Only hashes: a lost token cannot be shown again, make a new one."]
    for token in tokens:
        scopes = ", ".join(f'"{scope}"' for scope in token.scopes)
        lines += ["", "[[tokens]]", f'name = "{token.name}"', f'sha256 = "{token.sha256}"']
        lines += [f"created = {token.created.isoformat(timespec='seconds')}", f"scopes = [{scopes}]"]
    return "\n".join(lines) + "\n"


def _token(table: dict[str, object]) -> Token:
    sha256, created, scopes = table["sha256"], table["created"], table["scopes"]
    if not isinstance(sha256, str) or len(sha256) != 64 or not isinstance(created, datetime):
        raise ValueError("sha256 or created")
    if not isinstance(scopes, list) or not set(scopes) <= set(SCOPES):
        raise ValueError(f"scopes; known are {', '.join(SCOPES)}")
    if not isinstance(name := table["name"], str):
        raise TypeError("name is no text")
    return Token(name, sha256.lower(), created, tuple(scopes))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
