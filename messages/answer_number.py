"""A number that was asked for: how many, how full, how much is left. One number, or a person reads it.

A bound, a change, a part of something, or a doubt is no number: `op til 40`, `5 færre`, `alle undtagen 5`, `måske 40`.
Below zero it is one only where that can be: in degrees, or of a level.
"""

import re

NUMBER_KEY = "tal"  # stands where an option's key stands: `Svar tal=antal isolerede`

_NUMBER = re.compile(r"(?<![\w.,/:⁄-])-?[0-9][0-9.,]*(?![\w/:⁄-])")
_SPACED = re.compile(r"(?<![\w.,/:-])([1-9][0-9]{0,2})((?: [0-9]{3})+)(?![\w.,/:-]*[0-9])")  # 12 000
_THOUSANDS = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?")
_PLAIN = re.compile(r"[0-9]{1,12}([.,][0-9]{1,2})?")
_READ = re.compile(r"-?[0-9]+(\.[0-9]{1,2})?")
_NONE = frozenset({"ingen", "nul", "nul.", "none", "zero", "0"})
_IDLE = frozenset(
    {
        "vi",
        "jeg",
        "har",
        "der",
        "er",
        "her",
        "we",
        "have",
        "there",
        "are",
        "stadig",
        "fortsat",
        "pt",
        "p",
        "t",
    }
)
_FROM_ONE = (  # `fire` is what an Englishman shouts
    "en/et/one to/two tre/three - fem/five seks/six syv/seven otte/eight ni/nine ti/ten elleve/eleven tolv/twelve"
    " tretten fjorten femten seksten sytten atten nitten tyve/twenty"
)
_SPELT = {word: str(n) for n, words in enumerate(_FROM_ONE.split(), start=1) for word in words.split("/")}
_WORDS = re.compile(r"\w+")
_TIMES_TEN = (  # how many zeros a word behind the number adds
    (re.compile(r"(?:hundrede?|hundred)"), 2),
    (re.compile(r"(?:tusinde?|tus|thousand)"), 3),
    (re.compile(r"(?:mio|mill|million(?:er|s)?)"), 6),
    (re.compile(r"(?:mia|mrd|milliard(?:er)?|billions?)"), 9),
)
_BEHIND = re.compile(r"([a-z]+)\b\.?")
_BOUND = (
    r"over|under|mindste?|hoejst|hoejest|max|maks|maximum|maksimum|maksimalt|min\.?\s[0-9]+|minimum|minimalt"
    r"|op ?til|ned til|indtil|mellem|up ?to|between|at least|at most"
)
_CHANGE = (
    r"mere|flere|faerre|mindre|stoerre|more|fewer|less|yderligere|ekstra|extra|another|additional|nye|new|plus|steget"
    r"|faldet|op med|ned med|tidligere|sidst|foer|i ?gaar|yesterday|earlier|before"
)
_PART = (
    r"undtagen|bortset|foruden|ud ?over|resten|except|without|apart from|halv\w*|half|kvart|quarter|dobbelt|double"
    r"|gange|[0-9]+ ?x|dusin|dozen|snes|score|gross"
)
_DOUBT = (
    r"ikke|ej|not|maaske|muligvis|formentlig|formodentlig|vist nok|gaetter|skulle|burde"
    r"|maybe|perhaps|possibly|probably|should|guess"
)
_NO_NUMBER = re.compile(
    rf"\b(?:{_BOUND}|{_CHANGE}|{_PART}|{_DOUBT})\b|\b(?:paa ?vej|kommer|on my way|coming) [0-9]|[<>≤≥±½⁄]|[0-9] ?\+"
    r"|[0-9] til\b(?! \w)|\b(?:ingen|intet|none|nobody|no one|out|ud) (?:\w+ ){0,3}[0-9]"  # `ingen af de 40`
    r"|\b(?:nr|nummer|afd|afdeling|stue|hus|rum|bygning|vej|uge|kanal|room|floor|building|ward|channel)\.? [0-9]+\W*$"
    r"|[0-9]\.?\s?(?:sal|etage|jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)[a-z]*\b|[0-9] [0-9]+ ?/ ?[0-9]"
)
_TIME = re.compile(
    r"\b(kl\.?|klokken|at|om|in)\s*[0-9]{1,2}([.:][0-9]{2})?(\s*(t|timer?|min|minutter|minutes?|hours?))?\b"
    r"|\b[0-9]{1,2}:[0-9]{2}\b"
)
_DASHES = str.maketrans(dict.fromkeys("−–‐‑—", "-"))
_MINUS = re.compile(r"\bminus ?(?=[0-9])")
_LOOSE = re.compile(r"(?:^|[0-9] )\s*- +[0-9]|\bminus\b|\bfrost\b")
_SIGNED = re.compile(r"(?:^|\s)\+(?=[0-9])")
_BELOW_ZERO = re.compile(
    r"temperatur|grader|degrees|°|celsius|\bfrost|vandstand|vandspejl|niveau|\bkote\b|\blevel|saldo|balance"
)


def is_number(answer: str | None) -> bool:
    """Whether an answer that was kept is a number, as `read_number` writes it."""
    return answer is not None and _READ.fullmatch(answer) is not None


def read_number(said: str, *, asked: str = "") -> str:
    """The one number of a text (lower case, plain, without codes), with a point before decimals; '' if unclear.

    `12.500` and `12 500` are twelve thousand five hundred and `3,5` three and a half, as they are written in Danish.
    `asked` is what was asked for, plain: of degrees a number may be below zero.
    """
    if _is_none(said, asked):
        return "0"
    if len(left := _telling(said, asked)) == 1 and left[0] in _SPELT and "?" not in said:
        return _SPELT[left[0]]
    signed = _BELOW_ZERO.search(f"{asked} {said}") is not None
    text = _MINUS.sub("-", said.translate(_DASHES)) if signed else said.translate(_DASHES)
    text = _SIGNED.sub(" ", text) if signed else text
    if _LOOSE.search(text) or _SIGNED.search(text) or _NO_NUMBER.search(text):
        return ""
    joined = _SPACED.sub(lambda match: match[0].replace(" ", ""), _TIME.sub(" ", text))
    found = list(_NUMBER.finditer(joined))
    if len(found) != 1:
        return ""
    number = _written(found[0][0].rstrip(".,"), joined[found[0].end() :])
    return number if signed or not number.startswith("-") else ""


def _is_none(said: str, asked: str) -> bool:
    """`ingen`, `vi har ingen isolerede`: beside it only words of the question, and such as say nothing."""
    return said.strip(" .!") in _NONE or (
        _telling(said, asked) in (["ingen"], ["nul"], ["none"], ["ikke", "nogen"]) and "?" not in said
    )


def _telling(said: str, asked: str) -> list[str]:
    """Its words without those of the question, and such as say nothing."""
    return [word for word in _WORDS.findall(said) if word not in _IDLE and word not in _WORDS.findall(asked)]


def _written(digits: str, behind: str) -> str:
    """The digits as they are kept, with the word behind them: `12 tusind` is 12000; '' if unclear."""
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    if _THOUSANDS.fullmatch(digits):
        digits = digits.replace(".", "")
    elif _PLAIN.fullmatch(digits) is None:
        return ""
    whole, _, decimals = digits.replace(",", ".").partition(".")
    word = _BEHIND.match(behind.strip())
    zeros = next((n for shape, n in _TIMES_TEN if word and shape.fullmatch(word[1])), 0)
    if zeros:
        whole, decimals = whole + decimals[:zeros].ljust(zeros, "0"), decimals[zeros:]
    if len(whole) > 12:
        return ""
    return f"{sign}{whole.lstrip('0') or '0'}{'.' + decimals if decimals else ''}"
