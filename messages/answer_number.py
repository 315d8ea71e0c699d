"""A number that was asked for: how many, how full, how much is left. One number, or a person reads it."""

import re

NUMBER_KEY = "tal"  # stands where an option's key stands: `Svar tal=antal isolerede`

_NUMBER = re.compile(r"(?<![\w.,/:-])-?[0-9][0-9.,]*(?![\w/:-])")
_SPACED = re.compile(r"(?<![\w.,/:-])([1-9][0-9]{0,2})((?: [0-9]{3})+)(?![\w.,/:-]*[0-9])")  # 12 000
_THOUSANDS = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?")
_PLAIN = re.compile(r"[0-9]{1,12}([.,][0-9]{1,2})?")
_READ = re.compile(r"-?[0-9]+(\.[0-9]{1,2})?")
_NONE = frozenset({"ingen", "nul", "nul.", "none", "zero", "0"})
_NO_NUMBER = re.compile(  # a bound, a denial, or a time after which somebody comes
    r"\b(?:over|under|mindst|hoejst|max|maks|mere end|faerre end|mindre end|more than|less than|at least|at most"
    r"|ikke|not)\b|\b(?:paa ?vej|kommer|on my way|coming) [0-9]|[<>]"
)
_TIME = re.compile(
    r"\b(kl\.?|klokken|at|om|in)\s*[0-9]{1,2}([.:][0-9]{2})?(\s*(t|timer?|min|minutter|minutes?|hours?))?\b"
    r"|\b[0-9]{1,2}:[0-9]{2}\b"
)


def is_number(answer: str | None) -> bool:
    """Whether an answer that was kept is a number, as `read_number` writes it."""
    return answer is not None and _READ.fullmatch(answer) is not None


def read_number(said: str) -> str:
    """The one number of a text (lower case, plain, without codes), with a point before decimals; '' if unclear.

    `12.500` and `12 500` are twelve thousand five hundred and `3,5` three and a half, as they are written in Danish.
    """
    if said.strip(" .!") in _NONE:
        return "0"
    joined = _SPACED.sub(lambda match: match[0].replace(" ", ""), _TIME.sub(" ", said))
    found = [each.rstrip(".,") for each in _NUMBER.findall(joined)]
    if len(found) != 1 or _NO_NUMBER.search(said):
        return ""
    sign, digits = ("-", found[0][1:]) if found[0].startswith("-") else ("", found[0])
    if _THOUSANDS.fullmatch(digits):
        digits = digits.replace(".", "")
    elif _PLAIN.fullmatch(digits) is None:
        return ""
    whole, _, decimals = digits.replace(",", ".").partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}{'.' + decimals if decimals else ''}"
