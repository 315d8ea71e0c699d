"""A cry for help in what somebody wrote. In doubt it is one: a false alarm wakes somebody, a missed one costs more.

What takes it back does so only directly before it, in the same clause: "ikke brug for hjælp" is none, "kan ikke komme,
har brug for hjælp" is one. Of help that does not come the denial is the cry: "hjælpen er ikke kommet", "kan ikke
klare os uden hjælp". Text is in lower case and plain (`answer_phrases.plain`): ae, oe, aa.
"""

import re

from messages.answer_distress import is_all_distress, is_danger, is_plea
from messages.answer_over import NO_MATTER, is_document, without_instructions
from messages.answer_phrases import FILLERS, OPENERS
from messages.answer_typos import respelt_help

_HELP = r"(?!hjalp)hj?[ae]*l+p+"  # also help, hjæælp and hjlp; hjalp is the past of it
_HELP_OF = rf"\w*(?:{_HELP})"  # lægehjælp, nødhjælp
_RESCUE = (
    rf"(?:{_HELP_OF}|laegen?|laegevagten|ambulancen?|ambulancer|redning|redningsfolk|redningsmandskab|redningshelikopter"
    r"|brandvaesenet?|undsaetning|assistance|am?b?ulan[cs]en?|evakuering|politi(?:et)?|doctor|paramedics?|rescue|police)"
)
_CALL = (
    r"(?:(?:br?u?g?|b[ru]{2}|burg|behov) (?:for|f|4)|anmoder om|beder om|tilkald|send|kald(?: paa)?|ring (?:efter|til)"
    r"|needs?|requir(?:e|es|ing)|request(?:s|ing)?|call(?: for)?|(?:i|maa) sende|skal bruge)"
)
_LACK = (
    r"(?:bruge|mangler|kraever|oensker|want|venter paa|afventer|(?:waiting|wait) for"
    r"|(?:kan|maa|skal) (?:vi|jeg) (?:faa|have)|(?:vi|jeg) (?:skal|maa) (?:faa|have))"
)
# Help with the things of an office, or for another day, is none.
_OFFICE = (
    r"(?! (?:\w+ )?(?:til|med|fra|with|from|to)(?: \w+){0,3} (?:log ?in|excel|\w*mail\w*|print\w*|vagt(?:plan|skema)\w*"
    r"|it|regneark\w*|computer\w*|pc\w*|password|kodeord\w*|adgangskort\w*|teams|outlook|app\w*|kalender\w*|referat\w*"
    r"|hjemmeside\w*|indkaldelse\w*|skema\w*|spreadsheet)\b)"
)
_LATER = (
    r"(?! (?:\w+ ){0,3}(?:i morgen(?! er)|naeste uge|tomorrow"
    r"|(?:paa|til) (?:man|tirs|ons|tors|fre|loer|soen)dag)\b)"
)
_GAP = r"(?: (?!ikke\b|ingen\b|intet\b|no\b|not\b)\w+){0,2}"
_GREAT = r"(?:(?:stor|akut|alvorlig|overhaengende|umiddelbar|grave|great|immediate|serious|mortal) )?"
_DANGER = (
    rf"sos|mayday|livs ?fare|livsfarligt?(?! (?:glat|foere))|livstruende|i {_GREAT}noed"
    rf"|i {_GREAT}fare(?! for at (?:blive|komme)\b)|liv i farer|\w{{0,30}}liv ?ifare"
    rf"|fare for (?:\w+ )?\w{{0,30}}liv(?:et)?|in {_GREAT}danger|li(?:fe|ves?) (?:\w+ )?at risk|life ?threatening"
    r"|danger to life|in distress|(?:ring|call) 112|er fanget(?! i (?:\w+ )?(?:trafik\w*|koe\w*|moede\w*))"
    r"|(?:are|is|am|m|re) trapped|evakuer (?:os|mig)"
    r"|hjertestop|bevidstloese?|livloese?|drukner(?! i (?:arbejde|mails?|opgaver))"
    r"|(?:kan|traekker|faar)(?: \w+)? ikke (?:(?:traekke|faa) )?(?:vejret|luft)(?! til at)"
    r"|cardiac arrest|unconscious|not breathing|(?:can ?t|cannot|can not) breathe|drowning|h j (?:ae?|e) l p|h e l p"
)
# Anywhere in a clause, unless it is taken back directly before.
_WITHIN = re.compile(
    rf"\b(?:{_CALL}{_GAP} {_RESCUE}|{_LACK}{_GAP} {_HELP_OF}|(?:{_HELP})e? (?:os|mig|us|me))\b{_OFFICE}{_LATER}"
)
_TELLS = re.compile(rf"\b(?:{_DANGER})\b")
# Help that does not come, or is not enough: the denial is the cry.
_HELPER = rf"(?:{_HELP_OF}(?:en)?|(?:the )?(?:ambulancen?|laegen|redningen|assistancen?|rescue))"
_NT = r"(?:do|does|did|wo|is|are|was|has|have|had|ca|could|would)n ?t"
_NOT = rf"(?:ikke|aldrig|not|never|{_NT})"
_NONE = rf"(?:ikke|ingen|intet|aldrig|no|not|never|nobody|{_NT})"
_LIGHT = (
    r"(?:(?:er|har|is|has|have|was|been|blevet|kom|faar|vi|jeg|we|stadig|endnu|still|yet|any|nogen|noget|den|mere|nok"
    r"|enough|snart) )"
)
_GOT = (
    r"(?:kommet|fremme|ankommet|modtaget|faaet|naaet|set|her|paa vej|nok|endnu|come|coming|arrived|received|here|yet"
    r"|enough|so far|on (?:the|its) way)"
)
_UNHELPED = re.compile(
    rf"\b(?:{_HELPER} {_LIGHT}{{0,3}}{_NONE} {_LIGHT}{{0,3}}{_GOT}"  # hjælpen er endnu ikke kommet
    rf"|{_NONE} {_LIGHT}{{0,2}}{_HELPER} {_LIGHT}{{0,3}}{_GOT}"  # ingen hjælp er kommet, ikke hjælp nok
    rf"|{_NONE} (?:nok|enough) {_HELPER}"
    r"|(?:er|faar?|faaet|fik|kommer|kom|har|is|s|got|get|getting|have|had) (?:der |vi |jeg |os |there )?"
    rf"(?:ingen|ikke|no|not any) (?:nogen )?{_HELPER}(?! (?:noedvendig|paakraevet|behov|brug|need|required|necessary))"
    rf"|{_NONE} {_LIGHT}{{0,2}}(?:faaet|modtaget|received|had|gotten|got) {_LIGHT}{{0,2}}{_HELPER}"
    rf"|(?:ingen|nobody|no one) (?:\w+ )?(?:kommer|kom|came|comes|coming)(?: \w+){{0,2}} {_HELP_OF}"
    r"|(?:ingen|nobody|no one) (?:\w+ )?(?:hjaelper|hjalp|hjulpet|helps|helped|helping) (?:os|mig|us|me)"
    rf"|(?:{_NOT}|cannot|doer|dies?|dying)(?: \w+){{0,5}} (?:uden|without)(?: \w+){{0,2}} {_HELPER}"
    rf"|(?:uden|without) (?:\w+ )?{_HELPER}(?: \w+){{0,2}} (?:doer|drukner|dies?)"
    rf"|(?:hvor|hvornaar|where|when) (?:bliver|er|kommer|is|s|does|will) {_HELPER})\b"
)
# As the first word of a clause.
_FIRST = re.compile(rf"(?:{_HELP}(?! ?desk){_OFFICE}|noed|noedsituation|noedstilfaelde|emergency|pan pan)\b")
# As the last word of a clause, unless the one before says that it is had or given, or has been judged above.
_LAST = re.compile(rf"(?:{_HELP})")
_NOT_A_CRY = re.compile(
    r"tak|thanks|for|med|af|til|fra|uden|with|without|of|from|to|the|der|(?:d|s|m)in|jeres|vores|hans|your|our"
    r"|it|faar?|faaet|fik|fundet|god|fin|bedre|tilbyder|tilbud|hente[rt]|yder|giver?|send(?:er|t)|g[eo]t|gave|kan|vil|skal|can|will|any|some|nogen"
    r"|ikke|ingen|intet|ej|no|not|t|cannot|cant|needs?|wants?|bruge|mangler|kraever|oensker"
)
# After the first word: help that is there or on its way, or that nobody needs. `hjælp på vej?` is a cry.
_GIVEN = re.compile(
    rf"(?:{_HELP})(?: (?:er|har|is|has))?(?: (?:nu|now|allerede|already))? (?:paa vej|(?<=er )her"
    r"|fremme|kommet|ankommet|modtaget|coming|on (?:the|its) way|here|arrived|received)\b(?! (?:for sent|too late))"
    rf"|(?:{_HELP})(?: (?:er|is))? (?:ikke|not|no)(?: (?:laengere|mere|longer))?"
    r" (?:noedvendigt?|paakraevet|needed|required|necessary)\b"
)
_ADVERB = (
    r"(?:(?:laengere|mere|akut|umiddelbart|umiddelbar|pt|i oejeblikket|lige nu|endnu|direkte|nogen|er|for|i"
    r"|paa nuvaerende tidspunkt|any|any longer|longer|more|currently|really|in|a|an|have|immediate"
    r"|is|are|liv|lives|faaet) )"
)
_SOMEBODY = (
    r"(?:her|af (?:os|dem)|mennesker|menneskeliv|personer|borgere|beboere|boern|patienter|ansatte|medarbejdere"
    r"|people|persons|residents|patients|staff|children|other)"
)
_NEGATION = (
    rf"(?:(?:ikke|ingen|no|none|nobody)(?: {_SOMEBODY})?(?: har)?|intet|hverken|uden|udenfor|aldrig"
    rf"|no one|not|never|without|{_NT})"
)
_WE = r"(?:i|du|vi|jeg|der|nogen|you|we|they|anyone|anybody)"
_TAKEN_BACK = re.compile(
    rf"\b(?:{_NEGATION} {_ADVERB}{{0,3}}"
    rf"|(?:hvis|saafremt|if) {_WE} (?:\w+ )?"  # "sig til, hvis I får brug for hjælp"
    r"|(?:har|faar) (?:i|du) |do (?:you|they) |(?:hvem|who) (?:har )?|(?:^|hvor )er (?:der |nogen ){1,2})$"
)
_SPOKEN_DOTS = re.compile(r"\b(?:s\.o\.s|p\.t)\b\.?")
_CLAUSE = re.compile(r"([,.;:!?()\n]| - |\b(?:men|but|og|and|fordi|because)\b)")
_WORD = re.compile(r"\w+")
# A text of a few words with a bare word for help in it, however the others are spelt: `å hjælp mæ`, `bruk for hjælp`.
_FEW = 4
_BARE = re.compile(rf"(?:noed|for|laege|akut|og)?(?:{_HELP})")
_NO_BARE = re.compile(
    r"tak|thanks|thank|af|til|fra|med|uden|with|without|of|from|to|desk|it|der|har|er|is|faar?|faaet|fik|fundet|hente[rt]"
    r"|nobody|none|have|had|arrived"
    r"|tilbyder|tilbud|god|fin|ny|husk|min|din|jeres|vores|yder|giver?|sende[rt]|kommer|coming|g[eo]t|gave|vil|will|can|kan|hvis|hvem|if|who"
    rf"|modtaget|received|kursus|any|some|nogen|ikke|ingen|intet|ej|no|not|t|cannot|{_NT}"
)
_TOLD_WITHIN = 400  # characters: distress stands first; further down it is what a newsletter reports


def asks_for_help(said: str, *, counted: frozenset[str] | None = None) -> bool:
    """`said` in lower case and plain, with its line ends; `counted`: the words of a question that asks for a number."""
    if is_all_distress(said, counted=counted is not None):
        return True
    spelt = respelt_help(_SPOKEN_DOTS.sub(lambda match: match[0].replace(".", ""), said))
    dangers = not is_document(spelt)
    joined = without_instructions(spelt)
    if _is_bare(_WORD.findall(joined)):
        return True
    if any(_cries(words, asked=asked, dangers=dangers) for words, asked in _clauses(joined)):
        return True
    told = _clauses(joined[:_TOLD_WITHIN])
    return any(is_plea(words) for words, _ in told) or (dangers and _tells(told, counted or frozenset()))


def _tells(told: list[tuple[list[str], bool]], known: frozenset[str]) -> bool:
    after = [" ".join(words) for words, _ in [*told[1:], ([], False)]]
    return any(
        is_danger(words, asked=asked, then=then, known=known)
        for (words, asked), then in zip(told, after, strict=False)
    )


def _is_bare(words: list[str]) -> bool:
    if len(words) > _FEW or any(map(_NO_BARE.fullmatch, words)):
        return False
    return any(map(_BARE.fullmatch, words))


def _clauses(said: str) -> list[tuple[list[str], bool]]:
    """The words of each clause, and whether a question mark ends it."""
    parts = [*_CLAUSE.split(said), ""]
    ends = zip(parts[::2], parts[1::2], strict=True)
    return [(words, end == "?") for clause, end in ends if (words := _WORD.findall(clause))]


def _cries(words: list[str], *, asked: bool, dangers: bool) -> bool:
    clause = " ".join(words)
    within = list(_WITHIN.finditer(clause))
    told = list(_TELLS.finditer(clause)) if dangers and NO_MATTER.search(clause) is None else []
    if any(_TAKEN_BACK.search(clause[: found.start()]) is None for found in within + told):
        return True
    if _UNHELPED.search(clause) is not None:
        return True
    judged = any(found.end() == len(clause) for found in within + told)
    if len(words) > 1 and not judged and _LAST.fullmatch(words[-1]) and not _NOT_A_CRY.fullmatch(words[-2]):
        return True
    first = " ".join(_after_fillers(words))
    return _FIRST.match(first) is not None and (asked or _GIVEN.match(first) is None)


def _after_fillers(words: list[str]) -> list[str]:
    """`ok vi hjælp`, `1 hjælp`: from the first word that says something."""
    for place, word in enumerate(words):
        if word not in FILLERS and not word.isdigit() and (word not in OPENERS or word == "no"):
            return words[place:]
    return []
