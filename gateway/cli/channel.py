"""`bavn channel NAME disable|enable|test`."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli import channels
from gateway.cli.desk import ConfigOption, JsonOption, LangOption, at_desk


class What(StrEnum):
    DISABLE = "disable"
    ENABLE = "enable"
    TEST = "test"


def channel(
    name: channels.Name,
    what: Annotated[What, typer.Argument(metavar="disable|enable|test")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is disabled; shown to everybody")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Disable, enable or test a channel.

    Nothing leaves over a disabled channel; what waits takes another. A test sends nothing to anybody.
    """
    if reason and what is not What.DISABLE:
        raise typer.BadParameter("is for disable only", param_hint="--reason")
    desk = at_desk(config, lang, as_json=as_json)
    match what:
        case What.DISABLE:
            channels.disable(desk, name, reason)
        case What.ENABLE:
            channels.enable(desk, name)
        case What.TEST:
            channels.test(desk, name)
