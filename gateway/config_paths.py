"""Paths in bavn.toml are relative to its folder, wherever the hub was started."""

from collections.abc import Mapping
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
