"""The text of an HTML mail, as lines: what a reader would see, with quotations marked by > as in plain mail. Pure.

A scanner of its own: `html.parser` of the Pythons that Debian and Ubuntu ship takes time by the square of the input
for some inputs (CVE-2025-6069), and here strangers write the input. Each sign is looked at a bounded number of times.
Nothing is fetched, nothing is run, and no tag or attribute comes out. What its reader does not see is left out:
elements that are hidden, such as the preview lines of newsletters, and what is struck out.
"""

import re
from html import unescape

MOST_CHARACTERS = 400_000  # of HTML that are looked at; mail programs of offices wrap "1" into 40 kB

_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]*")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_BLOCK = (
    "address,article,blockquote,body,center,div,dl,dd,dt,fieldset,footer,form,h1,h2,h3,h4,h5,h6,header,hr,html,li"
    ",main,nav,ol,p,pre,section,table,tr,ul"
)
_BLOCKS = frozenset(_BLOCK.split(","))
_EMPTY = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})  # no end tag comes
_STRUCK = frozenset({"s", "strike", "del"})
_STYLE = re.compile(r"""\sstyle\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*))""", re.IGNORECASE)
_VALUE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)""")
_HIDDEN = re.compile(r"\shidden(?=[\s/>=])", re.IGNORECASE)
_UNSHOWN = re.compile(
    r"(?:^|;)(?:display:none|visibility:hidden|mso-hide:all|text-decoration(?:-line)?:[a-z-]*line-through)(?![a-z-])"
)
_SIZE = re.compile(r"(?:^|;)font-size:([0-9.]+)")
_LONGEST_TAG = 20_000  # an image inside of an attribute; more is not a tag


def html_text(html: str) -> str:
    """The lines of the text; at most `MOST_CHARACTERS` of the source are read."""
    return _Scanner(html[:MOST_CHARACTERS]).text()


class _Scanner:
    def __init__(self, html: str) -> None:
        self._html, self._lower = html, html.lower()
        self._lines: list[str] = []
        self._line: list[str] = []
        self._depth = 0  # of quotations
        self._unseen, self._within = "", 0  # the element that hides what is in it, and how deep in such ones
        self._tiny = False  # it hides by its size, which another element may set again

    def text(self) -> str:
        place = 0
        while place < len(self._html):
            found = self._html.find("<", place)
            end = len(self._html) if found < 0 else found
            self._say(self._html[place:end])
            if found < 0:
                break
            place = self._tag(found)
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def _tag(self, start: int) -> int:
        """What begins with < here; returns where to read on."""
        if self._html.startswith("<!--", start):
            return self._after("-->", start)
        if self._html.startswith(("<!", "<?"), start):
            return self._after(">", start)
        name = _NAME.match(self._html, start + 1)
        end = self._html.find(">", start, start + _LONGEST_TAG)
        if name is None or end < 0:
            self._say("<")
            return start + 1
        tag = name[0].lower()
        if tag in _UNSEEN:
            return self._after(">", self._after(f"</{tag}", end))
        self._hide(tag, self._html[start : end + 1])
        self._format(tag)
        return end + 1

    def _hide(self, tag: str, source: str) -> None:
        """Follows what hides its text; a paragraph that is never ended hides down to the next block."""
        name = tag.removeprefix("/")
        if not self._unseen:
            gone = name in _STRUCK or _hides(source)
            if name == tag and name not in _EMPTY and (gone or _size(source) == 0):
                self._unseen, self._within, self._tiny = name, 1, not gone
        elif name == self._unseen and name != "p":
            self._within += -1 if tag.startswith("/") else 1
        elif self._unseen == "p" and name in _BLOCKS:
            self._within = int(tag == "p" and _hides(source))
        if not self._within or (self._tiny and _size(source)):
            self._unseen = ""

    def _after(self, mark: str, start: int) -> int:
        """Behind the next `mark`; the end of everything where there is none, as browsers have it."""
        found = self._lower.find(mark, start)
        return len(self._html) if found < 0 else found + len(mark)

    def _format(self, tag: str) -> None:
        name = tag.removeprefix("/")
        if name == "br":
            self._end_line(always=True)
        elif name in _BLOCKS:
            self._end_line()
            if name == "blockquote":
                self._depth = max(0, self._depth + (-1 if tag.startswith("/") else 1))
            elif tag == "p" and self._lines and self._lines[-1].strip("> "):
                self._lines.append(">" * self._depth)
        elif name in {"td", "th"}:
            self._line.append(" ")

    def _say(self, text: str) -> None:
        if text and not self._unseen:
            self._line.append(_SPACE.sub(" ", unescape(text).replace("\xa0", " ")))

    def _end_line(self, *, always: bool = False) -> None:
        """`always`: an empty line is one too, as a second <br> in a row makes it."""
        text = _SPACE.sub(" ", "".join(self._line)).strip()
        self._line.clear()
        if text or always:
            self._lines.append(f"{'>' * min(self._depth, 9)} {text}".strip() if self._depth else text)


def _hides(tag: str) -> bool:
    return _HIDDEN.search(_VALUE.sub("=", tag)) is not None or _UNSHOWN.search(_style(tag)) is not None


def _size(tag: str) -> float | None:
    """The size of the letters that the tag sets; None where it sets none."""
    found = _SIZE.search(_style(tag))
    try:
        return float(found[1]) if found else None
    except ValueError:
        return None


def _style(tag: str) -> str:
    """Its style without blanks, in lower case."""
    found = _STYLE.search(tag)
    said = (found[1] or found[2] or found[3] or "") if found else ""
    return _SPACE.sub("", unescape(said)).lower()
