"""The words in Rich Text Format, so that a cry for help in it is heard. Pure, one pass, and no layout.

Source: Rich Text Format Specification 1.9.1, Microsoft 2008: groups, control words, \\'hh in the code page (here
Windows-1252) and \\uN with its substitute.
"""

import re

MOST_CHARACTERS = 400_000  # that are looked at

_TOKEN = re.compile(
    r"(?P<brace>[{}])|\\u(?P<code>-?\d{1,5})(?:\\'[0-9a-fA-F]{2}| ?\?| )?|\\'(?P<octet>[0-9a-fA-F]{2})"
    r"|\\(?P<word>[a-zA-Z]{1,32})(?:-?\d{1,10})? ?|\\(?P<sign>[^a-zA-Z0-9])|(?P<text>[^\\{}\r\n]+)"
)
_UNSEEN = frozenset({"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer"})
_BREAKS = {"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "cell": " ", "row": "\n", "tab": " "}


def rtf_text(source: str) -> str:
    """The lines of its text, as far as `MOST_CHARACTERS` of the source go."""
    said: list[str] = []
    depth, unseen = 0, 0  # unseen: the depth of the group that nobody sees; 0 outside of one
    for found in _TOKEN.finditer(source[:MOST_CHARACTERS]):
        if brace := found["brace"]:
            depth += 1 if brace == "{" else -1
            unseen = unseen if depth >= unseen else 0
        elif found["sign"] == "*" or found["word"] in _UNSEEN:
            unseen = unseen or depth
        elif not unseen:
            said.append(_sign(found))
    return "".join(said).strip()


def _sign(found: re.Match[str]) -> str:
    if code := found["code"]:
        number = int(code) % 0x10000
        return "\ufffd" if 0xD800 <= number < 0xE000 else chr(number)
    if octet := found["octet"]:
        return bytes.fromhex(octet).decode("cp1252", "replace")
    if word := found["word"]:
        return _BREAKS.get(word, "")
    if sign := found["sign"]:
        return sign if sign in "\\{}" else " " if sign == "~" else ""
    return found["text"] or ""
