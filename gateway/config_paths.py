"""Paths in bavn.toml are relative to its folder, wherever the hub was started; and what the system says of one."""

import os
import pwd
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.config_inner import inner_model

T = TypeVar("T", bound=BaseModel)


def rooted_before(model: type[BaseModel], table: Any, *, base: Path) -> Any:
    """The raw table with its relative paths resolved, before the model looks for the files."""
    if not isinstance(table, dict):
        return table
    relative = {
        name: value
        for name, value in table.items()
        if isinstance(value, str) and value and "://" not in value
    }
    fields = model.model_fields
    update = {
        name: str(base / value)
        for name, value in relative.items()
        if name in fields and _is_path(name, fields)
    }
    inner = {
        name: rooted_before(found, value, base=base)
        for name, value in table.items()
        if (found := inner_model(fields.get(name), value)) is not None
    }
    return {**table, **update, **inner}


Said = tuple[str, str]  # reason and remedy
_MADE_BY_SYSTEMD = {"/run": "RuntimeDirectory", "/var/lib": "StateDirectory", "/var/log": "LogsDirectory"}


def unusable(path: Path) -> Said | None:
    """Why nobody could look for a file there; None where there is one or could be."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        return f"cannot be used ({error.strerror})", "Let the hub's user look there, or name another"
    except OSError as error:  # a name that is too long, links in a circle
        return f"cannot be used ({error.strerror})", "Name another"
    except ValueError:  # of a secret file or the environment: in bavn.toml no such sign gets so far
        return "cannot be used (it holds a NUL)", "Name another"
    return None


def stuck(model: type[BaseModel], table: Any, *, key: str) -> Iterator[tuple[str, Said]]:
    """The dotted keys of a rooted table whose paths are unusable, and why; a model would fall over them."""
    fields = model.model_fields
    for name, value in table.items() if isinstance(table, dict) else ():
        if (inner := inner_model(fields.get(name), value)) is not None:
            yield from stuck(inner, value, key=f"{key}.{name}")
        elif name not in fields or not _is_path(name, fields) or not isinstance(value, str):
            continue
        elif "://" not in value and (why := unusable(Path(value))):
            yield f"{key}.{name}", why


def mounted_read_only(place: Path) -> Path | None:
    """The mount that a place lies on, where nothing at all can be written there; None where it can."""
    if not os.statvfs(place).f_flag & os.ST_RDONLY:
        return None
    place = Path(os.path.realpath(place))
    return next(each for each in (place, *place.parents) if each.is_mount())


def read_only(mount: Path) -> Said:
    """For a place on such a mount."""
    remedy = "Mount it for writing or name another place; under systemd add the place to ReadWritePaths"
    return f"{mount} is mounted read-only for this program", remedy


def closed(place: Path, folder: Path, *, remedy: str) -> Said:
    """For a place that this user may not write and that is `folder`, inside of it, or the nearest above it there is."""
    if owner := _somebody_else(place):
        return (
            f"{place} cannot be written by this user",
            f"It is {owner}'s: run this as the hub's user ({owner})",
        )
    if place not in folder.parents:
        return f"{place} cannot be written by this user", remedy
    setting = _MADE_BY_SYSTEMD.get(str(place))
    unit = f"; under systemd: {setting}={folder.relative_to(place)}" if setting else ""
    return (
        f"the folder {folder} is missing, and this user cannot make it",
        f"Make it for the hub's user{unit}",
    )


def owner_of(path: Path) -> int:
    return path.stat().st_uid


def _somebody_else(place: Path) -> str:
    """Whose it is where that is another account than root's and ours: the hub's, as a rule."""
    owner = owner_of(place)
    if owner in {0, os.geteuid()}:
        return ""
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:  # an account that is gone
        return ""


def _is_path(name: str, fields: Mapping[str, FieldInfo]) -> bool:
    """A Path, or a serial port, which is text because socket://host:port is one too."""
    annotation = fields[name].annotation
    return Path in _plain_types(annotation) or (name == "port" and annotation is str)


def _plain_types(annotation: Any) -> set[Any]:
    """The types in an annotation such as Annotated[Path, ...] | None."""
    inner = get_args(annotation)
    return {annotation} if not inner else {found for each in inner for found in _plain_types(each)}


def rooted_after(table: T, *, base: Path) -> T:
    """The table with the relative paths that came from defaults resolved too."""
    paths = {name: getattr(table, name) for name in type(table).model_fields}
    update = {
        name: base / path for name, path in paths.items() if isinstance(path, Path) and not path.is_absolute()
    }
    return table.model_copy(update=update) if update else table
