"""How an attempt is named in the mails that leave, so that nobody can make up what came of it. Pure.

Whoever knows an identifier could write a report about it: `delivered` from a stranger would end a delivery that never
arrived. So what leaves is `attempt~tag`, the tag an HMAC-SHA-256 under the inbox's key, cut to 80 bits. It stands in
the Message-ID, in ENVID and in X-Bavn-Attempt, which answers, delivery reports and returned mails bring back. It proves
that the writer saw this mail or handled it on its way, and no more: a recipient can still say `delivered` for himself.

Sources: RFC 2104, RFC 2104 5 (truncation); RFC 3461 4.4 (ENVID has at most 100 signs: 83 of an attempt, 1, 16).
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterator

from channels.email_message import message_id

_TAG_OCTETS = 10
_TAG = "[a-z2-7]{16}"
_NAME = re.compile(rf"(?<![0-9A-Za-z._-])([0-9A-Za-z._-]{{1,90}})~({_TAG})(?![0-9A-Za-z])")
# As it stands in a Message-ID, where every sign but letters, digits and - is +HH (email_message.message_id).
_ESCAPED = re.compile(rf"(?<![0-9A-Za-z+-])((?:[0-9A-Za-z-]|\+[0-9A-F]{{2}}){{1,270}})\+7E({_TAG})(?=@)")
_HEX = re.compile(r"\+([0-9A-F]{2})")
_MOST_TRIES = 50  # in one mail; each costs a few microseconds


class Names:
    """The names under one key. Without a key an attempt is called what it is, and no name is believed."""

    def __init__(self, key: str, *, domain: str) -> None:
        self._key = key.encode()
        self._domain = domain

    def outside(self, attempt: str) -> str:
        """How the attempt is called in a mail."""
        return f"{attempt}~{self._tag(attempt)}" if self._key else attempt

    def reference(self, attempt: str) -> str:
        """The Message-ID of the attempt's mail: what its receipt says."""
        return message_id(self.outside(attempt), domain=self._domain)

    def found(self, *texts: str) -> str:
        """The first attempt of ours that one of the texts names; '' without one."""
        tries = 0
        for text in texts:
            for attempt, tag in _candidates(text):
                if hmac.compare_digest(tag, self._tag(attempt)):
                    return attempt
                tries += 1
                if tries >= _MOST_TRIES:
                    return ""
        return ""

    def _tag(self, attempt: str) -> str:
        if not self._key:
            return ""
        mac = hmac.digest(self._key, b"bavn mail attempt\0" + attempt.encode(), "sha256")
        return b32encode(mac[:_TAG_OCTETS]).decode("ascii").lower()


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    """(attempt, tag) of whatever looks like a name."""
    if "~" in text:
        yield from _NAME.findall(text)
    for escaped, tag in _ESCAPED.findall(text) if "+7E" in text else ():
        yield _HEX.sub(lambda sign: chr(int(sign[1], 16)), escaped), tag
    if "+7E" in text:  # xtext, as in a report that gives ENVID as it came
        yield from _NAME.findall(text.replace("+7E", "~"))
