"""The demonstration's texts: Danish first, English beside it, from the catalogues da.toml and en.toml."""

import os
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

LANGUAGES = ("da", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `words["key"]` is a text, `words.say("key", n=3)` fills it in."""

    language: str
    texts: dict[str, str]
    names: dict[str, str]  # of roles, by id

    def __getitem__(self, key: str) -> str:
        return self.texts[key]

    def say(self, key: str, **values: Any) -> str:
        return self.texts[key].format(**values)

    def name(self, contact_id: str) -> str:
        return self.names.get(contact_id, contact_id)


def read_words(language: str | None = None) -> Words:
    """The catalogue of BAVN_LANG, Danish unless it is English."""
    wanted = (language or os.environ.get("BAVN_LANG", "")).lower()[:2]
    chosen = wanted if wanted in LANGUAGES else LANGUAGES[0]
    catalogue = tomllib.loads((files("gateway.demo") / f"{chosen}.toml").read_text(encoding="utf-8"))
    return Words(chosen, catalogue["texts"], catalogue["names"])
