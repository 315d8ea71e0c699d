"""What pydantic would turn into what was meant, and a file has to say rightly: "25" for 25, true for 1, 1 for true.

A quoted number is a slip that hides the next one, and `port = true` is no port. What comes from a secret file or the
environment is text by nature, and is converted as before.
"""

from collections.abc import Container, Iterator, Mapping
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

from gateway.config_errors import Problem, example_of
from gateway.config_inner import inner_model

_WANTED = {int: "a whole number", float: "a number", bool: "true or false"}
_SCALARS = frozenset({int, float, bool, NoneType})


def mistyped(
    model: type[BaseModel], table: Mapping[str, Any], *, file: str, key: str, besides: Container[str] = ()
) -> Iterator[Problem]:
    """One problem for each key of the table `key` whose value is of another type than its field.

    Only numbers and truths are looked at: pydantic confuses nothing else. `besides`: the dotted keys that are not
    looked at, since they stand elsewhere.
    """
    for name, value in table.items():
        field = model.model_fields.get(name)
        if field is None or f"{key}.{name}" in besides:
            continue
        if (inner := inner_model(field, value)) is not None:
            yield from mistyped(inner, value, file=file, key=f"{key}.{name}", besides=besides)
            continue
        types = frozenset(_types(field.annotation))
        for wrong in _confused(types, value):
            wanted = next(_WANTED[each] for each in (bool, float, int) if each in types)
            remedy = _unquoted(name, wrong, types) or example_of(name, field)
            yield Problem(file, f"{key}.{name}", f"{_shown(wrong)} is not {wanted}", remedy)
            break


def _types(annotation: Any) -> Iterator[Any]:
    """The types in an annotation such as tuple[str | int, ...], and what else stands there."""
    inner = get_args(annotation)
    if not inner:
        yield annotation
    for each in inner:
        yield from _types(each)


def _confused(types: frozenset[Any], value: Any) -> Iterator[Any]:
    """The values, also those inside of lists and tables, that no type here stands for as they are written."""
    if isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _confused(types, each)
    elif isinstance(value, bool):
        if bool not in types and types & {int, float}:
            yield value
    elif isinstance(value, float):
        if float not in types and types & {int, bool}:
            yield value
    elif isinstance(value, int):
        if not types & {int, float} and bool in types:
            yield value
    elif isinstance(value, str) and types <= _SCALARS and types & _WANTED.keys():
        yield value


def _unquoted(name: str, value: Any, types: frozenset[Any]) -> str:
    """`Write port = 25, without quotes`, where that is what was meant."""
    if not isinstance(value, str):
        return ""
    number = value.isascii() and value.replace(".", "", int(float in types)).isdigit()
    if (types & {int, float} and number) or (bool in types and value in {"true", "false"}):
        return f"Write {name} = {value}, without quotes"
    return ""


def _shown(value: Any) -> str:
    """As in the file, cut."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
