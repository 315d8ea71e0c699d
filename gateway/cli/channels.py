"""`bavn channels` and `bavn channel`: how each way stands, and an operator's word about it."""

from typing import Annotated
from urllib.parse import quote

import typer

from gateway.cli.desk import ConfigOption, Desk, JsonOption, LangOption, at_desk
from gateway.cli.errors import CommandError
from gateway.cli.standing import Json
from gateway.reasons import in_language

Name = Annotated[str, typer.Argument(metavar="NAME", help="As in bavn.toml: [channels.NAME]")]


def channels(as_json: JsonOption = False, config: ConfigOption = None, lang: LangOption = None) -> None:
    """List the channels: health, queue, domains."""
    desk = at_desk(config, lang, as_json=as_json)
    found = desk.hub.get("/channels")
    if as_json:
        return desk.screen.whole(found)
    from gateway.cli.drawing import channel_list

    desk.screen.show(channel_list(found["channels"], desk.words))
    for channel in found["channels"]:
        state = "disabled" if channel["disabled"] else channel["state"]
        desk.screen.result(channel["name"], channel["bearer"], state, channel["waiting"])
    return None


def disable(desk: Desk, name: str, reason: str) -> None:
    found = desk.hub.post(channel_path(name, "disable"), {"reason": reason} if reason else None)
    _say(desk, found, desk.words("channels.disabled_now", name=name))


def enable(desk: Desk, name: str) -> None:
    found = desk.hub.post(channel_path(name, "enable"))
    _say(desk, found, desk.words("channels.enabled_now", name=name))


def test(desk: Desk, name: str) -> None:
    """CommandError when it is down: a script that tests wants to know."""
    found = desk.hub.post(channel_path(name, "test"))
    reason = f": {in_language(found['reason'], desk.words)}" if found["reason"] else ""
    key = "channels.tested_disabled" if found["disabled"] else "channels.tested"
    line = desk.words(key, name=name, state=desk.words.known("state", found["state"]), reason=reason)
    if found["state"] == "down":
        desk.screen.whole(found)
        raise CommandError(line)
    _say(desk, found, line)
    for proof in found["proved"]:
        desk.screen.people(f"  {in_language(proof, desk.words)}")


def log(desk: Desk, name: str) -> None:
    """What went over the port lately, one line each: for whoever looks for what is wrong with a modem."""
    found = desk.hub.get(channel_path(name, "log"))
    desk.screen.whole(found)
    if not found["lines"]:
        desk.screen.people(desk.words("channels.no_log", name=name))
    for line in found["lines"]:
        desk.screen.line(line)


def _say(desk: Desk, found: Json, line: str) -> None:
    desk.screen.whole(dict(found))
    desk.screen.result(found["name"], "disabled" if found.get("disabled") else found["state"])
    desk.screen.people(line)


def channel_path(name: str, word: str) -> str:
    return f"/channels/{quote(name, safe='')}/{word}"
