"""The reasons that channels and the store write in English, in the language of who reads them. Pure.

Each is stored as it was written, and known here again by its words. One that is not known is shown as it stands: what a
far end answered, and what is newer than this table.
"""

import re

from gateway.catalogue import Catalogue

_KNOWN = tuple(
    (re.compile(pattern, re.DOTALL), f"reason.{key}")
    for key, pattern in {
        "unreported": r"accepts, but (?P<n>\d+) in a row were not reported delivered",
        "unheard": r"mail leaves, answers and reports are not read: (?P<why>.+)",
        "no_text": r"it has no text",
        "only_a_file": r"it has no text, only a file, (?P<what>.+)",
        "only_other": r"it has no text, only (?P<what>.+)",
        "nothing_written": r"nothing is written in it",
        "cut": r"no text in what was read of a very large mail",
        "smime": r"it is signed or encrypted \(S/MIME\)",
        "pgp": r"it is encrypted \(PGP\)",
        "encrypted": r"it is encrypted",
        "outlook": r"it is in a form that only Outlook reads \(winmail\.dat\)",
        "parts": r"its parts cannot be told apart",
        "forms": r"its two forms say different things",
        "passed_on": r"it passes on what somebody else wrote",
        "charset": r"its charset is unknown \((?P<what>.+)\)",
        "broken": r"its text is broken",
        "own_fault": r"our own code failed on it: the log says where",
        "no_answer": r"it has neither answer nor text",
        "topic": r"(?P<why>.+) \(it came on (?P<what>.+)\)",
        "webhook": r"of a webhook: (?P<why>.+)",
        "waiting": r"set up, and the answer to a message may still come: (?P<why>.+)",
        "owed": r"nothing is sent until (?P<at>\S+ \S+), or until the last message is answered: "
        r"a late answer does not say whose it is",
    }.items()
)


def in_language(reason: str, words: Catalogue) -> str:
    """The reason in the language of `words`, or as it stands."""
    for pattern, key in _KNOWN:
        if found := pattern.fullmatch(reason):
            fields = found.groupdict()
            if "why" in fields:
                fields["why"] = in_language(fields["why"], words)
            return words(key, **fields)
    return reason
