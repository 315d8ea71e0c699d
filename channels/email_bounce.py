"""Delivery reports: what RFC 3464 writes, and what mail servers write instead. Pure.

| what came                                                    | becomes                         |
|--------------------------------------------------------------|---------------------------------|
| Action delivered                                             | DELIVERED: it is in the mailbox |
| Action relayed, expanded                                     | proof ends there, see below     |
| Action delayed                                               | DELAYED: still tried            |
| Action failed, with any status, or no action with status 5   | FAILED                          |
| a loose report: sender, subject, null path and words agree   | FAILED or DELAYED, by its words |

`relayed` says that the mail went on to a server which reports nothing, `expanded` that a list took it apart: neither
shows that it arrived. A report about several recipients counts as its worst line: ours have one each, so several mean
that an alias took the mail apart, and not all of them have it.

Sources: RFC 3464 2.3 (Action, Status, Diagnostic-Code), RFC 3463 (status), RFC 3461 6.3; the loose ones are judged
by the set in tests/data/email-bounces.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from channels.email_mime import Letter, Part, fields_of
from messages.neutral import neutral_line

_MOST_GROUPS = 50
_LONGEST_DETAIL = 200
_LOOSE_CHARACTERS = 20_000  # of a text that is searched for words


class Action(IntEnum):
    """RFC 3464 2.3.3, the worst last."""

    DELIVERED = 1
    EXPANDED = 2
    RELAYED = 3
    DELAYED = 4
    FAILED = 5


@dataclass(frozen=True, slots=True)
class Bounce:
    """`detail` begins with the codes, as `550 5.1.1 no such user`, and is harmless to show."""

    action: Action
    detail: str


_ACTIONS = {
    "delivered": Action.DELIVERED,
    "deliverable": Action.DELIVERED,
    "expanded": Action.EXPANDED,
    "relayed": Action.RELAYED,
    "delayed": Action.DELAYED,
    "failed": Action.FAILED,
    "failure": Action.FAILED,
    "expired": Action.FAILED,
    "undeliverable": Action.FAILED,
}
_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\d.:])([45]\d\d)(?=[ -](?![\d.]*\d\d))")
_DAEMON = re.compile(
    r"mailer-?daemon|mail-?daemon|postmaster|poostmaster|mail (?:delivery|administrator|system)|mdaemon"
    r"|system administrator|content-filter|ndr administrator|microsoft exchange|^\s*<>\s*$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"""undeliver|non\s?delivery|un-?able\sto\sdeliver|returned\smail|return(?:ed|ing)\s(?:message\s)?to\ssender
    |delivery\s(?:status|report|failure|has\sfailed|problem|error|notification)|deliver(?:y|ing)?\sfail|fail(?:ed|ure)\s(?:notice|delivery)
    |(?:could|can)\s?not\sbe\sdelivered|error\ssending|mail\ssystem\serror|not\sdelivered|bounced|kan\s?ikke\sleveres
    |kunne\sikke\sleveres|ikke\sleveret|meddelelse\sikke\safsendt|leveringsfejl|leveringsstatus|unzustellbar|non\sremis
    |impossible\sde\sremettre|kunde\sinte\slevereras|oavsänt|toimittaminen|doručení|недоставлен|не\sдоставлено""",
    re.IGNORECASE | re.VERBOSE,
)
_WORDS = re.compile(
    r"""could\s(?:not|n't)\sbe\s(?:delivered|sent)|(?:was|were|am)\s(?:not|un)\s?able\sto\sdeliver|unable\sto\sdeliver
    |not\sbeen\sdelivered|did\snot\sreach|cannot\sbe\sdelivered|wasn't\sdelivered|not\sdeliver|undeliver|delivery\sfail
    |permanent(?:ly)?\s(?:fatal\s)?error|failed\spermanently|returned\spermanent|user\sunknown|unknown\suser|no\ssuch\suser
    |mailbox\s(?:is\s)?(?:full|unavailable|not\sfound)|over\squota|address\srejected|recipient\s(?:rejected|unknown|address)
    |trouble\sdelivering|message\shas\sbeen\sreturned|returned\smessage|host\snot\sfound|will\sbe\sretried|not\slisted\sin
    |transcript\sof\ssession|reason:\s+5\d\d|(?:^|\s|:)\#?5\d\d[ -]|kunne\sikke\sleveres
    |ikke\sleveret|kunne\sikke\safleveres|konnte\snicht\szugestellt|n'a\spas\spu\sêtre|送信|не\sдоставл""",
    re.IGNORECASE | re.VERBOSE,
)
_DELAY = re.compile(
    r"""\(delay\)|delayed|\bdelay\b|will\sbe\sretried|will\s(?:keep|continue)\s(?:on\s)?trying|still\strying|not\syet\sbeen\sdelivered
    |warning\smessage\sonly|no\saction\sis\srequired|temporary\sproblem|deferred|forsinket""",
    re.IGNORECASE | re.VERBOSE,
)
_GIVEN_UP = re.compile(
    r"given\sup|giving\sup|returned|failed|failure|not\sgoing\sto\stry|permanent", re.IGNORECASE
)


def bounce(mail: Letter, *, text: str) -> Bounce | None:
    """What a mail reports of a delivery; None where it is no such report. `text` is what a reader sees of it."""
    report = mail.of_type("message/delivery-status", "message/global-delivery-status")
    if report is not None:
        return _of_report(report, text) or _loose(mail, text) or Bounce(Action.FAILED, _detail(text))
    return _loose(mail, text) if _is_loose(mail, text) else None


def _of_report(report: Part, text: str) -> Bounce | None:
    """The worst of its groups; a status stands in for an action that is missing or misspelt."""
    found = [_of_group(group, text) for group in _groups(report.text())]
    return max((each for each in found if each), key=lambda each: each.action, default=None)


def _groups(text: str) -> Iterator[dict[str, tuple[str, ...]]]:
    for block in text.split("\n\n")[:_MOST_GROUPS]:
        fields = fields_of(block)
        if "action" in fields or "status" in fields:
            yield fields


def _of_group(fields: dict[str, tuple[str, ...]], text: str) -> Bounce | None:
    word = fields.get("action", ("",))[0].lower().split(" ")[0].strip("()")
    status = _STATUS.search(fields.get("status", ("",))[0])
    action = _ACTIONS.get(word) or {"5": Action.FAILED, "4": Action.DELAYED}.get(
        status[1][0] if status else ""
    )
    if action is None:
        return None
    said = fields.get("diagnostic-code", ("",))[0].partition(";")[2].strip()
    return Bounce(
        action, _detail(said or (text if action is Action.FAILED else ""), status[1] if status else "")
    )


def _detail(said: str, status: str = "") -> str:
    """`550 5.1.1 words`: the far end's own code and status where it gave them, then what it said."""
    line = neutral_line(said[:_LOOSE_CHARACTERS])
    code, own = _CODE.search(line), _STATUS.search(line)
    status = status or (own[1] if own else "")
    words = line[code.start() if code else own.start() if own else 0 :]
    for known in (code[1] if code else "", status):
        words = words.removeprefix(known).lstrip(" -#()")
    return " ".join(filter(None, (code[1] if code else "", status, words)))[:_LONGEST_DETAIL]


def _is_loose(mail: Letter, text: str) -> bool:
    """Two signs of a mail server at least, one of them in what it says."""
    said = text[:_LOOSE_CHARACTERS]
    if "x-failed-recipients" in mail.head.fields:
        return True
    server = bool(_DAEMON.search(mail.first("from"))) or has_null_path(mail)
    subject, words = bool(_SUBJECT.search(mail.first("subject"))), bool(_WORDS.search(said))
    return (server and (subject or words)) or (subject and words and mail.first("in-reply-to") == "")


def has_null_path(mail: Letter) -> bool:
    """Sent with the null return path: no person sends so (RFC 5321 4.5.5)."""
    path = mail.first("return-path").lower()
    return path.replace(" ", "") == "<>" or path.startswith(("<mailer-daemon", "mailer-daemon"))


def _loose(mail: Letter, text: str) -> Bounce:
    said = text[:_LOOSE_CHARACTERS]
    subject = mail.first("subject")
    status, code = _STATUS.search(said), _CODE.search(said)
    permanent = (status and status[1].startswith("5")) or (code and code[1].startswith("5"))
    delayed = _DELAY.search(subject) or (_DELAY.search(said) and not _GIVEN_UP.search(f"{subject} {said}"))
    action = Action.DELAYED if delayed and not permanent else Action.FAILED
    return Bounce(action, _detail(said if status or code else subject))
