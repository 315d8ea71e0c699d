"""The signs of a text before it is encoded for a phone."""


def whole(text: str) -> str:
    """Half a character becomes a question mark: it could not be sent, and the rest has to be."""
    return text.encode("utf-16", "replace").decode("utf-16")
