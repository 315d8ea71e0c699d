"""What stands around an answer and says nothing: the marks of a drill, and who signs it. Pure.

Text is in lower case and plain (`answer_phrases.plain`), with its line ends. In doubt it is part of what was said.
"""

import re

from messages.answer_phrases import DOUBTS, NEGATIONS, TELLING

_MARK = r"(?:oevelse|exercise)"
_MARKS_BEFORE = re.compile(rf"^(?:[\s(\[*.:,-]*\b{_MARK}\b[\s)\]*.:,;!]*)+", re.MULTILINE)
_MARKS_AFTER = re.compile(
    rf"(?<![\s(\[*.:,;!–-])(?:[\s(\[*.:,;!–-]*\b{_MARK}\b[)\]*.:!]*)+[ ]*$", re.MULTILINE
)
_SPELT = (  # as they are typed in a hurry
    (re.compile(r"(?<![,.] )\b(?:ikk?|ikek|ike|ikkke)\b"), "ikke"),  # but `kommer, ik` asks
    (re.compile(r"\b(kl|ca|nr|pga|pt)\."), r"\1 "),
    (re.compile(r"\b(?:jaa+h?|jah|ja ?ja)\b"), "ja"),
    (re.compile(r"\bne+jj*\b"), "nej"),
    (re.compile(r"\byess+\b"), "yes"),
    (re.compile(r"\b(?:ko*m+er|komner|kommr|kommre|kmomer)\b"), "kommer"),
    (re.compile(r"\b(?:lige )?om (?:lidt|et oejeblik)\b"), "snart"),
    (re.compile(r"^\W*(?:10[-/ ]4|ten four)\W*$"), "roger"),
    (re.compile(r" ?\bpunktum\b"), "."),  # dictated
    (re.compile(r" og (?=(?:jeg|vi) )"), ", "),
)
_SIGN_OFF = re.compile(
    r"(?:(?<![\w/])(?:m\.?\s?v\.?\s?h|v\.?h|d\.?b\.?h|k\.?h|(?:med )?(?:venlige?|bedste|kaerlig) hilsen|hilsen|hilsner"
    r"|(?:best |kind |kindest )?regards|br)(?!\w)|(?<=\s)/)[\s.,:/–-]*"
)
_PHONE = re.compile(
    r"(?:\b(?:tlf|tel|telefon|mobil|mob)\b[.:]*\s*(?:nr\.?)?\s*)?(?:\+45\s?)?\b(?:[0-9]{2} ?){4}\b"
)
_GREETING = re.compile(
    r"\W*(?:kaere|hej|hi|hello|dear|goddag|god ?morgen|god ?aften)\b(?P<whom>(?: +\w[\w.-]*){0,3})"
    r"(?: *[,.!]? *\n\s*|, +)"
)
_WORD = re.compile(r"\w+")
_OFFER = re.compile(  # below a signature; `ring 112` is none
    r"(?<=\n)[^\n?]{0,60}\b(?:hjaelp|help|assistance)\b[^\n?]{0,20}\?\s*(?:saa )?(?:ring|kontakt|skriv|mail|besoeg|se"
    r"|laes|find|klik|gaa|call|contact|visit|see|write)\b(?! (?:til )?112)[^\n]*"
)
_LONGEST_SIGNER = 100
_MOST_SIGNER_WORDS = 6
_TELLS = (
    frozenset(word for word in TELLING if len(word) > 1)  # `mvh K` is an initial
    | NEGATIONS
    | DOUBTS
    | {
        "jeg",
        "vi",
        "du",
        "det",
        "hvis",
        "men",
        "naar",
        "har",
        "skal",
        "vil",
        "maa",
        "mangler",
        "foerst",
        "senere",
    }
    | {"if", "but", "when", "later", "have", "need"}
)


def without_marks(said: str) -> str:
    """`oevelse 1 oevelse` is `1`; so for each line."""
    return _MARKS_AFTER.sub("", _MARKS_BEFORE.sub("", said))


def respelt(said: str) -> str:
    """With the words as the tables have them: `kommer ik` is `kommer ikke`, `jaaa` is `ja`."""
    for spelling, word in _SPELT:
        said = spelling.sub(word, said)
    return said


def without_greeting(said: str) -> str:
    """Without what greets somebody, on a line of its own or before a comma: `Hej Krisestab`, `kære alle,`."""
    found = _GREETING.match(said)
    if found is None or any(word in _TELLS or word.isdigit() for word in _WORD.findall(found["whom"])):
        return said
    return said[found.end() :]


def without_offer(said: str) -> str:
    """Without a line below a name that offers help: `Brug for hjælp? Ring 99 00 00 00`. As the first it is a cry."""
    return _OFFER.sub("", said).rstrip()


def before_farewell(said: str) -> str:
    """What stands before a line that begins as a farewell: below it are titles, opening hours and disclaimers."""
    ends = (
        found.start()
        for found in _SIGN_OFF.finditer(said)
        if said[: found.start()].rstrip(" ").endswith("\n")
    )
    return said[: next(ends, len(said))]


def without_signer(said: str) -> str:
    """`kommer mvh bo` is `kommer`. What could say something is none: `hilsen fra os, kommer ikke`."""
    for found in _SIGN_OFF.finditer(said):
        if _WORD.search(said, 0, found.start()) and _signs(said[found.end() :]):
            return said[: found.start()].rstrip(" ,\n")
    return said


def _signs(rest: str) -> bool:
    if len(rest) > _LONGEST_SIGNER or "?" in rest:
        return False
    words = _WORD.findall(_PHONE.sub(" ", rest))
    return len(words) <= _MOST_SIGNER_WORDS and not any(word in _TELLS or word.isdigit() for word in words)
