"""How an attempt is named outside: in Message-IDs, ENVIDs and whatever else a bearer brings back."""

import re
from hashlib import sha256

_TOKEN = re.compile(r"[0-9A-Za-z._-]{1,64}")
_NAME = re.compile(r"(.{1,64})\.([0-9]{1,18})")


def attempt_name(identifier: str, attempt_id: int) -> str:
    """The name of an attempt of the alert that the store calls `identifier`: [0-9A-Za-z._-], at most 83 signs."""
    return f"{_token(identifier)}.{attempt_id}"


def attempt_id(name: str) -> int | None:
    """The number in a name. It proves nothing until `attempt_name` of that attempt is the same name."""
    match = _NAME.fullmatch(name)
    return int(match[2]) if match else None


def _token(identifier: str) -> str:
    """The identifier, or a digest of one that a bearer could not carry: a CAP identifier has up to 500 signs of any
    kind, and mail takes a hundred octets (RFC 3461 4.4, ENVID).
    """
    if _TOKEN.fullmatch(identifier):
        return identifier
    return sha256(identifier.encode()).hexdigest()[:32]
