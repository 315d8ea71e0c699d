"""The SMS channel over a modem: its parts, its failures, its reports and what comes in."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import (
    ChannelDown,
    ChannelError,
    Event,
    Inbound,
    PermanentFailure,
    Report,
    State,
    TransientFailure,
    Unknown,
    Withdrawn,
)
from channels.numbers import sender_of
from channels.sms_modem import SmsModemChannel, SmsModemConfig, meaning, measure
from hardware.codecs.tpdu import StatusReport, decode_submit
from messages.address import Address, AddressError, parse_address
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.gsm import FACTOR, Bench, until
from tests.outgoing import outgoing, words

TO = "sms:+4500000001"
THREE = words(text="Mød på kommandostationen på Æblevej kl. 10. " * 8)
CASES = json.loads((Path(__file__).parent / "data" / "badinput-sms.json").read_text("utf-8"))["cases"]


def cases(name: str) -> list[Any]:
    return [pytest.param(case["value"], id=case["id"]) for case in CASES if case["class"] == name]


@asynccontextmanager
async def channel(bench: Bench, **table: object) -> AsyncIterator[SmsModemChannel]:
    given = {"bearer": "sms-modem", "port": "in memory", "time_factor": FACTOR} | table
    config = SmsModemConfig.model_validate(given)
    async with SmsModemChannel("sms-a", config, opener=bench.opener) as entered:
        await until(lambda: entered._modem.state.name == "READY")
        yield entered


async def heard(entered: SmsModemChannel, kind: type[Event], count: int = 1) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(5):
        async for event in entered.events():
            if isinstance(event, kind):
                found.append(event)
            if len(found) == count:
                break
    return found


def withdrawn_after(parts: int) -> Callable[[], None]:
    calls: list[int] = []

    def hand_over() -> None:
        calls.append(1)
        if len(calls) > parts:
            raise Withdrawn("cancelled")

    return hand_over


async def test_a_long_message_leaves_in_parts_with_a_reference_each() -> None:
    async with Bench() as bench, channel(bench) as sms:
        receipt = await sms.submit(outgoing(TO, THREE))
        parts = [line["part"] for line in bench.sent()]
    assert receipt.references == ("0", "1", "2")
    assert [part[1:] for part in parts] == [[3, 1], [3, 2], [3, 3]]
    assert len({part[0] for part in parts}) == 1


async def test_the_network_is_told_how_long_it_may_try_and_asked_for_a_report() -> None:
    async with Bench() as bench, channel(bench) as sms:
        await sms.submit(outgoing(TO))
        message = decode_submit(bytes.fromhex(bench.sent()[0]["raw"]))
    assert (message.validity, message.report_requested) == (timedelta(hours=1), True)


async def test_hand_over_is_asked_before_every_part() -> None:
    seen: list[int] = []
    async with Bench() as bench, channel(bench) as sms:
        await sms.submit(outgoing(TO, THREE, hand_over=lambda: seen.append(len(bench.sent()))))
    assert seen == [0, 1, 2]


async def test_what_is_withdrawn_after_its_first_part_is_unknown_with_that_reference() -> None:
    async with Bench() as bench, channel(bench) as sms:
        with pytest.raises(Unknown, match="withdrawn after part 1") as raised:
            await sms.submit(outgoing(TO, THREE, hand_over=withdrawn_after(1)))
        assert raised.value.references == ("0",)
        assert len(bench.sent()) == 1
        with pytest.raises(Withdrawn):
            await sms.submit(outgoing(TO, hand_over=withdrawn_after(0)))


async def test_a_part_that_fails_is_tried_again_for_the_sake_of_the_first() -> None:
    async with Bench() as bench, channel(bench) as sms:
        bench.modem.faults.arm("part-fails", {"times": 1})
        receipt = await sms.submit(outgoing(TO, THREE))
    assert len(receipt.references) == len(bench.sent()) == 3


async def test_a_part_that_keeps_failing_leaves_an_unknown_with_what_left() -> None:
    async with Bench() as bench, channel(bench) as sms:
        bench.modem.faults.arm("part-fails", {"times": 9})
        with pytest.raises(Unknown) as raised:
            await sms.submit(outgoing(TO, THREE))
    assert (raised.value.references, raised.value.code) == (("0",), "42")


@pytest.mark.parametrize(
    ("headline", "text", "sent"),
    [
        ("Mød kl. 03.45", "Rådhuset", "Eksempelby Kommune: Mød kl. 03.45. Rådhuset Svar 1=kommer #K7"),
        ("Mød kl. 03.45", "x" * 1000, "Eksempelby Kommune: Mød kl. 03.45 Svar 1=kommer #K7"),
    ],
)
def test_headline_and_text_go_in_one_message_where_its_parts_hold_both(
    headline: str, text: str, sent: str
) -> None:
    config = SmsModemConfig(bearer="sms-modem", port="in memory")
    told = SmsModemChannel("sms-a", config).capability.shortened
    assert told is not None
    found = told(words(headline=headline, text=text, answers=(("1", "kommer"),)))
    assert found.text == sent
    assert found.over == (594 if found.left_out else 0)


@pytest.mark.parametrize(
    ("code", "failure"), [(1, PermanentFailure), (42, TransientFailure), (300, ChannelDown), (332, Unknown)]
)
async def test_a_refusal_becomes_the_failure_that_says_what_to_do(
    code: int, failure: type[ChannelError]
) -> None:
    async with Bench() as bench, channel(bench) as sms:
        bench.modem.network.refusals["+4500000001"] = code
        with pytest.raises(failure) as raised:
            await sms.submit(outgoing(TO))
    assert (type(raised.value), raised.value.code) == (failure, str(code))
    assert raised.value.raw == f"+CMS ERROR: {code}"


async def test_a_pulled_cable_takes_the_channel_down() -> None:
    async with Bench() as bench, channel(bench) as sms:
        bench.pull()
        with pytest.raises(ChannelDown):
            await sms.submit(outgoing(TO))
        assert (await sms.probe()).state is State.DOWN


async def test_a_test_proves_the_modem_the_sim_and_the_network_and_sends_nothing() -> None:
    async with Bench() as bench, channel(bench) as sms:
        found = await sms.test()
        assert (found.health.state, bench.sent()) == (State.UP, [])
    assert found.proved[1:3] == ("the SIM is unlocked", "registered in a network (238-99)")
    assert (found.proved[0][:17], found.proved[3][:8]) == ("the modem answers", "signal -")


@pytest.mark.parametrize(("trouble", "proved"), [("no coverage", 2), ("no cable", 0), ("silence", 0)])
async def test_a_test_proves_no_more_than_there_is(trouble: str, proved: int) -> None:
    async with Bench() as bench, channel(bench) as sms:
        {
            "no coverage": lambda: bench.modem.cover(False),
            "no cable": bench.pull,
            "silence": bench.modem.hang,
        }[trouble]()
        found = await sms.test()
        assert (found.health.state, len(found.proved)) == (State.DOWN, proved)
        assert found.health.reason


async def test_a_text_that_no_part_can_hold_is_refused_for_good() -> None:
    narrow = words(answers=tuple((str(n), "x" * 40) for n in range(300)))
    async with Bench() as bench, channel(bench, max_parts=1) as sms:
        with pytest.raises(PermanentFailure):
            await sms.submit(outgoing(TO, narrow))
        assert bench.sent() == []


async def test_the_limit_a_minute_holds_all_but_flash() -> None:
    async with Bench() as bench, channel(bench, max_per_minute=2) as sms:
        for _ in range(2):
            await sms.submit(outgoing(TO, precedence=Precedence.ROUTINE))
        with pytest.raises(TransientFailure) as raised:
            await sms.submit(outgoing(TO, precedence=Precedence.IMMEDIATE))
        assert raised.value.retry_at is not None
        await sms.submit(outgoing(TO, precedence=Precedence.FLASH))
        assert len(bench.sent()) == 3


@pytest.mark.parametrize(
    ("limit", "max_parts", "sent", "paced"),
    [(2, 1, 1, False), (2, 1, 2, True), (4, 3, 1, False), (4, 3, 2, True), (1, 3, 0, False), (1, 3, 1, True)],
)
async def test_the_channel_says_how_long_its_own_pace_holds_it(
    limit: int, max_parts: int, sent: int, paced: bool
) -> None:
    async with Bench() as bench, channel(bench, max_per_minute=limit, max_parts=max_parts) as sms:
        for _ in range(sent):
            await sms.submit(outgoing(TO, precedence=Precedence.FLASH))
        assert (0 < sms.pause_s() <= 60) is paced


async def test_a_report_names_the_reference_and_the_recipient() -> None:
    async with Bench() as bench, channel(bench) as sms:
        receipt = await sms.submit(outgoing(TO))
        (report,) = await heard(sms, Report)
    assert (report.reference, report.address) == (receipt.references[0], parse_address(TO))
    assert report.evidence is Evidence.DELIVERED


@pytest.mark.parametrize(
    ("status", "evidence"),
    [(0x00, Evidence.DELIVERED), (0x01, Evidence.UNKNOWN), (0x02, Evidence.UNKNOWN), (0x20, Evidence.UNKNOWN),
     (0x30, Evidence.UNKNOWN), (0x3F, Evidence.UNKNOWN), (0x40, Evidence.REFUSED), (0x46, Evidence.REFUSED),
     (0x63, Evidence.REFUSED), (0x7F, Evidence.REFUSED), (0x80, Evidence.UNKNOWN)],
)  # fmt: skip
def test_only_status_zero_proves_that_it_arrived(status: int, evidence: Evidence) -> None:
    assert meaning(status)[0] is evidence


async def test_a_reference_that_comes_late_becomes_a_report() -> None:
    async with Bench() as bench, channel(bench, time_factor=0.01) as sms:
        bench.modem.faults.arm("late-cmgs", {"seconds": 50})
        with pytest.raises(Unknown) as raised:
            await sms.submit(outgoing(TO))
        assert raised.value.references == ()
        late = [r for r in await heard(sms, Report, 2) if r.evidence is Evidence.SUBMITTED]
    assert [(r.reference, r.address) for r in late] == [("0", parse_address(TO))]


@pytest.mark.parametrize(
    ("shown", "sender"),
    [
        ("+4500000009", "sms:+4500000009"),
        ("4500000009", "sms:+4500000009"),
        ("00000009", "sms:+4500000009"),
        ("004500000009", "sms:+4500000009"),
        ("45000009", "sms:+4545000009"),  # eight digits: a whole Danish number, whatever it begins with
        ("491700000009", "sms:+491700000009"),
        ("4670000000", "sms:+4670000000"),
        ("004670000000", "sms:+4670000000"),
        ("1241", "1241"),
        ("12345", "12345"),
        ("TDC Info", "TDC Info"),
    ],
)
async def test_a_sender_is_one_phone_however_the_network_shows_it(shown: str, sender: str) -> None:
    async with Bench() as bench, channel(bench) as sms:
        bench.modem.network.receive(shown, "1")
        (answer,) = await heard(sms, Inbound)
    assert answer.sender == sender


@pytest.mark.parametrize(
    ("country", "shown", "sender"),
    [
        ("298", "200009", "+298200009"),
        ("298", "00000009", None),
        ("47", "40000009", "+4740000009"),
        ("46", "0700000009", "+46700000009"),
        ("46", "700000009", "+46700000009"),
        ("46", "4500000009", "+4500000009"),
        ("46", "71234", None),
        ("45", "+45112", None),
        ("45", "0" * 30, None),
        ("45", "", None),
    ],
)
def test_numbers_without_a_country_are_of_the_configured_one(
    country: str, shown: str, sender: str | None
) -> None:
    found = sender_of(shown, country=country)
    assert (found.value if found else None) == sender


async def test_a_report_is_of_its_recipient_however_the_network_shows_the_number() -> None:
    async with Bench() as bench, channel(bench) as sms:
        now = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
        report = StatusReport(reference=7, recipient="00000001", at=now, discharged=now, status=0)
        bench.modem.network._bring(report.encode(), is_report=True)
        (told,) = await heard(sms, Report)
    assert told.address == parse_address(TO)


async def test_an_answer_comes_in_with_its_sender_and_is_deleted_when_settled() -> None:
    async with Bench() as bench, channel(bench) as sms:
        bench.modem.network.receive("+4500000002", "1 #K7 🚨")
        (answer,) = await heard(sms, Inbound)
        assert (answer.sender, answer.text, answer.part) == ("sms:+4500000002", "1 #K7 🚨", None)
        assert bench.modem.device.storage["ME"]
        await answer.settle()
        assert bench.modem.device.storage["ME"] == {}


@pytest.mark.parametrize("sender", ["Eksempelby", "1234"])
async def test_a_sender_that_is_no_international_number_is_shown_as_it_came(sender: str) -> None:
    async with Bench() as bench, channel(bench) as sms:
        bench.modem.network.receive(sender, "Hej")
        (message,) = await heard(sms, Inbound)
    assert message.sender == sender


async def test_a_long_answer_comes_in_parts_that_the_store_can_join() -> None:
    text = "Vi er på vej fra Ærøskøbing. " * 12
    async with Bench() as bench, channel(bench) as sms:
        bench.modem.network.receive("+4500000002", text)
        parts = await heard(sms, Inbound, 3)
    assert [part.part[1:] for part in parts if part.part] == [(3, 1), (3, 2), (3, 3)]
    assert "".join(part.text for part in parts) == text
    assert len({part.bearer_id for part in parts}) == 3


async def test_the_same_stored_message_has_the_same_identifier_again() -> None:
    async with Bench() as bench:
        bench.modem.device.settings.storages = ["ME"] * 3
        bench.modem.network.receive("+4500000002", "JA")
        seen = []
        for _ in range(2):
            async with channel(bench) as sms:
                seen += await heard(sms, Inbound)
    assert seen[0].bearer_id == seen[1].bearer_id


@pytest.mark.parametrize("number", cases("at-number"))
async def test_a_bad_number_never_reaches_the_modem(number: str) -> None:
    try:
        address = parse_address(f"sms:{number}")
    except AddressError:
        address = Address("sms", number)  # as if a layer above had let it through
    async with Bench() as bench, channel(bench) as sms:
        before = len(bench.commands("+CMGS"))
        if address.value == number:
            with pytest.raises(PermanentFailure):
                await sms.submit(outgoing(address))
            assert (len(bench.commands("+CMGS")), bench.sent()) == (before, [])
        else:  # grouped by spaces: people write so, and only digits go on
            await sms.submit(outgoing(address))
            assert bench.sent()[0]["to"] == "+4512345678"


@pytest.mark.parametrize("text", cases("sms-text"))
async def test_a_bad_text_is_only_ever_text(text: str) -> None:
    async with Bench() as bench, channel(bench) as sms:
        ours = set(bench.modem.plain_values), bench.modem.device.settings.radio
        receipt = await sms.submit(outgoing(TO, words(headline="", text=text, answers=(), code="")))
        said = "".join(line["text"] for line in bench.sent())
        assert len(receipt.references) == measure(said).parts
        assert {line["name"] for line in bench.modem.journal.of("command")}.isdisjoint({"+CMGD"})
        assert (set(bench.modem.plain_values), bench.modem.device.settings.radio) == ours


@given(st.text(max_size=300))
def test_every_text_can_be_measured(text: str) -> None:
    size = measure(text)
    assert 1 <= size.parts <= 10
    assert size.octets <= 140 * size.parts


@pytest.mark.parametrize(
    "table", [{"port": "rfc2217://127.0.0.1:1"}, {"port": ""}, {"pin": "47x11"}, {"max_parts": 0}]
)
def test_a_table_that_cannot_work_is_refused_without_its_secrets(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="SmsModemConfig") as refused:
        SmsModemConfig.model_validate({"bearer": "sms-modem", "port": "/dev/x"} | table)
    assert "47x11" not in str(refused.value)


def test_the_pin_is_in_no_repr() -> None:
    config = SmsModemConfig.model_validate({"bearer": "sms-modem", "port": "x", "pin": "4711"})
    assert "4711" not in repr(config) + repr(SmsModemChannel("sms-a", config)._modem.setup)


async def test_the_log_of_the_port_shows_the_technician_no_number_and_no_text() -> None:
    async with Bench() as bench, channel(bench) as sms:
        await sms.submit(outgoing(TO, words(text="Mød på Æblevej")))
        lines = sms.port_log()
    assert any("> AT+CMGS=" in line for line in lines)
    assert any("< +CMGS: 0" in line for line in lines)
    assert not any(bench.sent()[0]["raw"][:12] in line or "00000001" in line for line in lines)


async def test_the_configured_command_gives_a_stuck_modem_its_power_back(tmp_path: Path) -> None:
    switched = tmp_path / "switched"
    config = SmsModemConfig(
        bearer="sms-modem", port="x", time_factor=0.002, power_cycle=("/bin/touch", str(switched))
    )
    async with Bench() as bench, SmsModemChannel("sms-a", config, opener=bench.opener):
        await until(lambda: bench.commands("+CMGL"))
        bench.modem.hang()
        await until(switched.exists)
