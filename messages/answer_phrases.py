"""What people write instead of a digit, as tables: to teach Bavn a phrase, add a line.

A phrase is in lower case, without punctuation, and stands for the whole answer: words that are not in a
table make an answer that a person must read. That is meant: "kommer måske" must never count as "kommer".
Looked up are texts made `plain`: who has no å writes aa. Cries for help are in answer_help.py.
"""

import re
from enum import Enum

_PLAIN = str.maketrans({"æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "å": "aa"})


def plain(said: str) -> str:
    """Lower-case text as those write it who have no æ, ø and å."""
    return said.translate(_PLAIN)


class Sense(Enum):
    YES = "yes"
    NO = "no"
    OK = "ok"  # agrees, to whatever it was
    RECEIVED = "received"  # has seen it, promises nothing
    COMING = "coming"
    NOT_COMING = "not coming"

    @property
    def refuses(self) -> bool:
        return self in {Sense.NO, Sense.NOT_COMING}

    @property
    def seen(self) -> bool:
        """Enough where having seen it is all that is asked for."""
        return self in {Sense.OK, Sense.RECEIVED}


_BY_SENSE: dict[Sense, tuple[str, ...]] = {
    Sense.YES: (
        *("ja", "jo", "jep", "jeps", "jada", "ja da", "yes", "yep", "yeah", "y", "j"),
        *("selvfølgelig", "naturligvis", "absolut", "klart", "bestemt", "helt sikkert", "sagtens", "gerne"),
        *("kan", "kan godt", "gør", "vil gerne", "gør gerne", "yup", "yea"),
        *("tager den", "den tager", "tager dem", "dem tager", "har den", "den har"),  # an urgent message
        *("sure", "of course", "will do", "wilco", "affirmative", "affirm", "absolutely", "definitely"),
    ),
    Sense.NO: (
        *("nej", "næ", "ej", "niks", "kan ikke", "gør ikke", "negativ", "negativt"),
        *("no", "nope", "cannot", "can not", "cant", "can t", "n", "negative"),
    ),
    Sense.OK: (
        *("ok", "okay", "okey", "k", "javel", "fint", "super", "det er i orden", "i orden", "forstået"),
        *("bekræftet", "bekræfter", "bekræftes", "modtaget forstået", "set forstået", "læst forstået"),
        *("roger", "copy", "understood", "confirmed", "confirm", "copied"),
    ),
    Sense.RECEIVED: (
        *("modtaget", "er modtaget", "besked modtaget", "set", "læst", "har set", "har læst"),
        *("har læst mailen", "har set mailen", "modtaget noteret", "læst noteret"),
        *("kvitterer", "kvitteret", "noteret"),
        *("received", "got it", "seen", "read", "acknowledged", "noted"),
    ),
    Sense.COMING: (
        *(
            "kommer",
            "på vej",
            "påvej",
            "pv",
            "kører derud",
            "tager derud",
            "rykker ud",
            "kommer begge",
            "kommer begge to",
            "kommer alle",
            "kører",
            "kører hjemmefra",
            "deltager",
            "møder",
            "møder op",
            "kan komme",
            "kan godt komme",
            "der",
            "fremme",
            "fremmødt",
            "her allerede",
            "mødt",
            "ankommer",
            "ankommet",
            "møder ind",
            "tager afsted",
            "på plads",
        ),
        *(
            "coming",
            "on my way",
            "on the way",
            "omw",
            "on our way",
            "can come",
            "will come",
            "ll come",
            "there",
            "be there",
            "ll be there",
            "will be there",
            "en route",
            "enroute",
            "arrived",
            "attending",
            "will attend",
            "can attend",
            "can make it",
            "will make it",
        ),
    ),
    Sense.NOT_COMING: (
        *(
            "kommer ikke",
            "kan ikke komme",
            "kan ikke deltage",
            "deltager ikke",
            "møder ikke",
            "er forhindret",
        ),
        *(
            "forhindret",
            "ikke på vej",
            "kan desværre ikke",
            "kan ikke møde",
            "komme ikke",
            "kommer ikke alligevel",
        ),
        *(
            "afbud",
            "melder afbud",
            "må melde afbud",
            "melder fra",
            "må melde fra",
            "kan ikke nå det",
            "når det ikke",
        ),
        *("kan ikke nå", "når ikke", "won t be there", "not attending", "can t attend", "cannot attend"),
        *(
            "can t make it",
            "cant make it",
            "cannot make it",
            "can not make it",
            "won t make it",
            "unable to come",
        ),
        *("unable to attend", "not able to come", "not able to attend"),
        *("not coming", "cannot come", "can not come", "cant come", "can t come", "won t come", "wont come"),
    ),
}
PHRASES: dict[str, Sense] = {
    spelt: sense
    for sense, phrases in _BY_SENSE.items()
    for phrase in phrases
    for spelt in (phrase, plain(phrase))
}
_CRIES = (
    "hjælp",
    "brug for hjælp",
    "hjælp os",
    "hjælp mig",
    "nød",
    "i nød",
    "liv i fare",
    "livsfare",
    "sos",
    "mayday",
)
_CRIES_ENGLISH = ("help", "need help", "help us", "help me")
# Whole answers that are a cry for help; what else is one stands in answer_help.py.
HELP = frozenset((*_CRIES, *map(plain, _CRIES), *_CRIES_ENGLISH))

# Words that say nothing about the answer; they are left out before a phrase is looked up.
FILLERS = frozenset(
    plain(word)
    for word in (
        *(
            "jeg",
            "vi",
            "er",
            "og",
            "nu",
            "straks",
            "snart",
            "med",
            "det",
            "samme",
            "hurtigst",
            "muligt",
            "desværre",
        ),
        *("tak", "mange", "hej", "hilsen", "mvh", "beskeden", "besked", "svar"),
        *("i", "am", "m", "we", "are", "re", "and", "now", "soon", "asap", "so", "sorry"),
        *("thanks", "thank", "you", "hi", "please", "reply", "answer"),
    )
)
# Numbers beside these are times, not answers: "om 20", "kl 4", "20 min".
BEFORE_A_TIME = frozenset({"om", "ca", "cirka", "kl", "klokken", "in", "about", "at", "ved"})
BEFORE_A_TIME |= {"eta", "ank", "inden", "senest", "omkring", "around", "within", "approx"}
COUNTS = frozenset(
    {"en", "et", "halv", "to", "tre", "fem", "ti", "tyve", "a", "an", "half", "five", "ten", "twenty"}
)
AFTER_A_TIME = frozenset(
    {
        "min",
        "mins",
        "minut",
        "minutter",
        "minutes",
        "m",
        "t",
        "time",
        "timer",
        "hour",
        "hours",
        "h",
        "kvarter",
    }
)
# Fillers that tell of somebody: beside them a number counts people (`vi er 2`), and chooses nothing.
PERSONS = frozenset({"jeg", "vi", "er", "og", "i", "am", "m", "we", "are", "re", "and"})
_SPELT = "en:1 et:1 én:1 ét:1 one:1 to:2 two:2 tre:3 three:3 four:4 fem:5 five:5"  # `fire` is what an Englishman shouts
SPELT_KEYS = {word: key for word, _, key in (pair.partition(":") for pair in _SPELT.split())}
# May stand before the real answer: "ok kommer", "nej kommer ikke". True: only a refusal may follow.
OPENERS = {
    "ok": False,
    "okay": False,
    "ja": False,
    "jo": False,
    "jep": False,
    "yes": False,
    "jada": False,
    "jeps": False,
    "selvfoelgelig": False,
    "naturligvis": False,
    "absolut": False,
    "klart": False,
    "nej": True,
    "no": True,
}

# A negation, and what begins a question that doubts what stands before it: "kommer, eller hvad?"
NEGATIONS = frozenset({"ikke", "ingen", "ej", "nej", "aldrig", "not", "no", "never"})
# Words that may be an answer, wherever they stand: no name, title or place has them.
TELLING = frozenset(word for phrase in (*PHRASES, *OPENERS) for word in phrase.split()) - frozenset(
    {"det", "i", "m", "fra", "in", "of", "en", "plads", "den", "dem", "to", "begge", "alle", "ud"}
)
# Words that may take a refusal back: `nej, kommer senere`.
ACCEPTING = frozenset(phrase for phrase, sense in PHRASES.items() if not sense.refuses and " " not in phrase)
ACCEPTING |= {"vej", "vil", "tager", "senere"}
AGREEING = frozenset(OPENERS) - {"ok", "okay", "nej", "no"}
DOUBTS = frozenset({"eller", "ikke", "ik", "ikk", "vel", "maaske", "or", "right", "maybe"})

# A thumb in letters, or on something that has no words.
THUMB = re.compile(
    r"\(y\)|tommel(?:finger)? op|thumbs up"
    r"|(?:dis)?liked? an? \w+|(?:loved|laughed at|emphasi[sz]ed|questioned) an? \w+"
    r"|(?:synes godt om|syntes godt om|elskede|elsker|grinede ad|lo ad|griner ad) et? \w+",
    re.IGNORECASE,
)
# What a phone sends as a text when its owner reacts to a message instead of answering: it quotes the
# question. iOS and Google Messages, English and Danish.
REACTION = re.compile(
    r"""(?:removed\ an?\ \w+\ from | (?:liked|loved|disliked|laughed\ at|emphasi[sz]ed|questioned)
        | reacted\ .{1,20}\ to | reagerede\ (?:med\ )?.{1,20}\ (?:på|til)
        | synes\ (?:ikke\ )?(?:godt\ )?om | syntes\ (?:ikke\ )?(?:godt\ )?om | kan\ lide | kunne\ lide
        | kan\ ikke\ lide | kunne\ ikke\ lide | elsker | elskede | ler\ ad | (?:grinede|grinte|lo)\ (?:ad|af)
        | fremhævede | fremhæver | understregede | stillede\ spørgsmål(?:stegn)?\ (?:ved|til) | spurgte\ (?:om|til)
        | fjernede\ .{1,40}\ (?:fra|på) | [^\w"]{1,20}\ ?(?:til|to|på|for) )\s*"
    """,
    re.VERBOSE | re.IGNORECASE,
)
