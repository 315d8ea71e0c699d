"""Tables inside of a table, as [channels.mail.inbox]: which model judges them, and where an error in one belongs."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def inner_model(field: FieldInfo | None, table: Any) -> type[BaseModel] | None:
    """The model of the table that stands under `field`; None where it is no table, or none of several fits it."""
    models = [] if field is None else list(_models(field.annotation))
    if not models or not isinstance(table, Mapping):
        return None
    return models[0] if len(models) == 1 else _of_kind(models, table.get("kind"))


def innermost(model: type[BaseModel], place: list[str]) -> tuple[type[BaseModel], list[str], list[str]]:
    """The model that an error's place is in, the keys that lead there, and the place within.

    Of several models pydantic names the one it took by its `kind`, which is no key in the file.
    """
    keys: list[str] = []
    while len(place) > 1:
        field = model.model_fields.get(place[0])
        models = [] if field is None else list(_models(field.annotation))
        found = models[0] if len(models) == 1 else _of_kind(models, place[1])
        if found is None:
            break
        keys, place, model = [*keys, place[0]], place[1 if len(models) == 1 else 2 :], found
    return model, keys, place


def _of_kind(models: list[type[BaseModel]], kind: Any) -> type[BaseModel] | None:
    return next((each for each in models if kind in kinds(each)), None)


def kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    """What may stand as `kind` in a table of this model."""
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field is not None and get_origin(field.annotation) is Literal else ()


def example_of_kind(field: FieldInfo | None) -> str:
    """The remedy where a table of several kinds does not say which it is."""
    found = (
        [kind for model in _models(field.annotation) for kind in kinds(model)] if field is not None else []
    )
    return f'Write for example kind = "{found[0]}"' if found else ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for each in get_args(annotation) or (annotation,):
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each
        elif get_origin(each) is not Literal and get_args(each):
            yield from _models(each)
