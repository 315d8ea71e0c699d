"""Alerts over Iridium: what the text becomes, whom it can go to, what it costs, and what its outcome is called."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from channels import base
from channels.iridium import IridiumChannel, IridiumConfig
from hardware.iridium_events import Arrived
from hardware.iridium_status import Held
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.iridium import Bench, until
from tests.memory_bench import virtually
from tests.outgoing import outgoing, words


@asynccontextmanager
async def channel(bench: Bench, **options: Any) -> AsyncIterator[tuple[IridiumChannel, list[base.Event]]]:
    """A channel on the bench's modem, and what it tells."""
    config = IridiumConfig(bearer="iridium", port="in memory", **options)
    heard: list[base.Event] = []

    async def listen() -> None:
        async for event in sat.events():
            heard.append(event)
            await event.settle()

    async with IridiumChannel("sat", config, opener=bench.opener) as sat:
        listening = asyncio.create_task(listen())
        await until(lambda: sat._modem.state.name == "READY")
        yield sat, heard
        listening.cancel()


def of(heard: list[base.Event], kind: type) -> list[Any]:
    return [event for event in heard if isinstance(event, kind)]


@virtually
async def test_the_text_leaves_as_utf_8_and_the_receipt_is_its_serial_number() -> None:
    async with Bench() as bench, channel(bench) as (sat, _):
        receipt = await sat.submit(outgoing("sbd:provisioned", words(text="Mød på Æblevej kl. 10 €")))
        assert (receipt.references, receipt.evidence) == (("0",), Evidence.SUBMITTED)
        assert "Mød på Æblevej kl. 10 €" in bench.sent()[0].decode("utf-8")


@virtually
async def test_a_long_text_is_shortened_to_340_octets() -> None:
    async with Bench() as bench, channel(bench) as (sat, _):
        await sat.submit(outgoing("sbd:provisioned", words(text="Åbn alle døre og gå ud nu. " * 40)))
        assert len(bench.sent()[0]) <= 340


@virtually
async def test_a_resellers_header_names_another_unit_and_the_sender_of_an_answer() -> None:
    async with Bench() as bench, channel(bench, addressing="rockblock") as (sat, heard):
        await sat.submit(outgoing("sbd:RB0012345"))
        await sat.submit(outgoing("sbd:provisioned"))
        assert [payload.startswith(b"RB0012345") for payload in bench.sent()] == [True, False]
        bench.modem.queue(b"RB0054321JA #K7")
        await until(lambda: of(heard, base.Inbound))
        (answer,) = of(heard, base.Inbound)
        assert (answer.sender, answer.text) == ("sbd:RB0054321", "JA #K7")


@pytest.mark.parametrize("address", ["sbd:RB0012345", "sbd:300234010753370", "sms:+4500000001"])
@virtually
async def test_a_destination_that_no_message_can_carry_never_will(address: str) -> None:
    async with Bench() as bench, channel(bench) as (sat, _):
        with pytest.raises(base.PermanentFailure):
            await sat.submit(outgoing(address))
        assert bench.sent() == []


@pytest.mark.parametrize("payload", [b"\xff\xfe\x00", "Vi er på vej æøå".encode()])
@virtually
async def test_what_comes_in_is_passed_on_with_its_octets_and_settled(payload: bytes) -> None:
    async with Bench() as bench, channel(bench) as (_, heard):
        bench.modem.queue(payload)
        await until(lambda: of(heard, base.Inbound) and bench.modem.device.mt is None)
        (inbound,) = of(heard, base.Inbound)
        assert inbound.raw == payload.hex().upper()
        assert inbound.text in {"", "Vi er på vej æøå"}
        assert inbound.bearer_id.startswith("300234010753370-1-")


@virtually
async def test_an_answer_that_is_read_again_by_the_next_process_is_known_by_its_name() -> None:
    """Killed between the hub's commit and the modem's deletion."""
    async with Bench() as bench:
        names: list[base.Inbound] = []
        for start in range(2):
            config = IridiumConfig(bearer="iridium", port="in memory")
            async with IridiumChannel("sat", config, opener=bench.opener) as sat:
                if not start:
                    bench.modem.queue(b"1")
                async for event in sat.events():
                    if isinstance(event, base.Inbound):
                        names.append(event)
                        break
    first, again = names
    assert (first.also, again.raw) == ((), first.raw)
    assert first.bearer_id in {again.bearer_id, *again.also}


@virtually
async def test_an_answer_found_at_a_start_is_none_that_was_kept_before_another_message_left() -> None:
    """The hub was killed over a "1" whose number had come round; the one that is kept came before a message left."""
    async with Bench() as bench:
        names: list[base.Inbound] = []
        for momsn in (5, 6):
            bench.modem.device.mt, bench.modem.device.numbers.mtmsn = b"1", 1
            bench.modem.device.numbers.momsn = momsn
            async with IridiumChannel(
                "sat", IridiumConfig(bearer="iridium", port="in memory"), opener=bench.opener
            ) as sat:
                names.append(await anext(e async for e in sat.events() if isinstance(e, base.Inbound)))
    assert names[0].bearer_id not in {names[1].bearer_id, *names[1].also}


@virtually
async def test_an_answer_in_the_same_words_is_none_that_was_there_though_the_numbers_begin_again() -> None:
    """The modem is exchanged and put back, and each "1" is the first message of its subscription."""
    async with Bench() as bench, channel(bench, look_every_hours=168) as (sat, heard):
        first = bench.modem.device.imei
        for imei in (first, "300234099999990", first):
            bench.modem.replace(imei)
            bench.modem.network.hold_s = 0
            await until(lambda: sat._modem.state.name != "READY")
            await until(lambda: sat._modem.state.name == "READY")
            count = len(of(heard, base.Inbound))
            bench.modem.queue(b"1")
            await until(lambda count=count: len(of(heard, base.Inbound)) > count)  # type: ignore[misc]
        names = {inbound.bearer_id for inbound in of(heard, base.Inbound)}
        assert (len(names), {inbound.also for inbound in of(heard, base.Inbound)}) == (3, {()})


def test_the_same_answer_has_another_name_from_another_modem_and_another_minute() -> None:
    sat = IridiumChannel("sat", IridiumConfig(bearer="iridium", port="x"))
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    arrived = Arrived(b"1", 1, base._nothing, imei="300234010753370", at=at, brought=True)
    others = [replace(arrived, imei="300234099999990"), replace(arrived, at=at + timedelta(minutes=1))]
    found = replace(arrived, at=at + timedelta(hours=60), brought=False)
    names = {sat._inbound(event).bearer_id for event in (arrived, *others)}
    assert len(names) == 3
    assert sat._inbound(replace(arrived, before=1)).bearer_id not in names
    assert names & set(sat._inbound(found).also) == {
        sat._inbound(item).bearer_id for item in (arrived, others[1])
    }


@pytest.mark.parametrize(
    ("status", "error"),
    [(32, base.TransientFailure), (12, base.PermanentFailure), (33, base.ChannelDown), (18, base.Unknown)],
)
@virtually
async def test_an_outcome_is_called_what_it_is(status: int, error: type[base.ChannelError]) -> None:
    async with Bench() as bench, channel(bench) as (sat, _):
        bench.modem.network.status = status
        with pytest.raises(error) as raised:
            await sat.submit(outgoing("sbd:provisioned"))
        assert raised.value.code == str(status)
        if isinstance(raised.value.__cause__, Held):
            assert isinstance(raised.value, base.TransientFailure)
            assert raised.value.retry_at is not None


@virtually
async def test_an_unknown_outcome_is_told_when_it_is_known() -> None:
    async with Bench() as bench, channel(bench) as (sat, heard):
        bench.modem.network.latency_s = 15
        pulled = outgoing("sbd:provisioned", hand_over=lambda: bench.modem.later(5, lambda: bench.pull(100)))
        with pytest.raises(base.Unknown) as unknown:
            await sat.submit(pulled)
        await until(lambda: of(heard, base.Report))
        (report,) = of(heard, base.Report)
        assert ((report.reference,), report.evidence) == (unknown.value.references, Evidence.SUBMITTED)


@virtually
async def test_a_test_goes_round_within_the_modem_and_costs_nothing() -> None:
    async with Bench() as bench, channel(bench) as (sat, _):
        tested = await base.examine(sat)
        assert tested.health.state is base.State.UP
        assert "256 octets went round" in tested.proved[0]
        assert (bench.sessions(), sat._modem.budget.left) == ([], 100)


@virtually
async def test_spent_credits_stop_what_is_not_urgent() -> None:
    async with Bench() as bench, channel(bench, credits_per_day=1) as (sat, _):
        await sat.submit(outgoing("sbd:provisioned", precedence=Precedence.FLASH))
        await sat.submit(outgoing("sbd:provisioned", precedence=Precedence.FLASH))
        with pytest.raises(base.TransientFailure, match="credits") as spent:
            await sat.submit(outgoing("sbd:provisioned", precedence=Precedence.ROUTINE))
        assert spent.value.retry_at is not None
        assert len(bench.sent()) == 2


def test_measuring_counts_octets_and_credits() -> None:
    measure = IridiumChannel("sat", IridiumConfig(bearer="iridium", port="x")).capability.measure
    sizes = [measure(text) for text in ("", "å" * 25, "å" * 26, "å" * 170, "å" * 171)]
    assert [(size.parts, size.octets, size.cost) for size in sizes] == [
        *((1, 0, 1), (1, 50, 1), (1, 52, 2), (1, 340, 7), (2, 342, 7)),
    ]


@pytest.mark.parametrize("table", [{"port": ""}, {"port": "tcp://x"}, {"port": "x", "addressing": "imei"}])
def test_a_wrong_table_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        IridiumConfig(bearer="iridium", **table)


def test_the_schedule_is_of_hours() -> None:
    config = IridiumConfig(bearer="iridium", port="x", look_every_hours=2)
    assert IridiumChannel("sat", config)._timing.mailbox_s == timedelta(hours=2).total_seconds()
