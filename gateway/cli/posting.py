"""What `send`, `correct`, `all-clear` and `update` post: the JSON of the contract, or a CAP file with an envelope."""

import json
import os
import secrets
import stat
import sys
from collections.abc import Sequence
from typing import IO, Any
from urllib.parse import urlencode

import typer

from gateway.cli.hub_client import API, Request

_NEEDED = {"to": "--to krisestab", "headline": '--headline "..."', "precedence": "--precedence flash"}
_BESIDE_CAP = ("to", "precedence", "want", "radio_text")  # what CAP lacks
MOST_OCTETS = 2_000_000  # of a file or of stdin: more than any alert, and a device never ends


def fields(**given: Any) -> dict[str, Any]:
    """The JSON to send: what was given, `-` read from stdin. Usage error when two texts want it, or none comes."""
    found = {name: value for name, value in given.items() if value not in (None, [], {})}
    from_stdin = [name for name in ("text", "long_text") if found.get(name) == "-"]
    if len(from_stdin) > 1:
        raise typer.BadParameter("only one text can be read from stdin", param_hint="--text, --long-text")
    for name in from_stdin:
        hint = f"--{name.replace('_', '-')}"
        octets = read_input("-", param_hint=hint)
        found[name] = octets.decode("utf-8", "replace").strip("\n")
        if not found[name].strip():
            raise typer.BadParameter(
                "nothing came on stdin: pipe the text in, or leave the option out", param_hint=hint
            )
    return found


def pairs(answers: Sequence[str]) -> dict[str, str]:
    """`1=kommer` as key and meaning. Usage error when one has no =, or a key comes twice."""
    found: dict[str, str] = {}
    for answer in answers:
        key, sign, meaning = answer.partition("=")
        if not sign or not key.strip() or not meaning.strip():
            raise typer.BadParameter(
                f"{answer!r} is not KEY=MEANING: write '1=kommer'", param_hint="--answer"
            )
        if key.strip() in found:
            raise typer.BadParameter(
                f"{key.strip()!r} is given twice: give each answer a key of its own", param_hint="--answer"
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


class Unreadable(Exception):
    """A file or stdin that cannot be read; the text says why, and what to do where that is known."""


def read_input(name: str, *, param_hint: str = "--cap") -> bytes:
    """A file's octets. Usage error if it cannot be read."""
    try:
        return octets(name)
    except Unreadable as error:
        raise typer.BadParameter(f"{name}: {error}", param_hint=param_hint) from error


def octets(name: str) -> bytes:
    """A regular file's octets; `-` is stdin. Unreadable if there are more than 2 MB, or it cannot be read."""
    try:
        if name == "-":
            return _at_most(sys.stdin.buffer)
        # Not to wait for somebody to open the other end of a pipe: what it is, is asked of what was opened.
        opened = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(opened, "rb", closefd=True) as file:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise Unreadable("is not a regular file: save it in one, or write - and pipe it in")
            return _at_most(file)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    except ValueError as error:  # a name with NUL
        raise Unreadable(f"cannot be read: {error}") from error


def _at_most(file: IO[bytes]) -> bytes:
    found = file.read(MOST_OCTETS + 1)
    if len(found) > MOST_OCTETS:
        raise Unreadable(
            f"has more than {MOST_OCTETS // 1_000_000} MB: an alert is smaller, is it the right file?"
        )
    return found
