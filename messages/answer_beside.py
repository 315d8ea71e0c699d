"""What is said beside an answer: words that no table knows, which somebody should see. Pure.

`1, der er om 20` says nothing more; `1, broen er styrtet sammen` does. Times, greetings, names, the reasons that many
give (`er på ferie`) and the small words of any sentence say nothing. Text is in lower case and plain.
"""

from messages.answer_phrases import (
    AFTER_A_TIME,
    BEFORE_A_TIME,
    COUNTS,
    FILLERS,
    NEGATIONS,
    OPENERS,
    SPELT_KEYS,
    TELLING,
    plain,
)
from messages.answer_sense import WORD, words_of
from messages.answer_times import without_clock

_SMALL = (
    "jeg du han hun vi i de mig dig ham hende os jer dem den det der her en et min mit mine din dit sin sit vores jeres"
    " alle begge selv er var har havde bliver vil skal kan maa kunne skulle lige ogsaa saa da naar nok godt helt lidt"
    " mere meget bare kun stadig endnu allerede paa til fra ved af for over under hos om mod med uden efter foer op ned"
    " ud ind frem hen derud derhen afsted og eller men at som dag idag aften morgen nat middag weekend uge ugen time"
    " mandag tirsdag onsdag torsdag fredag loerdag soendag hele noget nogen gang faa faar lige saadan cirka ca nu"
    " straks the a an to on at my in of for with from it is was will be by just but this that today"
    " tonight tomorrow morning"
)
_REASONS = (
    "syg syge sygdom feber influenza ferie ferien udlandet bortrejst rejse rejser arbejde arbejder job jobbet vagt"
    " kursus moede moeder barn boern boernene barnet barnepige familie familien familiefest fest sommerhus sommerhuset"
    " laege tandlaege tandlaegen loen barsel orlov fri pension optaget forsinket bil bilen tog toget bus bussen"
    " cykel cyklen cykler koe trafik trafikken hjemme hjem hjemmefra hente henter passe passer passet spist"
    " sick ill holiday vacation abroad work working away car train bus bike traffic home late delayed"
)
_PEOPLE_AND_THINGS = (
    "borger borgere beboer beboere person personer personale mand mennesker medarbejder medarbejdere ansat ansatte"
    " kollega kolleger kollegaer vagter patient patienter gaester elever boern voksne familier hold biler busser"
    " senge stuer stk styk people persons staff residents patients children cars beds"
)
_COUNTED = frozenset(_PEOPLE_AND_THINGS.split())
_KNOWN = frozenset(
    (*_SMALL.split(), *_REASONS.split(), *FILLERS, *TELLING, *OPENERS, *NEGATIONS, *SPELT_KEYS)
) | frozenset((*AFTER_A_TIME, *BEFORE_A_TIME, *COUNTS))


def unknown_words(said: str, *, meaning: str = "", names: frozenset[str] = frozenset()) -> list[str]:
    """The words of the text that no table knows, and that are neither of the option's meaning nor names."""
    known = _KNOWN | names | set(words_of(meaning))
    return [word for word in WORD.findall(without_clock(said)) if word not in known and not _counts(word)]


def only_counts(words: list[str]) -> bool:
    """Whether the first of them counts people, things or time, and the rest says nothing: `4 personale på arbejde`."""
    counts = words[1:2] and (words[1] in _COUNTED or words[1] in AFTER_A_TIME)
    return bool(counts) and all(word in _KNOWN or _counts(word) for word in words[2:])


def is_known(word: str) -> bool:
    return word in _KNOWN


def names_in(text: str) -> frozenset[str]:
    """The words that are written as names are, plain: `1, Plejehjem Nat`. None where all is in capitals."""
    if text.upper() == text:
        return frozenset()
    words = list(WORD.finditer(text))
    capital = [word[0][0].isupper() for word in words]
    inside = [has and not _begins(text, word.start()) for has, word in zip(capital, words, strict=True)]
    of_name = [
        has and (within or after)
        for has, within, after in zip(capital, inside, [*inside[1:], False], strict=False)
    ]
    return frozenset(plain(word[0].lower()) for word, named in zip(words, of_name, strict=True) if named)


def _begins(text: str, place: int) -> bool:
    """Whether a sentence begins there, where any word has a capital."""
    before = text[:place].rstrip(" ")
    return not before or before[-1] in ".!?:\n"


def _counts(word: str) -> bool:
    return any(map(str.isdigit, word)) or len(word) == 1
