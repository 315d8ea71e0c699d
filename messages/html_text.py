"""The text of an HTML mail, as lines: what a reader would see, with quotations marked by > as in plain mail. Pure.

A scanner of its own: `html.parser` of the Pythons that Debian and Ubuntu ship takes time by the square of the input
for some inputs (CVE-2025-6069), and here strangers write the input. Each sign is looked at a bounded number of times.
Nothing is fetched, nothing is run, and no tag or attribute comes out.
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
        self._format(tag)
        return end + 1

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
        if text:
            self._line.append(_SPACE.sub(" ", unescape(text).replace("\xa0", " ")))

    def _end_line(self, *, always: bool = False) -> None:
        """`always`: an empty line is one too, as a second <br> in a row makes it."""
        text = _SPACE.sub(" ", "".join(self._line)).strip()
        self._line.clear()
        if text or always:
            self._lines.append(f"{'>' * min(self._depth, 9)} {text}".strip() if self._depth else text)
