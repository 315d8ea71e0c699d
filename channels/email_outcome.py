"""What an answer of the relay means for the message: one pure function over the table in channels/email.py.

Sources: RFC 5321 4.2 (replies), 3.8 (421 at any step), 4.5.3.1.10 (552 at RCPT is for the moment), RFC 3463 3
(enhanced status codes), RFC 4954 6 (530, 534, 535: the relay wants another login).
"""

import re
from enum import StrEnum

from channels.base import ChannelDown, ChannelError, PermanentFailure, TransientFailure
from channels.email_replies import Reply


class Step(StrEnum):
    """Where a session stood when something came, or did not."""

    CONNECT = "connect"  # TCP, TLS from the start, the greeting, EHLO, STARTTLS, AUTH
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "content"  # the answer after the final dot
    RSET = "RSET"
    NOOP = "NOOP"


_CLOSING = 421  # at any step: the relay goes away
_LOGIN = frozenset({530, 534, 535, 538})
_OUT_OF_SEQUENCE = 503
_STORAGE = 552
_FULL = re.compile(r"[45]\.(?:2\.2|3\.1)\b")  # mailbox full, system full: RFC 3463 3.3 and 3.4


def refusal(step: Step, reply: Reply) -> ChannelError:
    """The failure that a refusing answer at `step` is; nothing was taken over by the relay."""
    reason, code = f"the relay refused at {step}: {reply}", str(reply.code)
    if reply.code == _CLOSING or reply.code in _LOGIN:
        return ChannelDown(reason, code=code, raw=str(reply))
    if _lasts(step, reply):
        return PermanentFailure(reason, code=code, raw=str(reply))
    return TransientFailure(reason, code=code, raw=str(reply))


def _lasts(step: Step, reply: Reply) -> bool:
    if not 500 <= reply.code <= 599 or reply.code == _OUT_OF_SEQUENCE:
        return False
    if (
        reply.code == _STORAGE
    ):  # the recipient's mailbox or the relay's disk is full, or the message is too big
        return step is not Step.RCPT and _FULL.search(reply.text) is None
    return True
