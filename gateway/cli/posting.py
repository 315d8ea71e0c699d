"""What `send`, `correct`, `all-clear` and `update` post: the JSON of the contract, or a CAP file with an envelope."""

import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import typer

from gateway.cli.hub_client import API, Request

_NEEDED = {"to": "--to krisestab", "headline": '--headline "..."', "precedence": "--precedence flash"}
_BESIDE_CAP = ("to", "precedence", "want", "radio_text")  # what CAP lacks


def fields(**given: Any) -> dict[str, Any]:
    """The JSON to send: what was given, with `-` read from stdin. Usage error when two texts want stdin."""
    found = {name: value for name, value in given.items() if value not in (None, [], {})}
    from_stdin = [name for name in ("text", "long_text") if found.get(name) == "-"]
    if len(from_stdin) > 1:
        raise typer.BadParameter("only one text can be read from stdin", param_hint="--text, --long-text")
    for name in from_stdin:
        found[name] = sys.stdin.buffer.read().decode("utf-8", "replace").strip("\n")
    return found


def pairs(answers: Sequence[str]) -> dict[str, str]:
    """`1=kommer` as key and meaning. Usage error when one has no =."""
    found = {}
    for answer in answers:
        key, sign, meaning = answer.partition("=")
        if not sign or not key.strip() or not meaning.strip():
            raise typer.BadParameter(
                f"{answer!r} is not KEY=MEANING: write '1=kommer'", param_hint="--answer"
            )
        found[key.strip()] = meaning.strip()
    return found


def envelope(words: dict[str, Any], *, cap: str | None, key: str | None, new_key: str) -> tuple[Request, str]:
    """The request, and the key it carries. A CAP file without a key has its own: sender, identifier and sent."""
    if cap is not None:
        return _cap(words, cap, key=key or ""), key or ""
    for name, example in _NEEDED.items():
        if name not in words:
            raise typer.BadParameter(
                f"is missing: write {example}, or send a file with --cap", param_hint=f"--{name}"
            )
    used = key or new_key
    return post("/alerts", words, key=used), used


def post(path: str, words: dict[str, Any], *, key: str) -> Request:
    body = json.dumps(words, ensure_ascii=False).encode("utf-8", "surrogateescape")
    return Request("POST", API + path, body, {"Content-Type": "application/json", **_key(key)})


def _cap(words: dict[str, Any], file: str, *, key: str) -> Request:
    wrong = sorted(words.keys() - set(_BESIDE_CAP))
    if wrong:
        option = f"--{wrong[0].replace('_', '-').replace('answers', 'answer')}"
        raise typer.BadParameter("stands in the CAP file itself: leave the option out", param_hint=option)
    if not words.get("to"):
        words.pop("to", None)
    query = urlencode({**words, **({"to": ",".join(words["to"])} if "to" in words else {})})
    path = f"{API}/alerts?{query}" if query else f"{API}/alerts"
    return Request("POST", path, read_input(file), {"Content-Type": "application/cap+xml", **_key(key)})


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}


def new_key() -> str:
    return secrets.token_hex(16)


def read_input(name: str) -> bytes:
    """A file's octets. Usage error if it cannot be read."""
    try:
        return octets(name)
    except OSError as error:
        raise typer.BadParameter(f"{name}: {error.strerror}", param_hint="--cap") from error


def octets(name: str) -> bytes:
    """A file's octets; `-` is stdin. OSError if it cannot be read."""
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
