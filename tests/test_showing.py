"""What the store shows of an alert: who has what of its answers cannot wait, and what a withdrawal leaves."""

from pathlib import Path

from gateway.store.accepting import withdraw
from gateway.store.cries import count_untaken
from gateway.store.inbox import Taken, take
from gateway.store.showing import Wanted, alert_row, list_alerts, show_alert
from gateway.store.stopping import stop
from messages.alert import MsgType, from_json
from messages.precedence import Precedence
from tests.asking import asked, hears
from tests.stores import store_in


async def test_an_urgent_answer_stands_beside_its_alert_with_who_has_it(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, "1")
        assert (await bench.store.read(show_alert, sent.identifier))["deliveries"][0]["items"] == []
        await hears(bench, "4")
        assert await bench.store.read(count_untaken, None) == 1
        await bench.store.run(take, Taken(2, "Anna"))
        [delivery] = (await bench.store.read(show_alert, sent.identifier))["deliveries"]
        [item] = delivery["items"]
        assert (item["number"], item["owner"], item["handled_at"]) == (2, "Anna", None)
        assert await bench.store.read(count_untaken, None) == 0


async def test_a_cry_of_somebody_who_was_not_asked_says_who_has_it(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, f"{sent.code} 4", sender="loopback:fremmed")
        [loose] = (await bench.store.read(show_alert, sent.identifier))["unconfirmed_answers"]
        assert (loose["urgent"], loose["owner"], loose["taken_at"]) == (True, None, None)


FAR = [{"id": "vagt", "name": "Vagt uden vej", "addresses": ["tel:+4500000009"], "exercise": True}]


async def test_of_what_was_withdrawn_nobody_is_missing_and_nobody_is_rung(tmp_path: Path) -> None:
    async def standing() -> tuple[bool, int]:
        [delivery] = (await bench.store.read(show_alert, sent.identifier))["deliveries"]
        [summary] = await bench.store.read(list_alerts, Wanted())
        return delivery["call"], summary["missing"]

    async with store_in(tmp_path, people=FAR) as bench:
        sent = await bench.accept("vagt", precedence=Precedence.FLASH)
        assert await standing() == (True, 1)
        await bench.store.run(stop, sent.identifier)
        assert await standing() == (False, 0)


async def test_what_follows_an_alert_is_named_by_its_code(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        earlier = from_json((await bench.store.read(alert_row, sent.identifier)).body)
        changes = {"msg_type": MsgType.UPDATE, "references": (earlier.reference,)}
        after = await bench.store.run(withdraw, bench.acceptance(**changes))
        before, follows = [await bench.store.read(show_alert, x.identifier) for x in (sent, after)]
        assert (before["replaced_by_code"], follows["replaces_code"]) == (after.code, sent.code)
