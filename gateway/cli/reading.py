"""What is typed, read into what is meant; what it may be stands in each refusal, in plain words."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import typer

Word = TypeVar("Word", bound=StrEnum)


def one_of(words: type[Word]) -> Callable[[str], Word]:
    """Reads one of the words, in any case. Usage error that names them all."""

    def read(given: str) -> Word:
        found = {word.lower(): word for word in words}.get(given.lower())
        if found is None:
            raise typer.BadParameter(f"{given!r} is not one of {', '.join(words)}: write one of these")
        return found

    return read


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Reads a whole number within bounds. Usage error that says which."""
    range_ = f"{least} or more" if most is None else f"{least} to {most}"

    def read(given: str) -> int:
        try:
            found = int(given)
        except ValueError:
            raise typer.BadParameter(f"{given!r} is no whole number: write {range_}") from None
        if found < least or (most is not None and found > most):
            raise typer.BadParameter(f"{found} will not do: write {range_}")
        return found

    return read


def factor(given: str) -> float:
    """Reads a number, perhaps with a fraction. Usage error for what is none."""
    try:
        return float(given)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is no number: write 10, or 0.5") from None
