"""The start-up check that Bavn's four packages come from one folder (docs/adr/0001).

`channels` and `messages` are common names: Django Channels has a `channels` too. Whichever comes first on
the path would be imported silently, so the check is made before anything else is.
"""

from importlib.machinery import PathFinder
from pathlib import Path

from gateway.errors import GatewayError

PACKAGES = ("gateway", "channels", "messages", "hardware")


class LayoutError(GatewayError):
    """A package of another project stands in the way: install Bavn in a virtual environment of its own."""

    title = "Bavn's packages do not belong together"


def check_layout(home: Path | None = None, *, search: list[str] | None = None) -> None:
    """Raises LayoutError, naming the folders, unless all four packages are in `home` (default: here).

    `search` is where to look, sys.path when None.
    """
    home = (home or Path(__file__).parent.parent).resolve()
    strangers = [
        f"{name} is in {', '.join(map(str, found)) or 'no folder'}"
        for name in PACKAGES
        if (found := _folders(name, search)) != [home / name]
    ]
    if strangers:
        raise LayoutError(
            f"Bavn is in {home}, but {'; '.join(strangers)}. Another project has a package of the same name: "
            "install Bavn in a virtual environment of its own (docs/install.md)"
        )


def _folders(name: str, search: list[str] | None) -> list[Path]:
    """Every folder that `import name` would read modules from, each once."""
    spec = PathFinder.find_spec(name, search)
    locations = spec.submodule_search_locations if spec is not None else None
    return list(dict.fromkeys(Path(place).resolve() for place in locations or ()))
