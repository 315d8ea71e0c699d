"""`bavn`: the one command. Which commands there are, in which order, and how each ends.

Exit status: 0 done; 1 refused or failed, with a line saying why; 2 wrong usage; 3 accepted, but the evidence waited
for did not come in time; 4 no hub is running.
"""

import os
import sys
from difflib import get_close_matches
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from gateway.cli import (
    channel,
    channels,
    check,
    emulate,
    examining,
    follow,
    inbox,
    preview,
    see,
    send,
    start,
    watch,
)
from gateway.cli.desk import words_of
from gateway.cli.errors import CommandError
from gateway.cli.installation import LANGUAGE_VARIABLE, spoken
from gateway.cli.screen import harmless
from gateway.errors import GatewayError


class Naming(TyperGroup):
    """Says which commands there are to whoever names another one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            those = get_close_matches(name, self.commands, cutoff=0.7) or list(self.commands)
            ctx.fail(f"There is no command {name!r} here: write {_either(those)}.")
        return super().resolve_command(ctx, args)


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


class Answering(Naming):
    """Says in one line why a command did not do what it was asked, and ends with the status of the reason."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandError as error:
            _end(str(error), error.exit_status)
        except GatewayError as error:
            _end(words_of(None)("error.failed", what=error), 1)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except BrokenPipeError:  # `bavn list | head -1`: the reader has what it wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None


def _end(text: str, status: int) -> NoReturn:
    print(harmless(text), file=sys.stderr)
    raise typer.Exit(status)


app = typer.Typer(
    cls=Answering,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 accepted but not in time, 4 no hub is running.",
)


@app.callback()
def bavn(
    lang: Annotated[
        str | None,
        typer.Option("--lang", metavar="da|en", help="Language of what is printed (default: as configured)"),
    ] = None,
) -> None:
    """Bavn gets a crisis message to each recipient over whichever network still works, and shows who has it.

    Begin with: bavn init ~/bavn
    """
    if lang:
        os.environ[LANGUAGE_VARIABLE] = lang
    spoken(None)  # a language that there is none of is refused before anything is done


def _command(
    function: Any, name: str, *, panel: str, example: str, columns: str = "", into: typer.Typer = app
) -> None:
    """`columns`: what stands in a line of the result, which goes to a pipe or a file."""
    script = f"In a pipe or a file: {columns}, with tabs between.\n\n" if columns else ""
    into.command(name, rich_help_panel=panel, epilog=f"{script}Example: {example}")(function)


ALERTS, WAYS, PLACE = "Alerts", "Channels", "The installation"
ACCEPTED = "identifier, code, and who has no way"
_command(
    send.send,
    "send",
    panel=ALERTS,
    example='bavn send --to krisestab --precedence flash --headline "Mød kl. 03.45" --answer 1=kommer '
    "--wait acknowledged --timeout 10m",
    columns=ACCEPTED,
)
_command(
    preview.preview,
    "preview",
    panel=ALERTS,
    example='bavn preview --to krisestab --precedence flash --headline "Mød kl. 03.45" --text "Rådhuset"',
    columns="for each channel its name, recipients, parts, signs too many, and the text",
)
_command(
    see.show,
    "show",
    panel=ALERTS,
    example="bavn show K7, bavn show K7 souschef",
    columns="identifier, code, how many have answered, how many are missing, and who",
)
_command(
    see.list_,
    "list",
    panel=ALERTS,
    example="bavn list --open",
    columns="for each alert its identifier, code, and how many were addressed, are reached and are missing",
)
_command(watch.watch, "watch", panel=ALERTS, example="bavn watch K7")
_command(
    follow.stop,
    "stop",
    panel=ALERTS,
    example="bavn stop K7",
    columns="identifier, how many it had not left for, and how many may have it",
)
_command(
    follow.correct,
    "correct",
    panel=ALERTS,
    example='bavn correct K7 --headline "Mød kl. 04.45, ikke 03.45"',
    columns=ACCEPTED,
)
_command(follow.all_clear, "all-clear", panel=ALERTS, example="bavn all-clear K7", columns=ACCEPTED)
_command(
    follow.update,
    "update",
    panel=ALERTS,
    example='bavn update K7 --headline "Mødestedet er Lokale 2"',
    columns=ACCEPTED,
)
_command(
    follow.answer,
    "answer",
    panel=ALERTS,
    example="bavn answer K7 souschef 1 --via voice",
    columns="the answer's identifier, the recipient, and what it counts as",
)
_command(
    inbox.inbox,
    "inbox",
    panel=ALERTS,
    example="bavn inbox 12 is souschef",
    columns="for each message its number, state (urgent, open, handled), kind, sender, contact, and who has taken it",
)
_command(
    channels.channels,
    "channels",
    panel=WAYS,
    example="bavn channels --json",
    columns="for each channel its name, bearer, state, and how many wait for it",
)
_command(
    channel.channel,
    "channel",
    panel=WAYS,
    example='bavn channel sms-a disable --reason "SIM byttes"',
    columns="its name and state; for log the lines as they are",
)
_command(start.init, "init", panel=PLACE, example="bavn init ~/bavn")
_command(start.run, "run", panel=PLACE, example="bavn run --config ~/bavn/bavn.toml")
_command(
    examining.doctor,
    "doctor",
    panel=PLACE,
    example="bavn doctor --config ~/bavn/bavn.toml",
    columns="how much is wrong, and how many warnings there are",
)
_command(start.demo, "demo", panel=PLACE, example="bavn demo --stay")


def _group(name: str, text: str) -> typer.Typer:
    group = typer.Typer(cls=Naming, no_args_is_help=True, help=text, rich_markup_mode="rich")
    app.add_typer(group, name=name, rich_help_panel=PLACE)
    return group


_CONFIG = _group("config", "Judge the configuration.")
_command(check.config_check, "check", panel=PLACE, example="bavn config check", into=_CONFIG)
_CAP = _group("cap", "Judge CAP 1.2 files.")
_command(check.cap_check, "check", panel=PLACE, example="bavn cap check varsel.xml", into=_CAP)
_AUDIT = _group("audit", "Verify the audit.")
_command(
    check.audit_verify,
    "verify",
    panel=PLACE,
    example="bavn audit verify",
    columns="how many records there are, and the number of the last one that an anchor holds",
    into=_AUDIT,
)
_EMULATE = _group("emulate", "Emulate a modem, for trying and testing.")
for _modem in emulate.MODEMS:
    _example = f"bavn emulate {_modem} --link /tmp/modem"
    _command(emulate.command(_modem), _modem, panel=PLACE, example=_example, into=_EMULATE)


def run() -> None:
    """The entry point of the command."""
    app(prog_name="bavn")


if __name__ == "__main__":
    run()
