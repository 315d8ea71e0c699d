"""`bavn init`, `bavn run` and `bavn demo`: making an installation, running it, seeing it at work."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.catalogue import catalogue
from gateway.cli.desk import ConfigOption, JsonOption, LangOption, words_of
from gateway.cli.errors import CommandError
from gateway.cli.installation import config_path, spoken
from gateway.cli.reading import whole_number


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder")],
    lang: LangOption = None,
) -> None:
    """Make an installation in a folder.

    Writes bavn.toml, directory.toml, keys, and one API token, which is shown once. Never overwrites anything.
    """
    from gateway.clock import wall_clock
    from gateway.init import init as make

    words = words_of(lang)
    made = make(folder, now=wall_clock())
    config = _typed(folder / "bavn.toml")
    names = ", ".join(str(path.relative_to(made.folder)) for path in made.files)
    print(words("hub.made", folder=_typed(folder), files=names))
    print(words("hub.token", token=made.token))
    for line in ("next_1", "next_2", "next_3"):
        print(words(f"hub.{line}", config=config))


def _typed(path: Path) -> str:
    """A path as it can be typed in a shell."""
    import shlex

    return shlex.quote(str(path))


def run(config: ConfigOption = None, lang: LangOption = None) -> None:
    """Run the hub, in the foreground.

    Logs go to stderr as JSON. SIGTERM, Ctrl-C or a closed terminal lets what is in flight end and stops within 10 s.
    """
    from gateway.layout import check_layout

    check_layout()
    import asyncio

    from gateway import app, logs
    from gateway.config import ConfigError, load
    from gateway.event_loop import HubLoop

    try:
        loaded = load(config_path(config))
    except ConfigError as error:
        raise CommandError(str(error)) from error
    words = catalogue(spoken(lang, loaded.gateway.language))
    logs.configure(secrets=loaded.secrets())

    def started(port: int) -> None:
        listen, plane = (
            f"{loaded.http.listen.rpartition(':')[0]}:{port}",
            words(f"plane.{loaded.gateway.plane}"),
        )
        print(words("hub.listening", listen=listen, socket=loaded.socket, plane=plane), flush=True)

    with asyncio.Runner(loop_factory=HubLoop) as runner:
        runner.run(app.run(loaded, started=started))


def demo(
    as_json: JsonOption = False,
    seed: Annotated[
        int | None, typer.Option(parser=whole_number(0), metavar="N", help="The same seed, the same run")
    ] = None,
    stay: Annotated[
        bool, typer.Option("--stay", metavar="", help="Keep the hub running afterwards, to look around")
    ] = False,
    break_: Annotated[
        str | None, typer.Option("--break", metavar="all", help="Take every network down")
    ] = None,
) -> None:
    """See it at work, on embedded parts.

    An alert reaches a crisis staff while its networks fail one after another. Needs no modem and no server.
    """
    if break_ not in (None, "all"):
        raise typer.BadParameter("write --break all", param_hint="--break")
    from gateway.demo import demo as play

    raise typer.Exit(play(json=as_json, seed=seed, stay=stay, break_all=break_ == "all"))
