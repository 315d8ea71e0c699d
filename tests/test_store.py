"""The store: groups that commit together, callers that hear only what is on the disk, starts that go on."""

import asyncio
import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from channels.base import Report
from gateway.accept import Submission, judge
from gateway.errors import Conflict, NotFound, Refused, StoreUnfit
from gateway.store import schema, sqlite
from gateway.store.accepting import Accepted, accept, withdraw
from gateway.store.database import Store, Transaction
from gateway.store.people import erase
from gateway.store.reporting import report
from gateway.store.sending import look, next_look, recover
from gateway.store.stopping import stop
from gateway.store.tables import metadata
from gateway.store.writer import brief
from messages.alert import MsgType, Reference, Status, Withdrawal
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.stores import NOW, Bench, a_way, store_in

M = timedelta(minutes=1)


class Gate:
    """Holds the writing thread, so that what is asked for meanwhile becomes one group."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def __call__(self, tx: Transaction, _: None) -> None:
        self._open.wait(5)

    def open(self) -> None:
        self._open.set()


async def together(bench: Bench, *asked: tuple[Any, Any]) -> list[Any]:
    """Runs the operations in one group; an exception is a result like others."""
    gate = Gate()
    held = asyncio.ensure_future(bench.store.run(gate, None))
    await asyncio.sleep(0)
    jobs = [asyncio.ensure_future(bench.store.run(op, args)) for op, args in asked]
    await asyncio.sleep(0)
    gate.open()
    await held
    return await asyncio.gather(*jobs, return_exceptions=True)


def note(tx: Transaction, word: str) -> str:
    tx.audit("noted", word=word)
    if word == "bad":
        raise Refused("bad")
    if word == "worse":
        tx.connection.execute(text("insert into alerts (id) values (1)"))
    return word


# Groups


async def test_one_bad_operation_of_a_group_fails_alone(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        before = (await bench.rows("select max(n) n from audit"))[0]["n"]
        found = await together(bench, (note, "a"), (note, "bad"), (note, "worse"), (note, "b"))
        assert (found[0], found[3]) == ("a", "b")
        assert isinstance(found[1], Refused)
        assert isinstance(found[2], Exception)
        records = await bench.rows("select n, record from audit where n > :n order by n", n=before)
        assert [r["n"] - before for r in records] == [1, 2]  # no gap, nothing of the bad ones
        assert await bench.flaws() == []


async def test_alerts_of_one_group_are_kept_together_and_each_is_answered(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        items = [bench.acceptance("vagt", "leder") for _ in range(40)]
        found = await together(bench, *((accept, item) for item in items))
        assert {a.identifier for a in found} == {i.alert.identifier for i in items}
        assert len(await bench.rows("select id from deliveries")) == 80


async def test_an_identifier_that_is_taken_is_a_conflict_and_not_a_reason_to_try_again(
    tmp_path: Path,
) -> None:
    async with store_in(tmp_path) as bench:
        items = [replace(bench.acceptance(identifier="X1", key=key), cap=b"<cap/>") for key in "ab"]
        items += [bench.acceptance(key="c")]
        found = await together(bench, *((accept, item) for item in items))
        assert [type(each) for each in found] == [Accepted, Conflict, Accepted]
        assert isinstance(await bench.store.run(accept, items[1]), Conflict)


async def test_a_caller_who_is_cancelled_does_not_undo_what_they_asked_for(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        gate = Gate()
        held = asyncio.ensure_future(bench.store.run(gate, None))
        await asyncio.sleep(0)
        job = asyncio.ensure_future(bench.store.run(note, "a"))
        await asyncio.sleep(0)
        job.cancel()
        gate.open()
        await held
        await bench.store.run(note, "b")  # comes after it
        assert any('"noted"' in r["record"] for r in await bench.rows("select record from audit"))


# Whose thread works


def where(tx: Transaction, _: None) -> str:
    return threading.current_thread().name


brief_where = brief(lambda tx, _: where(tx, None))


async def test_brief_work_is_composed_in_the_loop_and_anything_else_in_the_thread(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        assert await bench.store.run(brief_where, None) == threading.current_thread().name
        assert await bench.store.run(where, None) == "store-writer"
        assert await together(bench, (brief_where, None), (where, None)) == ["store-writer"] * 2


async def test_the_loop_goes_on_while_another_process_holds_the_database(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        other = sqlite.driver().module.connect(bench.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(bench.accept())
        turns = [await asyncio.sleep(0) for _ in range(100)]
        assert len(turns) == 100
        assert not waiting.done()
        other.execute("ROLLBACK")
        other.close()
        assert (await waiting).recipients == 1


# The file


async def test_the_settings_that_durability_rests_on_are_in_force(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        sqlite.check(bench.store._writer._session.connection, bench.path)  # type: ignore[union-attr]


async def test_the_migrations_make_the_tables_of_this_version(tmp_path: Path) -> None:
    async with store_in(tmp_path):
        pass
    with sqlite.open_engine(tmp_path / "bavn.db").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


async def test_the_program_knows_its_newest_migration(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        [found] = await bench.rows("select version_num from alembic_version")
        assert found["version_num"] == schema.HEAD


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.store.run(
            lambda tx, _: tx.connection.execute(text("update alembic_version set version_num = '9999'")), None
        )
    with pytest.raises(StoreUnfit, match="9999"):
        await Store.open(tmp_path / "bavn.db", lambda: NOW)


async def test_a_changed_octet_of_the_audit_is_found_even_if_it_is_no_text_any_more(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept()
        damage = (
            "update audit set record = cast(x'ff' || substr(cast(record as blob), 2) as text) where n = 1"
        )
        await bench.store.run(lambda tx, _: tx.connection.execute(text(damage)), None)
        assert [flaw.n for flaw in await bench.flaws()] == [1]


# Restarts


async def test_after_a_crash_what_was_being_sent_is_unknown_once(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt", "leder")
        [claimed] = await bench.claim()
    async with store_in(tmp_path) as bench:
        assert await bench.store.run(recover, None) == 1
        assert await bench.store.run(recover, None) == 0
        rows = await bench.rows("select id, evidence from attempts order by id")
        assert {r["id"]: r["evidence"] for r in rows}[claimed.attempt_id] == Evidence.UNKNOWN
        [other] = await bench.claim()
        assert other.attempt_id != claimed.attempt_id


async def test_after_a_restart_the_timers_go_on_and_do_not_begin_anew(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept(precedence=Precedence.FLASH)
        due = await bench.store.read(next_look, None)
    async with store_in(tmp_path, at=NOW + 2 * M) as bench:
        await bench.store.run(recover, None)
        assert await bench.store.read(next_look, None) == due
        bench.later(M)
        await bench.store.run(look, None)
        assert (await bench.rows("select round from deliveries"))[0]["round"] == 2


async def test_after_a_restart_numbers_and_codes_go_on(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        first = await bench.accept()
    async with store_in(tmp_path) as bench:
        second = await bench.accept()
        assert first.code != second.code
        assert [r["id"] for r in await bench.rows("select id from alerts order by id")] == [1, 2]
        assert await bench.flaws() == []


# Withdrawals


def follower(bench: Bench, of: Accepted, status: Status = Status.EXERCISE) -> Any:
    sender = "krisestab.eksempelkommune.invalid"
    return bench.acceptance(
        msg_type=MsgType.UPDATE,
        withdrawal=Withdrawal.CORRECTION,
        references=(Reference(sender, of.identifier, NOW),),
        status=status,
        precedence=Precedence.ROUTINE,
    )


async def test_a_correction_goes_to_exactly_those_who_may_have_got_the_text(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        first = await bench.accept("vagt", "leder")
        [sent] = await bench.claim()
        await bench.conclude(sent, "unknown")
        second = await bench.store.run(withdraw, follower(bench, first))
        assert isinstance(second, Accepted)
        rows = await bench.rows("select alert_id, recipient, ended from deliveries order by id")
        assert [(r["recipient"], r["ended"]) for r in rows] == [
            ("vagt", "cancelled"),
            ("leder", "cancelled"),
            ("vagt", None),
        ]
        assert [c.replaces_code for c in await bench.claim(window=4)] == [first.code]


@pytest.mark.parametrize("status", [Status.DRAFT, Status.TEST])
async def test_a_drafted_correction_withdraws_nothing(tmp_path: Path, status: Status) -> None:
    async with store_in(tmp_path) as bench:
        first = await bench.accept("vagt")
        await bench.store.run(withdraw, follower(bench, first, status))
        assert [c.identifier for c in await bench.claim()] == [first.identifier]


async def test_what_is_stopped_is_not_handed_over(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        first = await bench.accept("vagt", "leder")
        stopped = await bench.store.run(stop, first.identifier)
        assert (stopped.not_sent, stopped.may_have_it) == (2, 0)
        assert await bench.claim(window=4) == []


async def test_what_has_expired_is_not_handed_over(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept(precedence=Precedence.FLASH)
        bench.later(timedelta(hours=2))
        assert await bench.claim() == []
        await bench.store.run(look, None)
        assert [r["ended"] for r in await bench.rows("select ended from deliveries")] == ["expired"]


# Who stands in the audit


async def test_each_end_is_in_the_audit_even_of_those_who_have_no_way(tmp_path: Path) -> None:
    people = [{"id": "vagt", "name": "Vagten", "addresses": ["sms:+4500000001"], "exercise": True}]
    async with store_in(tmp_path, people=people) as bench:
        assert (await bench.accept()).no_route == ("vagt",)
        said = [json.loads(r["record"]) for r in await bench.rows("select record from audit")]
        assert [(r["event"], r["ended"]) for r in said if "ended" in r] == [("no_route", "failed")]


async def test_no_name_number_or_text_stands_in_the_audit(tmp_path: Path) -> None:
    people = [
        {
            "id": "vagt",
            "name": "Ida Prøve",
            "exercise": True,
            "addresses": ["sms:+4500000001", "loopback:ida"],
        }
    ]
    async with store_in(tmp_path, people=people) as bench:
        await bench.accept(headline="Hemmelig overskrift")
        [sent] = await bench.claim()
        await bench.conclude(sent, "refused", detail="550 5.1.1 <loopback:ida>: Ida Prøve is unknown here")
        said = " ".join(r["record"] for r in await bench.rows("select record from audit"))
        assert '"code":"550 5.1.1"' in said
        for secret in ("Ida", "ida", "4500000001", "Hemmelig", "Prøve"):
            assert secret not in said


async def test_an_erased_person_is_nowhere_and_the_chain_still_holds(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt", "leder")
        await bench.accept("vagt", precedence=Precedence.FLASH)
        [sent] = await bench.claim()
        await bench.conclude(sent, detail="taken for loopback:vagt")
        await bench.store.run(erase, "vagt")
        tables = ("contacts", "deliveries", "attempts", "parts", "answers", "inbound", "audit", "persons")
        for table in tables:
            assert "loopback:vagt" not in str(await bench.rows(f"select * from {table}"))
        assert len(await bench.rows("select id from persons")) == 1
        assert await bench.flaws() == []
        with pytest.raises(NotFound):
            await bench.store.run(erase, "vagt")


async def test_after_an_erasure_nothing_more_leaves_and_late_news_hurts_nobody(tmp_path: Path) -> None:
    async with store_in(tmp_path, a_way()) as bench:
        await bench.accept("vagt", precedence=Precedence.PRIORITY)
        await bench.accept("vagt", precedence=Precedence.FLASH)
        [sent] = await bench.claim()
        await bench.store.run(erase, "vagt")
        await bench.conclude(sent)
        late = Report(reference=f"ref-{sent.attempt_id}", evidence=Evidence.DELIVERED, at=bench.now)
        assert await bench.store.run(report, ("loop", late))
        bench.later(timedelta(days=2))
        await bench.store.run(look, None)
        assert await bench.claim(window=4) == []
        assert await bench.store.read(next_look, None) is None
        assert "loopback:vagt" not in str(await bench.rows("select * from parts"))


# Idempotency


async def test_the_same_cap_file_to_other_people_is_not_the_same_message(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        one = bench.acceptance("vagt", key="cap").alert
        found = []
        for to in (("vagt",), ("vagt",), ("leder",)):
            submission = Submission(submitter="afsender", key="cap", to=to)
            item = judge(one, submission, world=bench.store.world, now=NOW, body=b"<cap/>", cap=b"<cap/>")
            found.append(await bench.store.run(accept, item))
        assert [type(each) for each in found] == [Accepted, Accepted, Conflict]
        assert found[1].replayed


def test_reading_never_writes(tmp_path: Path) -> None:
    engine = sqlite.open_engine(tmp_path / "x.db", read_only=True)
    with engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        write(connection)


def write(connection: Connection) -> None:
    connection.execute(text("create table x (y)"))
