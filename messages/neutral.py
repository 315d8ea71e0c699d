"""Text from strangers made harmless: control characters, ANSI sequences, direction overrides, hidden signs.

Two uses. `neutral` keeps a visible trace of what it took out, for screens, pages and mail. `fold` is for
short texts, where one typographic dash or a replacement sign would turn 160 characters a part into 70 (3GPP
TS 23.038): it leaves only what a phone can show, with the cheap twin of each typographic sign.
Sources: Unicode Standard 23.8 (noncharacters), UAX 9 2.1 to 2.4 (direction), ECMA-48 5.4 (control sequences).
"""

import re

_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
# Seen by nobody: zero-width signs (the joiner is looked at for itself), soft hyphen, invisible operators, fillers,
# the byte order mark, annotation signs.
_INVISIBLE = [
    *(0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0),
    *(0x200B, 0x200C),
    *range(0x2060, 0x2066),
    *range(0x206A, 0x2070),
    *range(0xFFF9, 0xFFFC),
]
_TAGS = range(0xE0000, 0xE0080)
_NONCHARACTERS = [
    *range(0xFDD0, 0xFDF0),
    *(plane + last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)),
]
_SURROGATES = range(0xD800, 0xE000)
_REPLACEMENT = "\ufffd"

_SEEN: dict[int, str] = {
    **dict.fromkeys((*_CONTROLS, *_BIDI, *_NONCHARACTERS, *_SURROGATES), _REPLACEMENT),
    **{c: chr(0x2400 + c) for c in range(0x20)},  # the control's own picture: ␛ for ESC
    **dict.fromkeys((*_INVISIBLE, *_TAGS), ""),
    0x7F: "\u2421",
    0x09: " ",
    0x0A: "\n",
}
_CHEAP: dict[int, str] = {
    **dict.fromkeys((*_CONTROLS, *_BIDI, *_NONCHARACTERS, *_SURROGATES, *_INVISIBLE, *_TAGS), ""),
    **dict.fromkeys((*range(0x09, 0x0E), 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0x2028, 0x2029), " "),
    **dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "),
    **dict.fromkeys(
        (0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2022, 0x2043, 0x2212, 0xFE58, 0xFE63), "-"
    ),
    **dict.fromkeys((0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x2039, 0x203A, 0x00B4, 0x0060, 0x02BC), "'"),
    **dict.fromkeys((0x201C, 0x201D, 0x201E, 0x201F, 0x2033, 0x00AB, 0x00BB), '"'),
    0x2026: "...",
    0x00B7: ".",
    0x2044: "/",
}
_XML: dict[int, str] = {
    **{c: chr(0x2400 + c) for c in range(0x20) if c not in {0x09, 0x0A, 0x0D}},
    **dict.fromkeys((*_SURROGATES, 0xFFFE, 0xFFFF), _REPLACEMENT),
}
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x9b[0-?]*[ -/]*[@-~]")
# What may need work; a class of the first plane alone is a bitmap to `re`, and fast.
_HIDDEN = re.compile(
    "["
    + re.escape("".join(chr(c) for c in sorted({*_SEEN, 0x200D, 0x2028, 0x2029} - {0x0A}) if c < 0x10000))
    + "]|[\U00010000-\U0010ffff]"
)
# The zero-width joiner makes one sign of several emoji (UTS 51 2.3), which all can be seen; anywhere else it hides.
_EMOJI = "[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
_STRAY_JOINER = re.compile(f"(?<!{_EMOJI})(?<!{_EMOJI}\ufe0f)\u200d|\u200d(?!{_EMOJI})")
_JOINER = "\u200d"
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r" {2,}")
_BEGINS_PLAINLY = re.compile(r"[ \n]*[0-9A-Za-zÆØÅæøå]")  # most texts; a control sequence begins otherwise


def neutral(text: str) -> str:
    """`text` with its lines kept (LF) and every other control shown as a sign; what has no width is taken out."""
    if _HIDDEN.search(text) is None:
        return text
    return _LINE_ENDS.sub("\n", _joined(text)).translate(_SEEN)


def neutral_line(text: str) -> str:
    """As `neutral`, on one line."""
    return " ".join(neutral(text).split())


def fold(text: str) -> str:
    """`text` on one line for a short bearer; control sequences are taken out whole, typographic signs folded."""
    return _SPACES.sub(" ", _joined(_ANSI.sub("", text)).translate(_CHEAP)).strip()


def _joined(text: str) -> str:
    """`text` with a joiner only between two emoji."""
    return _STRAY_JOINER.sub("", text) if _JOINER in text else text


def says_something(text: str) -> bool:
    """Whether anything of `text` is left on a phone; controls and signs without width say nothing."""
    return _BEGINS_PLAINLY.match(text) is not None or bool(fold(text))


def carriable_in_xml(text: str) -> str:
    """`text` with what XML 1.0 (2.2, Char) cannot hold replaced by a sign; everything else as it is."""
    return text.translate(_XML)
