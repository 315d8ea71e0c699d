"""Precedence: how fast a message must move, never how important it is (ACP 127: Z O P R).

The number is the rank shown to staff (Hastegrad 1 to 4), so a smaller one goes first.
"""

from enum import IntEnum


class Precedence(IntEnum):
    FLASH = 1  # Z, Hastegrad 1 Akut
    IMMEDIATE = 2  # O, Hastegrad 2 Haster
    PRIORITY = 3  # P, Hastegrad 3 Prioriteret
    ROUTINE = 4  # R, Hastegrad 4 Rutine

    @classmethod
    def parse(cls, word: str) -> "Precedence":
        """The precedence of a word, in any case; ValueError names the four."""
        try:
            return cls[word.strip().upper()]
        except KeyError:
            raise ValueError(
                f"precedence {word!r} is not one of flash, immediate, priority, routine"
            ) from None

    @property
    def word(self) -> str:
        return self.name.lower()
