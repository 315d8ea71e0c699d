"""The commands that judge: the configuration, CAP files, the audit, the installation. They change nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.catalogue import Catalogue, catalogue
from gateway.cli.desk import ConfigOption, JsonOption, LangOption
from gateway.cli.errors import CommandError
from gateway.cli.installation import config_path, spoken
from gateway.cli.screen import Screen, harmless
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.config import Config


def config_check(config: ConfigOption = None, lang: LangOption = None) -> None:
    """Judge bavn.toml and directory.toml as `run` would, without starting anything."""
    from gateway.config import ConfigError, doubts, load

    try:
        loaded = load(config_path(config))
    except ConfigError as error:
        raise CommandError(str(error)) from error
    if found := list(_unusable(loaded)):
        raise CommandError("\n".join(found))
    words = catalogue(spoken(lang, loaded.gateway.language))
    for doubt in doubts(loaded):
        what = " ".join(words(f"{part}.{doubt.code}", **doubt.fields) for part in ("doctor", "remedy"))
        print(harmless(words("check.doubt", what=what)))
    channels, contacts = len(loaded.channels), len(loaded.directory.contacts)
    print(
        words(
            "check.config_good",
            file=loaded.path.name,
            channels=_count(words, "channel", channels),
            contacts=_count(words, "contact", contacts),
            plane=words(f"plane.{loaded.gateway.plane}"),
        )
    )


def _unusable(config: "Config") -> Iterator[str]:
    """What `run` would refuse in the files beside bavn.toml."""
    from gateway.anchor import unfit
    from gateway.init import own_master_key
    from gateway.tokens import read_tokens

    for read, path in ((read_tokens, config.tokens_file), (own_master_key, config.key_file)):
        try:
            read(path)
        except GatewayError as error:
            yield str(error)
    if reason := unfit(config.anchor):
        yield f"{config.path.name}: {reason}"


def _count(words: Catalogue, noun: str, number: int) -> str:
    return words(f"check.one_{noun}") if number == 1 else words(f"check.{noun}s", n=number)


def cap_check(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="CAP 1.2 files; - is stdin")],
    as_json: JsonOption = False,
) -> None:
    """Judge CAP files: one line each, accept or refuse with the element and the reason."""
    found = [_judged(name) for name in files]
    screen = Screen(as_json)
    screen.whole({"files": found})
    if not as_json:
        for each in found:
            print(_line(each))
    if any(each["verdict"] != "accept" for each in found):
        raise typer.Exit(1)


def _judged(name: str) -> dict[str, Any]:
    """The verdict on one file; one that cannot be read is refused, with the reason."""
    from gateway.cli.posting import Unreadable, octets
    from messages.cap import judge

    try:
        verdict = judge(octets(name))
    except Unreadable as error:
        return _verdict(name, element="file", reason=str(error))
    if verdict.accepted:
        return {
            "file": name,
            "verdict": "accept",
            "notes": list(verdict.notes),
            "actionable": verdict.actionable,
        }
    return _verdict(name, element=verdict.element, reason=verdict.reason, line=verdict.line)


def _verdict(name: str, *, element: str, reason: str, line: int = 0) -> dict[str, Any]:
    return {"file": name, "verdict": "refuse", "element": element, "reason": reason, "line": line or None}


def _line(found: dict[str, Any]) -> str:
    from messages.neutral import neutral_line

    if found["verdict"] == "accept":
        notes = "".join(f" ({note})" for note in found["notes"])
        text = f"accept {found['file']}{notes}"
    else:
        where = f" (line {found['line']})" if found["line"] else ""
        text = f"refuse {found['file']}: {found['element']}: {found['reason']}{where}"
    return neutral_line(text)


def audit_verify(as_json: JsonOption = False, config: ConfigOption = None, lang: LangOption = None) -> None:
    """Verify the audit's hash chain and its anchors, whether the hub runs or not."""
    from gateway.config import load
    from gateway.verification import verify_audit

    loaded = load(config_path(config))
    words, screen = catalogue(spoken(lang, loaded.gateway.language)), Screen(as_json)
    found = verify_audit(loaded)
    screen.whole(found.as_json())
    for bad in found.bad_lines:
        screen.people(words("check.audit_line", n=bad.number, file=loaded.anchor, reason=bad.reason))
    if found.flaws:
        first = found.flaws[0]
        screen.people(words("check.audit_flaw", n=first.n, reason=first.reason))
        screen.people(words("check.audit_more", n=len(found.flaws)))
        raise CommandError(words("check.audit_means", data_dir=loaded.data_dir, file=loaded.anchor))
    if found.bad_lines:
        raise CommandError(words("check.audit_lines_mean", n=found.records, anchored=found.anchored))
    anchored = (
        words("check.anchored", n=found.anchored)
        if found.anchored
        else words("check.not_anchored", file=loaded.anchor)
    )
    screen.people(words("check.audit_good", n=found.records, anchored=anchored))
    screen.result(found.records, found.anchored)
