"""Operations of the way back: messages from outside. Reports are in `reporting`, who is asked in `questions`.

Nothing that arrives is lost: what answers no question is kept in the inbox for a person, and of a flood of it the first
are, with how many came after them. Nothing that arrives commands: an answer raises evidence and stops further asking,
and that is all it can do.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from channels.base import Inbound
from gateway.clock import to_ms
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.answering import Matched, in_part, keep_answer, seen_only
from gateway.store.answering_each import answer_each
from gateway.store.aside import only_received
from gateway.store.automatic import doubt, keep_automatic, keep_doubtful
from gateway.store.code_after import take_before
from gateway.store.floods import count, one_too_many, unreadable_instead
from gateway.store.long_texts import Gathered, gather, overdue, spend
from gateway.store.matching import find_question
from gateway.store.meant import asks_back
from gateway.store.notices import declined_all
from gateway.store.questions import Found, Question
from gateway.store.repeats import name_of
from gateway.store.sharing import without_signature
from gateway.store.transaction import Transaction
from gateway.store.urgency import cannot_wait, is_urgent, needs_a_reader
from messages.answer import Answer, Kind

RAW_MOST = 16_384  # octets of what came that are kept beside what it says
_NO_TEXT = "it has no text"


def receive(tx: Transaction, arrived: tuple[str, Inbound]) -> Matched:
    """Keeps a message from outside and takes it for an answer where it is one. Twice the same counts once."""
    channel, item = arrived
    name = name_of(tx, channel, item)
    if name is None:
        return Matched("repeated")
    item = replace(item, bearer_id=name)
    if why := _unreadable(item):
        return _for_eyes(tx, channel, item, why=why)
    number = _keep(tx, channel, item)
    if item.part:
        return _part(tx, channel, gather(tx, channel, item))
    return _understood(tx, number, channel, item=item)


def pass_on_incomplete(tx: Transaction, _: None) -> list[Matched]:
    """Texts of which a part has not come in time: a person reads what there is."""
    return [_passed_on(tx, channel=each.channel, gathered=each) for each in overdue(tx)]


def _understood(tx: Transaction, number: int, channel: str, *, item: Inbound, missing: int = 0) -> Matched:
    """`missing`: parts of it that are not here."""
    found = find_question(tx, item, item.text)
    if item.automatic:
        return keep_automatic(tx, number, item, channel=channel, found=found)
    several = found.several and not (item.doubtful or missing)
    if several and (each := answer_each(tx, number, channel, item=item)):
        return each
    if before := take_before(tx, number, item, found=found):
        return before
    if why := doubt(item, found, missing=missing):
        return keep_doubtful(tx, number, replace(item, doubtful=why), channel=channel, found=found)
    if found.question is None:
        return _for_a_person(tx, number, channel, item=item, found=found)
    return _answer(tx, number, channel, item=item, question=found.question, missing=missing)


def _answer(
    tx: Transaction, number: int, channel: str, *, item: Inbound, question: Question, missing: int
) -> Matched:
    seen = item.reaction or only_received(question, item.text)
    answer = seen_only(item.text) if seen else _read(tx, item, question)
    urgent = is_urgent(question, answer)
    if missing:
        answer = in_part(answer)
    about = item.in_reply_to
    closed = keep_answer(tx, question, answer, via=channel, at=item.at, sender=item.sender, in_reply_to=about)
    kind = "reaction" if answer.kind is Kind.REACTION else "answer"
    to_see = urgent or missing > 0 or needs_a_reader(answer)
    _note(tx, number, kind=kind, delivery_id=question.delivery_id, urgent=urgent, open=to_see)
    return Matched(
        kind,
        question.identifier,
        question.recipient,
        urgent=number if urgent else None,
        closed=closed,
        notice=question.submitter == ASKS,
    )


def _read(tx: Transaction, item: Inbound, question: Question) -> Answer:
    """What it answers; who of several at one address signed it is no part of that.

    `ja` counts as the option to come only where people alone write: in a mail an option must be named.
    """
    directory, whole = tx.world.directory, question.read(item.text)
    said = without_signature(item.text, question.recipient, sender=item.sender, directory=directory)
    answer = whole if said == item.text else replace(question.read(said), text=whole.text, code=whole.code)
    only_meant = item.programs_write and answer.kind in {Kind.YES, Kind.NO}
    return replace(answer, option="") if only_meant else answer


def _part(tx: Transaction, channel: str, gathered: Gathered) -> Matched:
    """A text is passed on when it is whole; before that only if what there is of it cannot wait."""
    if gathered.whole_id is not None:
        return _late(tx, channel, gathered, number=gathered.whole_id)
    item = gathered.message()
    if gathered.missing and not cannot_wait(tx, item.text, find_question(tx, item, item.text)):
        return Matched("part")
    return _passed_on(tx, channel, gathered)


def _passed_on(tx: Transaction, channel: str, gathered: Gathered) -> Matched:
    item = gathered.message()
    number = _keep(tx, channel, item)
    spend(tx, gathered, whole_id=number)
    if gathered.is_blank:
        return _stands_open(tx, number, channel, why=_NO_TEXT)
    return _understood(tx, number, channel, item=item, missing=gathered.missing)


def _late(tx: Transaction, channel: str, gathered: Gathered, *, number: int) -> Matched:
    """The rest of a text that was passed on: a person sees it too, and what was urgent is not raised again."""
    row = tx.connection.execute(
        select(t.inbound.c.urgent, t.inbound.c.delivery_id).where(t.inbound.c.id == number)
    ).one()
    spend(tx, gathered, whole_id=number)
    item, found = gathered.message(), Matched("answer")
    answered = row.delivery_id is not None and find_question(tx, item, item.text).question is None
    if not (answered or gathered.is_blank):
        found = _understood(tx, number, channel, item=item, missing=gathered.missing)
    urgent = row.urgent or found.urgent is not None
    why = _NO_TEXT if gathered.is_blank else ""
    _note(tx, number, open=True, urgent=urgent, handled_ms=None, unreadable=why)
    return replace(found, urgent=None) if row.urgent else found


def _unreadable(item: Inbound) -> str:
    """Why nobody can read it. Octets without a text (a picture message's notice, a blank) are nobody's yes."""
    if item.unreadable or item.automatic or item.reaction or item.part or item.text.strip() or not item.raw:
        return item.unreadable
    return _NO_TEXT


def _for_eyes(tx: Transaction, channel: str, item: Inbound, *, why: str) -> Matched:
    """What nobody can read stands open with what came. Of a flood the first are kept, and the rest counted."""
    found = find_question(tx, item, item.text)
    urgent = bool(item.text.strip()) and cannot_wait(tx, item.text, found)
    if (instead := unreadable_instead(tx, channel, item, urgent=urgent)) is not None:
        count(tx, instead, 1 + item.more)
        return Matched("unreadable")
    number = _keep(tx, channel, item)
    alert_id = found.question.alert_id if found.question else found.alert_id
    _note(tx, number, more=item.more)
    return _stands_open(tx, number, channel, why=why, alert_id=alert_id, urgent=urgent)


def _stands_open(
    tx: Transaction, number: int, channel: str, *, why: str, alert_id: int | None = None, urgent: bool = False
) -> Matched:
    _note(tx, number, kind="unreadable", unreadable=why[:300], alert_id=alert_id, urgent=urgent, open=True)
    tx.audit("received", inbound=number, channel=channel, kind="unreadable")
    return Matched("unreadable", urgent=number if urgent else None)


def _for_a_person(tx: Transaction, number: int, channel: str, *, item: Inbound, found: Found) -> Matched:
    """From an address that was not asked: with a code it is shown at that alert as unconfirmed, and proves nothing.

    What cannot wait is not asked back about: the duty officer is told with what is known. Of a flood not all are.
    Nor is what answers nothing, whatever it was about.
    """
    kind = "unmatched" if found.alert_id is None else "unconfirmed"
    urgent = cannot_wait(tx, item.text, found)
    declined_all(tx, found, item.text)
    if one_too_many(tx, number, channel, item=item, kind=kind, urgent=urgent):
        return Matched(kind)
    _note(tx, number, kind=kind, alert_id=found.alert_id, urgent=urgent, open=True)
    tx.audit("received", inbound=number, channel=channel, kind=kind)
    if found.alert_id is not None:
        tx.changes.alerts.add(found.alert_id)
    if urgent:
        return Matched(kind, urgent=number)
    asks = asks_back(item.text, found.several, reaction=item.reaction)
    return Matched(kind, several=found.several if asks else ())


def _note(tx: Transaction, number: int, **values: Any) -> None:
    if values.get("open"):
        tx.changes.inbox = True
    tx.connection.execute(t.inbound.update().where(t.inbound.c.id == number).values(**values))


def _keep(tx: Transaction, channel: str, item: Inbound) -> int:
    reference, total, number = item.part or (None, None, None)
    row = {
        "channel": channel,
        "bearer_id": item.bearer_id,
        "sender": item.sender,
        "text": item.text,
        "at_ms": to_ms(item.at),
        "received_ms": tx.now_ms,
        "part_reference": reference,
        "part_total": total,
        "part_number": number,
        "kind": "part" if item.part else "unmatched",
        "automatic": item.automatic[:200],
        "raw": _bounded(item.raw),
    }
    key = tx.connection.execute(t.inbound.insert(), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def _bounded(raw: str) -> str:
    """As much of it as is kept, in whole signs."""
    return raw.encode("utf-8", "replace")[:RAW_MOST].decode("utf-8", "ignore")
