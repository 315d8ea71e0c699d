"""What the hub says of itself: it tells the duty officer of an urgent answer, and asks back which question is meant.

Both are alerts like others, with evidence, a ladder and an audit, and each is sent once: their keys are made from
what they are about. An urgent item that nobody takes is told of again and again, all such items in one notice, so
that it is loud and bounded. Nobody who is not in the directory is ever written to.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import groupby
from os.path import commonprefix

from gateway.accept import Submission
from gateway.clock import Clock, to_ms, wall_clock
from gateway.errors import GatewayError
from gateway.marks import ASKS, TELLS
from gateway.notice_texts import (
    again_alert,
    alert_json,
    closed_alert,
    senders,
    status_of,
    to_ask,
    urgent_alert,
    without_heading,
)
from gateway.store.accepting import Accepted
from gateway.store.answering import Matched
from gateway.store.candidates import NotAskedBack, of_several
from gateway.store.database import Store
from gateway.store.inbox import inbox_item
from gateway.store.notices import Closed, ToldAgain, Untaken, owed, paid, told_again, untaken
from gateway.store.questions import Question
from gateway.store.showing import Json
from gateway.store.telling import names, told, told_lately, untold
from messages.neutral import neutral_line

log = logging.getLogger(__name__)

_MS = timedelta(milliseconds=1)
# Nobody has taken it: up to this age of it, it is told of again so often; older ones once a day.
AGAIN = ((timedelta(hours=2), timedelta(minutes=10)), (timedelta(days=1), timedelta(hours=1)))
AGAIN_AT_LAST = timedelta(days=1)
_ITEMS_MOST = 200  # of one notice about what nobody has taken
_ASKED_LATELY = timedelta(minutes=10)  # what came so long before a restart may still be asked back about
_HEADLINE_MOST = 30  # characters of a question's headline, in the text that asks back
_NAMES_MOST = 4  # questions that are named when the hub asks back
_OF_A_STRANGER, _OF_STRANGERS = 3, 10  # notices an hour; the rest stand in the inbox
_WORDS = {
    "da": {"which": "Hvad svarer du på?", "write": "Skriv koden: {codes}", "rest": " og {n} ældre"},
    "en": {"which": "What are you answering?", "write": "Send the code: {codes}", "rest": " and {n} older"},
}


class Duty:
    """Sends what the hub itself has to say. `send` takes the JSON of the contract and a submission."""

    def __init__(
        self,
        store: Store,
        send: Callable[[bytes, Submission], Awaitable[Accepted]],
        clock: Clock = wall_clock,
    ) -> None:
        self._store, self._send, self._clock = store, send, clock

    async def heard(self, matched: Matched) -> None:
        """Does what an inbound message calls for. What cannot be sent is logged, and stands in the inbox."""
        try:
            if matched.urgent is not None:
                await self._tell(matched.urgent)
            if matched.several:
                await self._ask_back(matched.several)
            if matched.closed is not None:
                await self._close_all()
        except GatewayError as error:
            log.error("what the hub has to say was not accepted: %s", error)
        if matched.notice:
            await self.look()

    async def catch_up(self) -> None:
        """After a restart: urgent answers of which nobody has been told, who has what, and what was not asked back."""
        for number in await self._store.read(untold, None):
            await self.heard(Matched("answer", urgent=number))
        await self._close_all()
        since_ms = to_ms(self._clock() - _ASKED_LATELY)
        headlines = frozenset(words["which"] for words in _WORDS.values())
        wanted = NotAskedBack(since_ms, self._store.world.directory, headlines)
        for several in await self._store.read(of_several, wanted):
            await self.heard(Matched("unmatched", several=several))

    async def closed(self, closed: Closed | None) -> None:
        """Staff took or handled an item: who was asked hears that they need not come."""
        if closed is not None:
            await self.heard(Matched("answer", closed=closed))

    async def look(self) -> None:
        """Tells again of what nobody has: at once of what was let go, else after a while, as long as it takes."""
        if not self._store.world.duty:
            return
        now_ms = to_ms(self._clock())
        try:
            waiting = await self._store.read(untaken, now_ms)
            if any(_overdue(each, now_ms) for each in waiting):
                known = [each for each in waiting if each.told or _overdue(each, now_ms)]
                await self._tell_all(sorted(known, key=self._is_stranger)[:_ITEMS_MOST])
                return
            let_go = sorted((each for each in waiting if each.asked.at_once), key=_newest_notice)
            for _, same in groupby(let_go, _newest_notice):
                await self._ask_others(list(same))
        except GatewayError as error:
            log.error("of what nobody has taken nobody could be told: %s", error)

    def _is_stranger(self, each: Untaken) -> bool:
        return not (each.is_answer or self._store.world.directory.at(each.sender))

    async def _tell(self, number: int) -> None:
        world, item = self._store.world, await self._store.read(inbox_item, number)
        if item["told"]:
            return
        if not world.duty:
            log.warning("urgent item %d is in the inbox, and no duty officer is configured", number)
            return
        lately = await self._store.read(told_lately, number)
        if lately.same:  # who takes the one takes the other
            await self._store.run(told, (number, lately.same))
            return
        enough = lately.of_sender >= _OF_A_STRANGER or lately.unmatched >= _OF_STRANGERS
        if enough and not senders(item, world):
            log.warning("urgent item %d is in the inbox: enough was told of strangers in this hour", number)
            return
        if not (to := to_ask(item, world)):
            log.error("urgent item %d is the duty officer's own, and nobody else can be asked", number)
            return
        body = urgent_alert(item, world, to=to)
        accepted = await self._send(body, Submission(submitter=ASKS, key=f"urgent:{number}"))
        await self._store.run(told, (number, accepted.identifier))

    async def _tell_all(self, waiting: Sequence[Untaken]) -> None:
        """One notice about all of them, in place of those before; drills apart from what is in earnest."""
        world = self._store.world
        known = [(each, await self._store.read(inbox_item, each.number)) for each in waiting]
        for status in sorted({status_of(item, world) for _, item in known}):
            these = [(each, item) for each, item in known if status_of(item, world) == status]
            to = dict.fromkeys(name for _, item in these for name in to_ask(item, world))
            await self._again(these, tuple(to), instead=True)

    async def _ask_others(self, waiting: Sequence[Untaken]) -> None:
        """Everybody who may take what was let go, but those who just said that they do not, or are being asked."""
        world, directory = self._store.world, self._store.world.directory
        known = [(each, await self._store.read(inbox_item, each.number)) for each in waiting]
        asked = [each.asked for each in waiting]
        declined = frozenset[str]().union(*(each.declined for each in asked))
        names = dict.fromkeys(name for _, item in known for name in to_ask(item, world))
        found = directory.expand((*names, *sorted(frozenset[str]().union(*(x.everybody for x in asked)))))
        deputies = [c.deputy for name in sorted(declined) if (c := directory.contact(name)) and c.deputy]
        busy = declined.union(*(each.under_way for each in asked))
        busy |= {contact.id for _, item in known for contact in senders(item, world)}
        to = dict.fromkeys((*(contact.id for contact in found.contacts), *deputies))
        await self._again(known, tuple(name for name in to if name not in busy), instead=False)

    async def _again(
        self, these: Iterable[tuple[Untaken, Json]], to: Sequence[str], *, instead: bool
    ) -> None:
        if not to:
            return
        items = [item for _, item in these]
        body = again_alert(items, self._store.world, to=to)
        about = "\n".join(f"{each.number} {each.told}" for each, _ in these)
        key = f"again:{sha256(body + about.encode()).hexdigest()}"
        accepted = await self._send(body, Submission(submitter=ASKS, key=key))
        numbers = tuple(item["number"] for item in items)
        await self._store.run(told_again, ToldAgain(numbers, accepted.identifier, instead))

    async def _close_all(self) -> None:
        """Whatever the store owes: one text may have taken several."""
        for closed in await self._store.read(owed, None):
            try:
                await self._close(closed)
            except GatewayError as error:
                log.error("who was asked could not be told that somebody has it: %s", error)

    async def _close(self, closed: Closed) -> None:
        world = self._store.world
        asked = [who for who in closed.about if world.directory.contact(who) is not None]
        for numbers, same in groupby(sorted(asked, key=closed.about.__getitem__), closed.about.__getitem__):
            to, items = list(same), [await self._store.read(inbox_item, number) for number in numbers]
            for status in sorted({status_of(item, world) for item in items}):
                these = [item for item in items if status_of(item, world) == status]
                body = closed_alert(these, world, to=to, by=closed.by, handled=closed.handled)
                key = f"closed:{sha256(body).hexdigest()}"
                await self._send(body, Submission(submitter=TELLS, key=key))
        await self._store.run(paid, closed)

    async def _ask_back(self, several: tuple[Question, ...]) -> None:
        body = which_alert(several)
        await self._send(body, Submission(submitter=TELLS, key=f"which:{sha256(body).hexdigest()}"))


def _newest_notice(each: Untaken) -> str:
    return next(reversed(names(each.told)), "")


def _overdue(each: Untaken, now_ms: int) -> bool:
    age = (now_ms - each.received_ms) * _MS
    pause = next((pause for until, pause in AGAIN if age < until), AGAIN_AT_LAST)
    return abs(now_ms - each.asked.since_ms) >= pause // _MS  # also where the clock was put back


def which_alert(several: tuple[Question, ...]) -> bytes:
    """The alert that asks back, to the one person who may have answered any of these."""
    first = several[0]
    words = _WORDS["da" if first.alert.language.lower().startswith("da") else "en"]
    some = several[:_NAMES_MOST]
    headlines = told_apart([neutral_line(_title(q)) for q in some])
    named = [f"#{q.code} ({headline})" for q, headline in zip(some, headlines, strict=True)]
    rest = len(several) - len(named)
    codes = ", ".join(named) + (words["rest"].format(n=rest) if rest else "")
    return alert_json(
        to=[first.recipient],
        status=first.alert.status.value,
        precedence=min(q.alert.precedence for q in several).word,
        headline=words["which"],
        text=words["write"].format(codes=codes),
        want="delivered",
    )


def _title(question: Question) -> str:
    """A question's headline; of a notice who cried and what, since another code in it would be sent back."""
    headline = question.alert.headline
    return without_heading(headline) if question.submitter == ASKS else headline


def told_apart(headlines: Sequence[str]) -> list[str]:
    """The beginnings; of those that begin alike what comes after that."""
    begun = [headline[:_HEADLINE_MOST] for headline in headlines]
    alike = [whole for whole, start in zip(headlines, begun, strict=True) if begun.count(start) > 1]
    common = len(commonprefix(alike).rpartition(" ")[0])  # noqa: RUF071 - signs, not paths
    return [
        f"...{whole[common:][:_HEADLINE_MOST]}" if whole in alike and len(set(alike)) > 1 else start
        for whole, start in zip(headlines, begun, strict=True)
    ]
