"""`bavn channel NAME disable|enable|test|log`."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli import channels
from gateway.cli.desk import ConfigOption, JsonOption, LangOption, at_desk
from gateway.cli.reading import one_of


class What(StrEnum):
    DISABLE = "disable"
    ENABLE = "enable"
    TEST = "test"
    LOG = "log"


def channel(
    name: channels.Name,
    what: Annotated[
        What, typer.Argument(parser=one_of(What), metavar="disable|enable|test|log", help="What to do")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is disabled; shown to everybody")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Disable, enable or test a channel, or see what went over its port.

    Nothing leaves over a disabled channel; what waits takes another. A test sends nothing to anybody.

    The log is the last 200 lines of a modem's port, in which secrets, texts and numbers are masked.
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
        case What.LOG:
            channels.log(desk, name)
