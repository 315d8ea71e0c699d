"""What a command works with: the installation it means, the words of its language, its screen, and the hub."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gateway.catalogue import Catalogue, catalogue
from gateway.cli.hub_client import HubClient
from gateway.cli.installation import Installation, find, spoken
from gateway.cli.screen import Screen

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="The installation's bavn.toml (default: BAVN_CONFIG, or ./bavn.toml)"
    ),
]
LangOption = Annotated[
    str | None,
    typer.Option("--lang", metavar="da|en", help="Language of what is printed (default: as configured)"),
]
JsonOption = Annotated[
    bool, typer.Option("--json", metavar="", help="One JSON object on stdout, nothing else")
]
AlertArgument = Annotated[
    str, typer.Argument(metavar="ALERT", help="Its code (K7), its identifier, or at least 8 signs of that")
]


@dataclass(frozen=True, slots=True)
class Desk:
    place: Installation
    words: Catalogue
    screen: Screen
    hub: HubClient


def at_desk(config: Path | None, lang: str | None, *, as_json: bool = False) -> Desk:
    """The desk of an installation. CommandError if its bavn.toml cannot be found or read. Connects to nothing."""
    place = find(config, lang)
    words = catalogue(place.language)
    return Desk(place, words, Screen(as_json), HubClient(place, words))


def words_of(lang: str | None) -> Catalogue:
    """The words for commands that need no installation."""
    return catalogue(spoken(lang))
