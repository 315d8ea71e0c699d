"""After a start what came while the hub was down is read before anybody who may have answered is written to again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.base import Inbound
from gateway.store.receiving import receive
from gateway.store.sending import Claim, claim
from messages.precedence import Precedence
from tests.hubs import hub_in, until
from tests.stores import Bench, store_in

FLASH, IMMEDIATE, *_ = Precedence


async def may_have(bench: Bench, precedence: Precedence) -> None:
    """A question that fell silent: the next round waits."""
    await bench.accept("vagt", precedence=precedence, answers=(("1", "kommer"),))
    [claimed] = await bench.claim()
    await bench.conclude(claimed, "unknown")
    sql = "update attempts set state = 0, evidence = 0 where id = :n"
    await bench.store.run(lambda tx, n: tx.connection.exec_driver_sql(sql, {"n": n}), claimed.attempt_id)


@pytest.mark.parametrize(
    ("precedence", "known", "leaves"),
    [(FLASH, True, True), (FLASH, False, True), (IMMEDIATE, True, False), (IMMEDIATE, False, True)],
)
async def test_only_who_may_have_answered_waits_for_what_is_being_read(
    tmp_path: Path, precedence: Precedence, *, known: bool, leaves: bool
) -> None:
    async with store_in(tmp_path) as bench:
        await (may_have(bench, precedence) if known else bench.accept("vagt", precedence=precedence))
        assert bool(await bench.store.run(claim, Claim("loop", 1, 0, reading=True))) is leaves
        assert bool(await bench.claim()) is not leaves


async def test_an_answer_that_waited_for_the_hub_ends_the_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.hub.READ_FIRST_S", 1.0)
    (tmp_path / "var").mkdir(mode=0o700)
    async with store_in(tmp_path / "var", at=datetime.now(UTC).replace(microsecond=0)) as bench:
        await may_have(bench, IMMEDIATE)
        await bench.accept("leder", precedence=IMMEDIATE)
    async with hub_in(tmp_path) as desk:
        await until(lambda: desk.arrived() == ["leder"])
        answer = Inbound(bearer_id="1", sender="loopback:vagt", text="1", at=datetime.now(UTC))
        assert (await desk.hub.store.run(receive, ("loop", answer))).recipient == "vagt"
        await until(lambda: desk.hub.dispatchers["loop"]._reading_s() <= 0)
        await desk.ended((await desk.send("leder"))["id"])
        assert desk.arrived() == ["leder", "leder"]
