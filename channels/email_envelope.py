"""MAIL and RCPT of an attempt, with the parameters that the relay offers. Pure.

Sources: RFC 3461 4 (DSN), RFC 6710 5 (MT-PRIORITY), RFC 1870 3 (SIZE), RFC 2852 4 (DELIVERBY).
"""

from collections.abc import Mapping

from channels.base import Outgoing, PermanentFailure
from channels.email_message import message_id, xtext
from channels.email_session import Envelope
from messages.precedence import Precedence

# The STANAG 4406 policy of RFC 6710; a relay with another policy takes its nearest level.
_MT_PRIORITY = {Precedence.FLASH: 4, Precedence.IMMEDIATE: 2, Precedence.PRIORITY: 0, Precedence.ROUTINE: -2}


NOTIFY = "SUCCESS,FAILURE,DELAY"  # RFC 3461 4.1
FAILURES = "FAILURE,DELAY"


def envelope(
    outgoing: Outgoing, offers: Mapping[str, str], *, sender: str, octets: int, notify: str = NOTIFY
) -> Envelope:
    """`octets`: of the content; `offers`: EHLO's extensions in lower case; `notify`: what is to be reported.

    PermanentFailure if the content is too big.
    """
    mailbox = outgoing.address.value
    mail, rcpt = f"MAIL FROM:<{sender}>", f"RCPT TO:<{mailbox}>"
    if "size" in offers:
        _check_size(octets, offers["size"])
        mail += f" SIZE={octets}"
    if "mt-priority" in offers:
        mail += f" MT-PRIORITY={_MT_PRIORITY[outgoing.precedence]}"
    if "deliverby" in offers and (seconds := _by_time(outgoing, offers["deliverby"])):
        mail += (
            f" BY={seconds};R"  # R: hand back what is late; an alert that has expired must not arrive (I17)
        )
    if "dsn" in offers:
        mail += f" RET=HDRS ENVID={xtext(outgoing.attempt)}"
        rcpt += f" NOTIFY={notify} ORCPT=rfc822;{xtext(mailbox)}"
    reference = message_id(outgoing.attempt, domain=sender.rpartition("@")[2])
    return Envelope(f"{mail}\r\n".encode("ascii"), f"{rcpt}\r\n".encode("ascii"), reference)


def _check_size(octets: int, limit: str) -> None:
    """SIZE 0, or no number, is no limit (RFC 1870 3)."""
    if limit.isdecimal() and 0 < int(limit) < octets:
        raise PermanentFailure(f"the mail has {octets} octets, the relay takes at most {limit}", code="552")


def _by_time(outgoing: Outgoing, least: str) -> int:
    """Seconds for DELIVERBY; 0 if the relay would not promise so few (RFC 2852 4: it would refuse the mail)."""
    seconds = int(outgoing.validity.total_seconds())
    return seconds if seconds >= (int(least) if least.isdecimal() else 1) else 0
