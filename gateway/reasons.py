"""The reasons that channels and the store write in English, in the language of who reads them.

What a channel proved of itself is put into words in the same way. Each is stored as it was written, and known here
again by its words. One that is not known is shown as it stands: what a far end answered, and what is newer than this
table.
"""

import re
from datetime import UTC, datetime, time, timedelta

from gateway.catalogue import Catalogue
from messages.danish_time import danish_time

_CONNECT = r"(?:Multiple exceptions: )?\[Errno {}\] Connect call failed \('(?P<what>[^']+)', (?P<n>\d+).*"
_ZONES = {"UTC": 0, "CET": 1, "CEST": 2}  # hours that the clock of a hub may be ahead of UTC
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
        # Of a port, and of the state of what is behind it.
        "no_port": r"no port: (?P<why>.+)",
        "no_device": r"(?P<what>.+) cannot be opened: there is no such device",
        "may_not": r"(?P<what>.+) cannot be opened: this user may not: it has to be in the group dialout",
        "in_use": r"(?P<what>.+) cannot be opened: another program has it \(.+\): stop that one",
        "unreached": r"(?P<what>.+) cannot be reached: (?P<why>.+)",
        "port_open": r"the port is open",
        "port_gone": r"the port is gone \(closed\)",
        "starting": r"the (?:modem|radio|session) is being opened",
        "setting_up": r"the (?:modem|radio) is being set up: (?P<why>.+)",
        "unopened": r"not opened yet",
        "mute": r"the (?:modem|radio) does not answer",
        "sim": r"the SIM wants a person: absent, PIN or PUK: (?P<why>.+)",
        "searching": r"set up, not registered in a network: (?P<why>.+)",
        "no_satellite": r"set up, hears no satellite: (?P<why>.+)",
        "direct": r"in direct mode, without the network: (?P<why>.+)",
        "alarmed": r"the modem cannot, and a person has to see to it: (?P<why>.+)",
        "recovering": r"silent(?:, restarted)? or (?:restarted|deaf|confused): being brought back: (?P<why>.+)",
        # Of a network, in the words of the operating system.
        "nobody_listens": _CONNECT.format("111"),
        "no_way_in": r"Connect call failed \('(?P<what>[^']+)', (?P<n>\d+).*",
        "no_session": r"no session with (?P<what>\S+): (?P<why>.+)",
        "no_connection": r"no connection: (?P<why>.+)",
        "connecting": r"Error connecting to \S+ on port \d+: (?P<why>.+)",
        "no_name": r"\[Errno -(?:2|3|5)\] .+",
        "unknown_name": r"its name is unknown: (?P<what>.+)",
        "hung_up": r"it hung up",
        "no_network": _CONNECT.format("(?:101|113)"),
        "no_answer_there": _CONNECT.format("110"),
        # Of what came as JSON.
        "not_json_at": r"it is not JSON: .+: line (?P<line>\d+) column (?P<column>\d+) \(char \d+\)",
        "not_json": r"it is not JSON: (?P<why>.+)",
        "key_twice": r"a key stands there twice",
        "not_utf8": r"it is not UTF-8",
        "too_deep": r"it is nested too deep",
        "no_object": r"it is no JSON object",
        "no_text_at": r"(?P<what>\S+) is not a text of 1 to (?P<n>\d+) characters",
        # Of an alert that is refused.
        "repeat_span": r"repeat: (?P<what>\S+) is not from 10m to 7d",
        "until_alone": r"until: goes with repeat: say how often it is asked again",
        "urgent_none": r"urgent: '(?P<what>.*)' is none of the answers: offer it too",
        "number_or_answers": r"number: ask for a number or offer answers, not both: one reply says one thing",
        "answer_key": r"answers: key '(?P<what>.*)' is not one or two digits, as people can type them on any phone",
        # What a test proved.
        "modem_answers": r"the modem answers \((?P<what>.*)\)",
        "radio_answers": r"the radio answers \((?P<what>.*)\)",
        "sim_unlocked": r"the SIM is unlocked",
        "registered": r"registered in (?:a|the) network",
        "registered_with": r"registered in a network \((?P<what>.+)\)",
        "signal": r"signal (?P<n>-?\d+) dBm",
        "bars": r"signal (?P<n>\d+) of 5 bars",
        "went_round": r"(?P<n>\d+) octets went round within the modem \((?P<what>.*)\)",
        "credits": r"(?P<n>\d+) credits are left of today's (?P<all>\d+)",
        "relay_answers": r"the relay (?P<what>.+) answers",
        "inbox_read": r"the inbox is read",
        "bound": r"bound at (?P<what>.+) as (?P<who>.+)",
        "centre_answers": r"the message centre answers enquire_link",
    }.items()
)


def in_language(reason: str, words: Catalogue) -> str:
    """The reason in the language of `words`, or as it stands."""
    for pattern, key in _KNOWN:
        if found := pattern.fullmatch(reason):
            fields = found.groupdict()
            if "why" in fields:
                fields["why"] = in_language(fields["why"], words)
            if "at" in fields:
                fields["at"] = _on_the_wall(fields["at"], words)
            return words(key, **fields)
    return reason


def _on_the_wall(at: str, words: Catalogue) -> str:
    """`17:13:32 UTC`, today or tomorrow, as the clock on the wall in Denmark; of an unknown zone as it stands."""
    hour, _, zone = at.partition(" ")
    if zone not in _ZONES:
        return at
    now = datetime.now(UTC)
    when = datetime.combine(now.date(), time.fromisoformat(hour), UTC) - timedelta(hours=_ZONES[zone])
    shown = danish_time(when).partition(" kl. ")[2]
    return words("show.clock", clock=shown if words.language == "da" else shown.replace(".", ":"))
