"""The texts that people read, in Danish and in English: one TOML file a language, the same keys in both.

A key is dotted (`evidence.submitted`), a text has {placeholders} by name. Texts inside messages to recipients are
not here: those belong to the alert and to messages.render. Why TOML: docs/adr/0004.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gateway.errors import GatewayError

LANGUAGES = ("da", "en")
DEFAULT = "da"


class NoSuchText(GatewayError):
    """A text that the program asks for is in no catalogue: a fault of the program."""


class Catalogue:
    """The texts of one language. `words("evidence.read")` gives one, with its placeholders filled."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language, self._texts = language, texts

    def __call__(self, key: str, /, **fields: object) -> str:
        try:
            return self._texts[key].format(**fields)
        except KeyError as error:
            raise NoSuchText(
                f"the {self.language} catalogue has no text or placeholder {error} ({key})"
            ) from None

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def known(self, group: str, word: str) -> str:
        """The text of a word that may be newer than the catalogue: then the word itself."""
        key = f"{group}.{word}"
        return self._texts.get(key, word)

    def keys(self) -> Iterator[str]:
        return iter(self._texts)


@lru_cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; the Danish one for a language that there is none of."""
    chosen = language if language in LANGUAGES else DEFAULT
    data = tomllib.loads((files("gateway") / "catalogues" / f"{chosen}.toml").read_text(encoding="utf-8"))
    return Catalogue(chosen, dict(_flat(data)))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}.")
        else:
            yield key, str(value)
