"""The tetra channel: what a radio shows, what its reports prove, and what an answer from one becomes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from channels import base
from channels.base import (
    HealthChanged,
    Inbound,
    PermanentFailure,
    Report,
    State,
    TransientFailure,
    Unknown,
    Withdrawn,
)
from channels.tetra import TetraChannel, TetraConfig
from channels.tetra_inbound import inbound_event
from hardware.codecs.sds_status import Status
from hardware.emulators.tetra_network import STATUS, Incoming
from hardware.tetra_events import Received
from messages.answer import Kind, read_answer
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.memory_bench import virtually
from tests.outgoing import outgoing, words
from tests.tetra import GROUP, PEER, Bench, until

OPTIONS = (("1", "kommer"), ("2", "kommer ikke"))


def config(**options: Any) -> TetraConfig:
    table = {"bearer": "tetra", "port": "in memory", "groups": [GROUP], "statuses": {"32770": "1"}, **options}
    return TetraConfig.model_validate(table)


class Hub:
    """Reads a channel's events and settles each, as the hub does."""

    def __init__(self, channel: TetraChannel) -> None:
        self.channel, self.events = channel, list[Any]()

    async def follow(self) -> None:
        async for event in self.channel.events():
            self.events.append(event)
            await event.settle()

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def health(self) -> State:
        return self.of(HealthChanged)[-1].health.state if self.of(HealthChanged) else State.STARTING


@asynccontextmanager
async def up(bench: Bench, **options: Any) -> AsyncIterator[tuple[TetraChannel, Hub]]:
    async with TetraChannel("sine", config(**options), opener=bench.opener) as channel:
        hub = Hub(channel)
        following = asyncio.create_task(hub.follow())
        await until(lambda: hub.health() is State.UP)
        yield channel, hub
    await following


@virtually
async def test_a_text_leaves_and_its_report_is_evidence_for_the_address_as_given() -> None:
    async with Bench() as bench, up(bench) as (channel, hub):
        receipt = await channel.submit(outgoing("sds:02345678"))
        await until(lambda: hub.of(Report))
        report = hub.of(Report)[0]
        assert receipt.evidence is Evidence.SUBMITTED
        assert (report.reference, str(report.address)) == (receipt.references[0], "sds:02345678")
        assert report.evidence is Evidence.DELIVERED


@pytest.mark.parametrize(
    ("text", "radio_text", "sent"),
    [
        ("Mød på stationen.", "", ["Mød på stationen. Svar 1=kommer 2=kommer ikke #K7"]),
        ("x " * 200, "Mød på stationen.", ["Mød på stationen. Svar 1=kommer 2=kommer ikke #K7"]),
        ("Mød. Pris: 10 €", "", ["Mød. Pris: 10 € Svar 1=kommer 2=kommer ikke #K7"]),
        ("Ждать 🚨", "", None),
        ("Mød på stationen. " * 5, "", None),
    ],
)
@virtually
async def test_the_radio_text_goes_before_any_other_and_long_ones_in_parts(
    text: str, radio_text: str, sent: list[str] | None
) -> None:
    async with Bench() as bench, up(bench) as (channel, _):
        said = words(headline="Mød", text=text, radio_text=radio_text, sender_name="")
        receipt = await channel.submit(outgoing(f"sds:{PEER}", said))
        texts = [line["text"] for line in bench.sent()]
        assert sent is None or texts == sent
        assert text.strip() in "".join(texts) or radio_text in texts[0]
        told = channel.capability.shortened
        assert told is not None
        assert told(said).carries[-1:] == (("radio_text",) if radio_text else ("text",))
        assert len(receipt.references) == len(texts) == channel.capability.measure("".join(texts)).parts


@pytest.mark.parametrize("to", [f"sds:group:{GROUP}", f"sds:{GROUP}"])
@virtually
async def test_a_group_is_not_asked_for_reports(to: str) -> None:
    async with Bench() as bench, up(bench) as (channel, hub):
        receipt = await channel.submit(outgoing(to))
        await asyncio.sleep(30)
        assert receipt.evidence is Evidence.SUBMITTED
        assert [(line["to"], line["wanted"]) for line in bench.sent()] == [(GROUP, 0)] * len(
            receipt.references
        )
        assert hub.of(Report) == []


@pytest.mark.parametrize(
    ("reports", "wanted", "proof", "seen"),
    [
        ("none", 0, Evidence.SUBMITTED, []),
        ("received", 1, Evidence.DELIVERED, [Evidence.DELIVERED]),
        ("consumed", 3, Evidence.READ, [Evidence.DELIVERED, Evidence.READ]),
    ],
)
@virtually
async def test_reports_are_asked_for_as_configured(
    reports: str, wanted: int, proof: Evidence, seen: list[Evidence]
) -> None:
    async with Bench() as bench, up(bench, reports=reports, max_bits=1120) as (channel, hub):
        bench.radio.network.consumes = True
        await channel.submit(outgoing(f"sds:{PEER}"))
        await asyncio.sleep(60)
        assert bench.sent()[0]["wanted"] == wanted
        assert channel.capability.max_evidence is proof
        assert [report.evidence for report in hub.of(Report)] == seen


@pytest.mark.parametrize(
    ("status", "evidence"), [(0x4B, Evidence.REFUSED), (0x21, Evidence.UNKNOWN), (0x5A, Evidence.REFUSED)]
)
@virtually
async def test_a_report_that_it_was_not_delivered_is_said_as_it_is(status: int, evidence: Evidence) -> None:
    async with Bench() as bench, up(bench, max_bits=1120) as (channel, hub):
        bench.radio.network.refusals[PEER] = status
        await channel.submit(outgoing(f"sds:{PEER}"))
        await until(lambda: hub.of(Report))
        assert hub.of(Report)[0].evidence is evidence
        assert f"({status:02X})" in hub.of(Report)[0].detail


@virtually
async def test_a_report_on_what_was_uncertain_is_first_its_late_receipt() -> None:
    async with Bench() as bench, up(bench, max_bits=1120) as (channel, hub):
        bench.radio.faults.arm("sent-but-failed", {})
        with pytest.raises(Unknown) as unknown:
            await channel.submit(outgoing(f"sds:{PEER}"))
        await until(lambda: len(hub.of(Report)) == 2)
        assert [report.evidence for report in hub.of(Report)] == [Evidence.SUBMITTED, Evidence.DELIVERED]
        assert {(report.reference,) for report in hub.of(Report)} == {unknown.value.references}


def silent(bench: Bench) -> None:
    bench.radio.device.make.tells_on_air = False


def late(bench: Bench) -> None:
    bench.radio.faults.arm("late-cmgs", {"seconds": 20})


@pytest.mark.parametrize(
    ("radio", "text"),
    [(silent, "Mød nu"), (late, "Mød nu"), (silent, "Mød på stationen. " * 7)],
    ids=["silent", "late", "silent, in parts"],
)
@virtually
async def test_a_report_that_comes_before_the_radios_word_proves_that_it_left(
    radio: Callable[[Bench], None], text: str
) -> None:
    async with Bench() as bench, up(bench) as (channel, hub):
        radio(bench)
        handed = outgoing(f"sds:{PEER}", words(text=text, sender_name="", headline="Mød", answers=()))
        receipt = await channel.submit(handed)
        await until(lambda: len(hub.of(Report)) == len(bench.sent()))
        reports = hub.of(Report)
        assert (tuple(report.reference for report in reports), len(bench.sent())) == (
            receipt.references,
            len(receipt.references),
        )
        assert {(report.evidence, report.attempt) for report in reports} == {
            (Evidence.DELIVERED, handed.attempt)
        }


@virtually
async def test_a_text_whose_hand_over_is_given_up_is_known_by_its_reference_and_attempt() -> None:
    """No word and no report in time; then the report, perhaps before the hub has kept that it is unknown."""
    async with Bench() as bench, up(bench) as (channel, hub):
        silent(bench)
        bench.radio.network.latency_s = 15
        handed = outgoing(f"sds:{PEER}", words(text="Mød nu", sender_name="", headline="Mød", answers=()))
        with pytest.raises(Unknown) as unknown:
            await channel.submit(handed)
        assert (len(unknown.value.references), unknown.value.parts, hub.of(Report)) == (1, 1, [])
        await until(lambda: len(hub.of(Report)) == 2)
        assert [report.evidence for report in hub.of(Report)] == [Evidence.SUBMITTED, Evidence.DELIVERED]
        assert {(report.reference,) for report in hub.of(Report)} == {unknown.value.references}
        assert {report.attempt for report in hub.of(Report)} == {handed.attempt}


@virtually
async def test_a_text_that_goes_on_air_late_is_told_as_its_receipt() -> None:
    async with Bench() as bench, up(bench, max_bits=1120, reports="none") as (channel, hub):
        bench.radio.network.latency_s = 40
        with pytest.raises(Unknown):
            await channel.submit(outgoing(f"sds:{PEER}"))
        await until(lambda: hub.of(Report))
        assert [report.evidence for report in hub.of(Report)] == [Evidence.SUBMITTED]


@virtually
async def test_a_later_part_that_fails_is_unknown_and_the_rest_leaves() -> None:
    async with Bench() as bench, up(bench) as (channel, _):
        bench.radio.faults.arm("part-fails", {})
        with pytest.raises(Unknown) as unknown:
            await channel.submit(outgoing(f"sds:{PEER}", words(text="Mød på stationen. " * 7)))
        assert len(unknown.value.references) == unknown.value.parts - 1  # the rest left all the same
        assert "part 2 of 3" in unknown.value.reason


@virtually
async def test_what_is_withdrawn_between_parts_is_unknown() -> None:
    calls: list[str] = []

    def withdraw() -> None:
        calls.append("asked")
        if len(calls) == 2:
            raise Withdrawn("expired")

    async with Bench() as bench, up(bench) as (channel, _):
        with pytest.raises(Unknown, match="withdrawn after part 1"):
            await channel.submit(outgoing(f"sds:{PEER}", words(text="Mød. " * 30), hand_over=withdraw))
        assert len(bench.sent()) == 1


@virtually
async def test_speech_makes_a_text_wait_and_the_channel_stays_up() -> None:
    async with Bench() as bench, up(bench, max_bits=1120) as (channel, hub):
        bench.radio.start_call(PEER, seconds=60, group=True)
        await asyncio.sleep(1)
        with pytest.raises(TransientFailure, match="busy with speech"):
            await channel.submit(outgoing(f"sds:{PEER}"))
        assert hub.health() is State.UP
        assert "speech" in hub.of(HealthChanged)[-1].health.reason


@pytest.mark.parametrize(
    ("user_data", "service", "text", "kind"),
    [
        (bytes.fromhex("8204C9014A41"), 12, "JA", Kind.YES),
        (bytes.fromhex("02014A41"), 12, "JA", Kind.YES),
        (Status(32770).encode(), STATUS, "1", Kind.OPTION),
        (Status(40000).encode(), STATUS, "Status 40000", Kind.UNREAD),
        (Status(0).encode(), STATUS, "Nødstatus fra radioen: brug for hjælp", Kind.HELP),
        (bytes.fromhex("8204"), 12, "", Kind.UNREAD),
    ],
)
@virtually
async def test_what_comes_from_a_radio_is_an_answer(
    user_data: bytes, service: int, text: str, kind: Kind
) -> None:
    async with Bench() as bench, up(bench) as (_, hub):
        bench.radio.network.bring(Incoming(service, PEER, "1234567", user_data))
        await until(lambda: hub.of(Inbound))
        (message,) = hub.of(Inbound)
        assert (message.sender, message.text, message.raw) == (f"sds:{PEER}", text, user_data.hex().upper())
        assert read_answer(message.text, OPTIONS).kind is kind


@virtually
async def test_the_same_message_again_has_the_same_name_and_the_same_status_another() -> None:
    async with Bench() as bench, up(bench) as (_, hub):
        for _ in range(2):
            bench.radio.network.bring(Incoming(12, PEER, "1234567", bytes.fromhex("8204C9014A41")))
            bench.radio.network.bring(Incoming(STATUS, PEER, "1234567", Status(32770).encode()))
        await until(lambda: len(hub.of(Inbound)) == 4)
        texts = [message.bearer_id for message in hub.of(Inbound) if message.text == "JA"]
        statuses = [message.bearer_id for message in hub.of(Inbound) if message.text == "1"]
        assert (len(set(texts)), len(set(statuses))) == (1, 2)


@pytest.mark.parametrize(("later_s", "known"), [(0, True), (1, True), (59, True), (599, True), (720, False)])
@pytest.mark.parametrize("second", [0, 599, 600 * 1000 - 1])
def test_a_repetition_is_known_by_an_earlier_name_at_any_moment(
    later_s: int, known: bool, second: int
) -> None:
    event = Received(12, PEER, "1234567", bytes.fromhex("8204C9014A41"), False, base._nothing)
    first, again = (
        inbound_event(event, {}, now=datetime.fromtimestamp(second + later, UTC)) for later in (0, later_s)
    )
    assert (first.bearer_id in {again.bearer_id, *again.also}) is known


def test_a_restart_within_minutes_uses_no_reference_that_may_still_be_reported_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, config = 1_800_000_000.0, TetraConfig(bearer="tetra", port="x")
    used = []
    for started_s in (0, 30, 300):  # each process sends a message every three seconds until the next begins
        monkeypatch.setattr("channels.tetra.time.time", lambda at=started_s: now + at)
        first = TetraChannel("radio", config)._reference
        used += [(first + number) % 256 for number in range({0: 10, 30: 90, 300: 1}[started_s])]
    assert len(set(used)) == len(used)


@virtually
async def test_the_parts_of_a_long_answer_are_named() -> None:
    async with Bench() as bench, up(bench) as (_, hub):
        bench.radio.network.receive(PEER, "Vi er på vej. " * 20, report=True)
        await until(lambda: len(hub.of(Inbound)) == 3)
        assert [message.part for message in hub.of(Inbound)] == [(0, 3, 1), (0, 3, 2), (0, 3, 3)]
        await until(lambda: not bench.radio.network.unreported)


@virtually
async def test_a_validity_is_given_to_a_network_that_knows_how() -> None:
    async with Bench() as bench, up(bench, store_and_forward=True, max_bits=1120) as (channel, _):
        await channel.submit(outgoing(f"sds:{PEER}"))
        assert bench.sent()[0]["raw"][2:4] == "05"
        assert bench.sent()[0]["raw"][6:8] == "87"  # 16: one hour; 7: no forward address


@pytest.mark.parametrize(
    ("immediate", "precedence", "pid"),
    [
        (True, Precedence.FLASH, "89"),
        (True, Precedence.IMMEDIATE, "82"),
        (False, Precedence.FLASH, "82"),
    ],
)
@virtually
async def test_a_flash_is_shown_at_once_where_that_is_allowed(
    immediate: bool, precedence: Precedence, pid: str
) -> None:
    async with Bench() as bench, up(bench, immediate=immediate) as (channel, hub):
        said = words(radio_text="Mød nu")
        receipt = await channel.submit(outgoing(f"sds:{PEER}", said, precedence=precedence))
        assert bench.sent()[0]["raw"][:2] == pid
        await until(lambda: hub.of(Report))
        assert (hub.of(Report)[0].reference,) == receipt.references


@virtually
async def test_a_test_proves_the_radio_and_the_network_and_sends_nothing() -> None:
    async with Bench() as bench, up(bench) as (channel, _):
        tested = await channel.test()
        assert tested.proved == (
            "the radio answers (54009,EMULATED,91.2.0.0)",
            "registered in the network",
            "signal -73 dBm",
        )
        bench.radio.cover(False)
        await asyncio.sleep(1)
        assert (await channel.test()).health.state is State.DOWN
        assert bench.radio.journal.of("sent") == []


@virtually
async def test_the_log_of_the_port_shows_the_dialogue_without_its_words() -> None:
    async with Bench() as bench, up(bench) as (channel, _):
        await channel.submit(outgoing(f"sds:{PEER}"))
        log = "\n".join(channel.port_log())
        assert "AT+CTSDS=" in log
        assert PEER not in log
        assert bench.sent()[0]["raw"] not in log


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"port": "ftp://x"}, "socket://"),
        ({"statuses": {"0": "1"}}, "32768 to 65535"),
        ({"groups": ["x"]}, "group number"),
        ({"max_bits": 100}, "greater than or equal to 160"),
        ({"pin": "1234"}, "Extra inputs"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        config(**options)


@virtually
async def test_an_address_that_is_no_radio_is_refused_for_good() -> None:
    async with Bench() as bench, up(bench) as (channel, _):
        for to in ("sms:+4500000001", "sds:99999999"):
            with pytest.raises(PermanentFailure):
                await channel.submit(outgoing(to))
        assert bench.sent() == []
