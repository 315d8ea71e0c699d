"""What is wrong with a configuration, said so that the reader can mend it: file, key, reason and remedy.

Here too: turning what pydantic says into one sentence for people. A problem never shows a secret's value.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.config_inner import example_of_kind, innermost
from gateway.errors import GatewayError

# Examples for keys that have no `examples` of their own on the field.
_EXAMPLES: Mapping[str, str] = {
    "port": "25",
    "host": '"127.0.0.1"',
    "sender": '"krisestab@eksempelkommune.invalid"',
    "domains": '["internet"]',
    "bearer": '"email"',
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `key` is dotted, as in channels.mail.port; '' when the whole file is meant."""

    file: str
    key: str
    reason: str
    remedy: str = ""

    @property
    def where(self) -> str:
        return f"{self.file}: {self.key}: " if self.key else f"{self.file}: "

    def __str__(self) -> str:
        return f"{self.where}{self.reason}. {self.remedy}" if self.remedy else f"{self.where}{self.reason}"


@dataclass(frozen=True, slots=True)
class Doubt(Problem):
    """What works and is probably not meant. The catalogue has it as doctor.CODE and remedy.CODE, with `fields`."""

    code: str = ""
    about: tuple[tuple[str, object], ...] = ()

    @property
    def fields(self) -> dict[str, object]:
        return {"where": self.where, **dict(self.about)}


class ConfigError(GatewayError):
    """The configuration cannot be used; nothing was started. `problems` holds all, str() one a line."""

    title = "The configuration cannot be used"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def closest(word: str, known: Iterable[str]) -> str:
    """The remedy for a word that is not known: the one that was probably meant, else all of them."""
    options = list(known)
    near = difflib.get_close_matches(word, options, n=1, cutoff=0.7)
    if near:
        return f"Did you mean {near[0]}?"
    return f"Known here: {', '.join(options)}" if options else ""


def is_secret(field: FieldInfo) -> bool:
    """True when the field's type is, or may be, a secret."""
    types = (field.annotation, *get_args(field.annotation))
    return any(t in (SecretStr, SecretBytes) for t in types)


def from_pydantic(error: ValidationError, model: type[BaseModel], *, file: str, table: str) -> list[Problem]:
    """One problem per key that pydantic refused in the table `table` of `file`."""
    return [_problem(detail, model, file=file, table=table) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, model: type[BaseModel], *, file: str, table: str) -> Problem:
    model, outer, path = innermost(model, _path(detail["loc"]))
    if detail["type"] == "union_tag_not_found":
        key = ".".join((table, *outer, *path, "kind"))
        return Problem(file, key, "is missing", example_of_kind(model.model_fields.get(path[-1])))
    if detail["type"] == "union_tag_invalid":
        path = [*path, "kind"]
    name = path[0] if path else ""
    field = model.model_fields.get(name)
    key = ".".join(part for part in (table, *outer, *path) if part)
    value = "the value" if field is not None and is_secret(field) else _shown(detail.get("input"))
    reason, remedy = _say(detail, name, field, value=value, known=list(model.model_fields))
    return Problem(file, key, reason, remedy)


def _path(loc: Sequence[int | str]) -> list[str]:
    """The dotted path without the names that pydantic adds for unions (`function-plain[...]`, `str`)."""
    return [
        str(part) for part in loc if not (isinstance(part, str) and ("[" in part or part in {"str", "int"}))
    ]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _say(
    detail: ErrorDetails, name: str, field: FieldInfo | None, *, value: str, known: list[str]
) -> tuple[str, str]:
    """(reason, remedy) in plain words."""
    kind, context = detail["type"], detail.get("ctx", {})
    example = example_of(name, field)
    if kind == "extra_forbidden":
        return "unknown key", closest(str(detail["loc"][-1]), known)
    if kind == "missing":
        return "is missing", example
    if kind == "union_tag_invalid":
        return f"'{context['tag']}' is not one of {context['expected_tags']}", ""
    if kind == "value_error":
        reason, _, remedy = str(context["error"]).partition(". ")
        return reason, remedy or example
    if kind in {"literal_error", "enum"}:
        return f"{value} is not one of {context['expected'].replace(' or ', ', ')}", example
    if kind in {"string_too_short", "too_short"}:
        return "is empty", example
    if kind in {"greater_than_equal", "less_than_equal", "greater_than", "less_than"} and field is not None:
        return _out_of_bounds(name, field, value), example
    return _of_wrong_type(kind, value, str(detail["msg"])), example


_WANTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "string_type": "text in quotes",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "tuple_type": "a list in brackets",
    "list_type": "a list in brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "path_type": "a path in quotes",
    "path_not_file": "a file",
    "path_not_directory": "a folder",
    "string_pattern_mismatch": "allowed here",
}


def _of_wrong_type(kind: str, value: str, message: str) -> str:
    wanted = _WANTED.get(kind)
    return f"{value} is not {wanted}" if wanted else f"{value}: {message[:1].lower()}{message[1:]}"


def _out_of_bounds(name: str, field: FieldInfo, value: str) -> str:
    low = _bound(field, ("ge", "gt"))
    high = _bound(field, ("le", "lt"))
    noun = "a port" if name == "port" and high == "65535" else "allowed"
    if low and high:
        return f"{value} is not {noun} ({low} to {high})"
    return f"{value} is not {noun} ({low} or more)" if low else f"{value} is not {noun} (at most {high})"


def _bound(field: FieldInfo, names: Sequence[str]) -> str:
    found = (getattr(bound, name, None) for bound in field.metadata for name in names)
    return next((str(value) for value in found if value is not None), "")


def example_of(name: str, field: FieldInfo | None) -> str:
    """The remedy `Write for example port = 25`: the field's own example or default, else one for its name."""
    if field is not None and is_secret(field):
        return f'Write {name} = "...", in quotes'
    if field is not None and field.examples:
        return f"Write for example {name} = {_toml(field.examples[0])}"
    if name in _EXAMPLES:
        return f"Write for example {name} = {_EXAMPLES[name]}"
    default = None if field is None else field.default
    shown = isinstance(default, bool | int | float | str) and default != ""
    return f"Write for example {name} = {_toml(default)}" if shown else ""


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')
