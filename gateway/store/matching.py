"""Which question an inbound message answers: by its code, by what it replies to, by who was asked. Only reads.

In doubt it is none: what is not matched goes to a person, and an answer is never guessed on to another alert.
"""

from typing import Any

from sqlalchemy import select

from channels.base import Inbound
from gateway.clock import to_ms
from gateway.marks import TELLS
from gateway.store import tables as t
from gateway.store.coded import Codes
from gateway.store.meant import asked_of
from gateway.store.questions import (
    Found,
    Question,
    Said,
    contacts_at,
    one_of_each,
    put_to,
    question_of,
    replied_to,
)
from gateway.store.transaction import Transaction
from messages.answer_code import bare_codes, marked_code


def find_question(tx: Transaction, item: Inbound, text: str) -> Found:
    """By `#K7` in the text, by what it replies to, by a bare `K7`, else the one open question put to the sender."""
    owners = contacts_at(tx, item.sender)
    said = Said(text, tx.now_ms, to_ms(item.at), item.sender, reaction=item.reaction)
    codes = Codes(tx.connection, said, contacts=owners, directory=tx.world.directory)
    if not said.only_seen and (several := codes.several()):
        return Found(several=several)
    if (code := marked_code(text)) and not _is_told(tx, code):
        return _found(codes.question(code)) or Found(alert_id=_coded_alert(tx, code))
    if (replied := replied_to(tx, item.in_reply_to)) is not None:
        return _of_reply(tx, replied, owners, said=said, claimed=item.claimed)
    bare = bare_codes(text)  # it may be a word: it is a code where the sender was asked under it
    if named := next(filter(None, map(codes.question, bare)), None):
        return Found(named)
    directory = tx.world.directory
    found = Found() if item.claimed else asked_of(tx.connection, said, contacts=owners, directory=directory)
    if found.question or found.several:
        return found
    return Found(alert_id=next(filter(None, (_coded_alert(tx, code) for code in bare)), None))


def _found(question: Question | None) -> Found | None:
    return Found(question) if question is not None else None


def _of_reply(tx: Transaction, replied: Any, owners: frozenset[str], *, said: Said, claimed: bool) -> Found:
    """Who replies to a colleague's copy answers for themselves, if they were asked too and are who they seem."""
    if replied.recipient in owners:
        return Found(question_of(tx.connection, replied))
    own = [] if claimed else put_to(tx.connection, said, owners, t.alerts.c.id == replied.alert_id)
    rows = one_of_each(tx.connection, own, said, directory=tx.world.directory)
    return Found(question_of(tx.connection, rows[0])) if rows else Found(alert_id=replied.alert_id)


def _coded_alert(tx: Transaction, code: str) -> int | None:
    """The newest alert with the code, for an answer from a number that was not asked."""
    row = _newest_of(tx, code)
    return int(row.id) if row and row.submitter != TELLS else None


def _is_told(tx: Transaction, code: str) -> bool:
    """Whether it is the code of what the hub only tells: it stands for no question."""
    row = _newest_of(tx, code)
    return row is not None and row.submitter == TELLS


def _newest_of(tx: Transaction, code: str) -> Any:
    query = select(t.alerts.c.id, t.alerts.c.submitter).where(t.alerts.c.code == code)
    return tx.connection.execute(query.order_by(t.alerts.c.id.desc()).limit(1)).first()
