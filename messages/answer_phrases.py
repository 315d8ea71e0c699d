"""What people write instead of a digit, as tables: to teach Bavn a phrase, add a line.

A phrase is in lower case, without punctuation, and stands for the whole answer: words that are not in a
table make an answer that a person must read. That is meant: "kommer måske" must never count as "kommer".
"""

import re
from enum import Enum


class Sense(Enum):
    YES = "yes"
    NO = "no"
    RECEIVED = "received"  # has seen it, promises nothing
    COMING = "coming"
    NOT_COMING = "not coming"

    @property
    def refuses(self) -> bool:
        return self in {Sense.NO, Sense.NOT_COMING}


_BY_SENSE: dict[Sense, tuple[str, ...]] = {
    Sense.YES: ("ja", "jo", "jep", "jeps", "jada", "yes", "yep", "yeah", "y", "j"),
    Sense.NO: ("nej", "næ", "niks", "kan ikke", "no", "nope", "cannot", "can not", "cant", "can t", "n"),
    Sense.RECEIVED: (
        *("ok", "okay", "okey", "k", "modtaget", "er modtaget", "besked modtaget", "set", "læst", "har set"),
        *(
            "har læst",
            "forstået",
            "javel",
            "kvitterer",
            "kvitteret",
            "noteret",
            "fint",
            "super",
            "det er i orden",
            "i orden",
        ),
        *("received", "got it", "seen", "read", "understood", "roger", "copy", "acknowledged", "noted"),
    ),
    Sense.COMING: (
        *(
            "kommer",
            "på vej",
            "kører",
            "kører hjemmefra",
            "deltager",
            "møder",
            "møder op",
            "kan komme",
            "der",
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
        *("forhindret", "ikke på vej", "kan desværre ikke", "kan ikke møde"),
        *("not coming", "cannot come", "can not come", "cant come", "can t come", "won t come", "wont come"),
    ),
}
PHRASES: dict[str, Sense] = {phrase: sense for sense, phrases in _BY_SENSE.items() for phrase in phrases}

# Words that say nothing about the answer; they are left out before a phrase is looked up.
FILLERS = frozenset(
    (
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
# May stand before the real answer: "ok kommer", "nej kommer ikke". True: only a refusal may follow.
OPENERS = {
    "ok": False,
    "okay": False,
    "ja": False,
    "jo": False,
    "jep": False,
    "yes": False,
    "nej": True,
    "no": True,
}

HELP = frozenset(
    {
        "hjælp",
        "hjælp os",
        "hjælp mig",
        "nød",
        "i nød",
        "liv i fare",
        "sos",
        "mayday",
        "help",
        "help us",
        "help me",
    }
)
HELP_WITHIN = re.compile(
    r"\b(?:brug for|behov for|mangler|sender?) (?:\w+ )?hjælp\b|\b(?:need|send) (?:\w+ )?help\b"
)
NO_HELP = re.compile(r"\b(?:ikke|ingen|uden|no|not|don t|dont)\b")

# What a phone sends as a text when its owner reacts to a message instead of answering: it quotes the
# question. iOS and Google Messages, English and Danish.
REACTION = re.compile(
    r"""(?:removed\ an?\ \w+\ from | (?:liked|loved|disliked|laughed\ at|emphasi[sz]ed|questioned)
        | reacted\ .{1,20}\ to | reagerede\ (?:med\ )?.{1,20}\ (?:på|til)
        | synes\ (?:godt\ )?om | syntes\ (?:godt\ )?om | kan\ lide | kunne\ lide | kan\ ikke\ lide | kunne\
        ikke\ lide | elsker | elskede | ler\ ad | (?:grinede|grinte|lo)\ (?:ad|af) | fremhævede | fremhæver
        | understregede | stillede\ spørgsmål(?:stegn)?\ (?:ved|til) | spurgte\ (?:om|til) | fjernede\
        .{1,40}\ (?:fra|på) | [^\w"]{1,20}\ ?(?:til|to|på|for) )\s*"
    """,
    re.VERBOSE | re.IGNORECASE,
)
