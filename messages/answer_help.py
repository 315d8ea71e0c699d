"""A cry for help in what somebody wrote. In doubt it is one: a false alarm wakes somebody, a missed one costs more.

What takes it back does so only directly before it, in the same clause: "ikke brug for hjælp" is none, "kan ikke komme,
har brug for hjælp" is one. Text is in lower case and plain (`answer_phrases.plain`): ae, oe, aa.
"""

import re

from messages.answer_phrases import FILLERS, OPENERS

_HELP = r"hj[ae]*l+p+|help+"  # also hjæælp and hjlp
_HELP_OF = rf"\w*(?:{_HELP})"  # lægehjælp, nødhjælp
_RESCUE = (
    rf"(?:{_HELP_OF}|laegen?|laegevagten|ambulancen?|ambulancer|redning|redningsfolk|redningsmandskab|redningshelikopter"
    r"|brandvaesenet?|undsaetning|assistance|evakuering|doctor|paramedics?|rescue)"
)
_CALL = (
    r"(?:(?:brug|behov) (?:for|f|4)|anmoder om|beder om|tilkald|send|kald(?: paa)?|ring (?:efter|til)"
    r"|needs?|requir(?:e|es|ing)|request(?:s|ing)?|call(?: for)?|(?:i|maa) sende)"
)
_LACK = (
    r"(?:bruge|mangler|kraever|oensker|want|venter paa|afventer|(?:waiting|wait) for"
    r"|(?:kan|maa|skal) (?:vi|jeg) (?:faa|have)|(?:vi|jeg) (?:skal|maa) (?:faa|have))"
)
_GAP = r"(?: (?!ikke\b|ingen\b|intet\b|no\b|not\b)\w+){0,2}"
# Anywhere in a clause, unless it is taken back directly before.
_WITHIN = re.compile(
    rf"\b{_CALL}{_GAP} {_RESCUE}\b|\b{_LACK}{_GAP} {_HELP_OF}\b|\b(?:{_HELP})e? (?:os|mig|us|me)\b"
    r"|\b(?:sos|mayday|livsfare|livsfarligt?|livstruende|liv(?:et)? i fare|i (?:stor )?noed|(?:ring|call) 112"
    r"|lives? (?:is |are )?(?:in danger|at risk)|in distress|er fanget|(?:are|is|am|m|re) trapped)\b"
)
# As the first word of a clause.
_FIRST = re.compile(rf"(?:{_HELP}|noed|noedsituation|noedstilfaelde|emergency|pan pan)\b")
# As the last word of a clause, unless the one before says that it is had or given, or has been judged above.
_LAST = re.compile(rf"(?:{_HELP})")
_NOT_A_CRY = re.compile(
    r"tak|thanks|for|med|af|til|fra|uden|with|without|of|from|to|the|der|(?:d|s|m)in|jeres|vores|hans|your|our"
    r"|faar?|faaet|fik|hente[rt]|yder|giver?|send(?:er|t)|g[eo]t|gave|kan|vil|skal|can|will|any|some|nogen"
    r"|ikke|ingen|intet|ej|no|not|needs?|wants?|bruge|mangler|kraever|oensker"
)
# After the first word: help that is there or on its way, or that nobody needs.
_GIVEN = re.compile(
    rf"(?:{_HELP})(?: (?:er|is))?(?: (?:nu|now|ikke|not|laengere))? (?:paa vej|fremme|kommet|ankommet|modtaget|coming"
    r"|on (?:the|its) way|here|arrived|received|noedvendigt?|paakraevet|needed|required|necessary)\b"
)
_ADVERB = (
    r"(?:(?:laengere|mere|akut|umiddelbart|umiddelbar|pt|i oejeblikket|lige nu|endnu|direkte|nogen|er|for|i"
    r"|paa nuvaerende tidspunkt|any|any longer|longer|more|currently|really|in|a|an|have|immediate) )"
)
_NEGATION = (
    r"(?:ikke|ingen(?: (?:her |af os )?har)?|intet|hverken|uden|udenfor|aldrig"
    r"|no|no one|nobody|not|never|without|(?:do|does|did|won)n ?t)"
)
_WE = r"(?:i|du|vi|jeg|der|nogen|you|we|they|anyone|anybody)"
_TAKEN_BACK = re.compile(
    rf"\b(?:{_NEGATION} {_ADVERB}{{0,3}}"
    rf"|(?:hvis|saafremt|if) {_WE} (?:\w+ )?"  # "sig til, hvis I får brug for hjælp"
    r"|(?:har|faar) (?:i|du) |do (?:you|they) )$"  # "har I brug for hjælp?"
)
_SPOKEN_DOTS = re.compile(r"\b(?:s\.o\.s|p\.t)\b\.?")
_CLAUSE = re.compile(r"[,.;:!?()\n]| - |\b(?:men|but|og|and|fordi|because)\b")
_WORD = re.compile(r"\w+")


def asks_for_help(said: str) -> bool:
    """`said` in lower case and plain, with its line ends."""
    joined = _SPOKEN_DOTS.sub(lambda match: match[0].replace(".", ""), said)
    return any(_cries(_WORD.findall(clause)) for clause in _CLAUSE.split(joined))


def _cries(words: list[str]) -> bool:
    clause = " ".join(words)
    if any(_TAKEN_BACK.search(clause[: found.start()]) is None for found in _WITHIN.finditer(clause)):
        return True
    if len(words) > 1 and _LAST.fullmatch(words[-1]) and not _NOT_A_CRY.fullmatch(words[-2]):
        return True
    first = " ".join(_after_fillers(words))
    return _FIRST.match(first) is not None and _GIVEN.match(first) is None


def _after_fillers(words: list[str]) -> list[str]:
    """`ok vi hjælp`, `1 hjælp`: from the first word that says something."""
    for place, word in enumerate(words):
        if word not in FILLERS and not word.isdigit() and (word not in OPENERS or word == "no"):
            return words[place:]
    return []
