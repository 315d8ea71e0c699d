"""The driver of a TETRA radio against an emulated one: what left, what came, and what it says of both."""

import asyncio

import pytest

from hardware.at.grammar import info_of
from hardware.codecs.sds import Wanted, text_transfers
from hardware.codecs.sds_status import Status, Verdict
from hardware.emulators.tetra_commands import SYNTAX
from hardware.emulators.tetra_network import SDS4, STATUS, Incoming
from hardware.emulators.tetra_radio import TetraEmulator
from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow, Refused
from hardware.tetra_address import Groups, ssi_of
from hardware.tetra_codes import not_sent
from hardware.tetra_events import LateStep, Received, Reported, Sent, StateChanged, Step
from hardware.tetra_init import REGISTRATIONS, registration_in
from hardware.tetra_receive import heard_of
from hardware.tetra_sending import Open, match
from hardware.tetra_state import TRANSITIONS, Change, IllegalChange, State, after
from tests.memory_bench import virtually
from tests.tetra import GROUP, PEER, Bench, Heard, driver, in_state, ready, send_text, until

ALERT = Status(0x8002).encode()


def now() -> float:
    return asyncio.get_running_loop().time()


@virtually
async def test_a_message_is_accepted_goes_on_air_and_is_reported_received() -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio) as heard:
        assert await send_text(radio, "Mød æøå", reference=201) == Sent(0, Step.ON_AIR)
        report = await heard.first(Reported)
        assert [line["text"] for line in bench.sent()] == ["Mød æøå"]
        assert (report.sender, report.reference, report.verdict) == (PEER, 201, Verdict.RECEIVED)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(0x00, Verdict.RECEIVED), (0x02, Verdict.CONSUMED), (0x4B, Verdict.FAILED), (0x21, Verdict.UNDERWAY)],
)
@pytest.mark.parametrize("standard_only", [True, False])
@virtually
async def test_what_a_recipients_radio_reports_is_told(
    status: int, verdict: Verdict, standard_only: bool
) -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio) as heard:
        bench.radio.network.delivers = False
        (message,) = text_transfers("x", 7, max_bits=668, wanted=Wanted.BOTH, standard_only=standard_only)
        await radio.send(PEER, message.encode(), 8 * len(message.encode()))
        bench.radio.network.report(7, status)
        report = await heard.first(Reported)
        assert (report.reference, report.verdict) == (7, verdict)


@virtually
async def test_the_service_is_set_before_every_message_and_nobody_says_atz() -> None:
    async with Bench() as bench, ready(bench) as radio:
        await send_text(radio)
        await radio.send(PEER, ALERT, 16, service=STATUS)
        await radio.send("2380001" + "02345678", ALERT, 16, service=STATUS)
        assert bench.commands("+CTSDS") == ["AT+CTSDS=12,0", "AT+CTSDS=13,0", "AT+CTSDS=13,1"]
        assert bench.commands("Z") == []
        assert [line["to"] for line in bench.sent("status")] == [PEER, PEER]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("service_fields", 4),
        ("service_fields", 5),
        ("prompt", True),
        ("own_references", True),
        ("most_bits", 2047),
    ],
)
@virtually
async def test_every_make_of_radio_is_spoken_to(name: str, value: object) -> None:
    async with Bench() as bench, ready(bench) as radio:
        setattr(bench.radio.device.make, name, value)
        for number in range(12):  # more than it has instances
            await send_text(radio, f"nr. {number}", reference=number)
        assert len(bench.sent()) == 12
        assert len(bench.commands("+CTSDS")) <= 12 + 4  # the form that was taken is remembered


@virtually
async def test_a_radio_that_says_nothing_of_the_air_can_be_believed() -> None:
    async with Bench() as bench, ready(bench, tells_on_air=False) as radio, Heard(radio) as heard:
        bench.radio.device.make.tells_on_air = False
        assert await send_text(radio) == Sent(0, Step.ACCEPTED)
        await heard.first(Reported)


@virtually
async def test_the_whole_set_up_is_said_again_after_a_silent_restart() -> None:
    async with Bench() as bench, ready(bench) as radio:
        await asyncio.sleep(30)
        bench.radio.reboot("its user")
        await until(lambda: bench.commands("E") == ["ATE0"] * 2)
        await in_state(radio, State.READY)
        assert {f"AT+CTSP={each}" for each in REGISTRATIONS} <= set(
            bench.commands("+CTSP")[-len(REGISTRATIONS) - 2 :]
        )
        assert bench.commands("+CREG").count("AT+CREG=2") == 2
        await send_text(radio)


@pytest.mark.parametrize(
    ("fault", "error", "left"),
    [
        ("busy-515", MaybeSent, 0),  # a number of the maker's own proves nothing
        ("pdu-lost", NotNow, 0),  # the radio says itself that it got no data
        ("deaf", MaybeSent, 0),
        ("sds-late-fail", MaybeSent, 0),
        ("sent-but-failed", MaybeSent, 1),
        ("late-cmgs", MaybeSent, 1),
    ],
)
@virtually
async def test_a_fault_ends_in_the_error_that_tells_the_truth(
    fault: str, error: type[HardwareError], left: int
) -> None:
    async with Bench() as bench, ready(bench, limits={"sent_s": 12}) as radio:
        bench.radio.faults.arm(fault, {"seconds": 40})
        with pytest.raises(error):
            await send_text(radio)
        assert len(bench.sent()) == left
        await in_state(radio, State.READY)
        await asyncio.sleep(60)
        await send_text(radio, reference=2)
        assert len(bench.sent()) == left + 1


@pytest.mark.parametrize(
    ("code", "left", "error"),
    [
        (0, True, NotNow), (3, True, NotNow), (30, True, NotNow), (31, True, MaybeSent), (31, False, NotNow),
        (35, True, NotNow), (37, True, NotNow), (515, True, MaybeSent), (None, True, MaybeSent),
        (515, False, NotNow), (None, False, NotNow), (999, True, MaybeSent), (38, True, MaybeSent),
        (25, True, NeverToThis), (32, True, NeverToThis), (34, True, NeverToThis),
        (1, True, ModemDown), (5, True, ModemDown), (10, True, ModemDown),
    ],
)  # fmt: skip
def test_a_refusal_says_what_may_be_done(code: int | None, left: bool, error: type[HardwareError]) -> None:
    refused = Refused("AT+CMGS", code=code, raw=f"+CME ERROR: {code}")
    assert type(not_sent(refused, left=left)) is error


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        ("112", "emergency"), ("", "plain"), ("123456789", "plain"), ("١٢٣", "plain"), ("1234567\r", "plain"),
        ("1,8\rATD112;", "plain"), ("*#06#", "plain"), ("0", "numbers"), ("16777216", "numbers"), ("+2345678", "plain"),
    ],
)  # fmt: skip
@virtually
async def test_nothing_but_plain_digits_reaches_a_command_line(destination: str, reason: str) -> None:
    async with Bench() as bench, ready(bench) as radio:
        with pytest.raises(NeverToThis, match=reason):
            await radio.send(destination, ALERT, 16, service=STATUS)
        assert bench.commands("+CMGS") == []


@pytest.mark.parametrize(
    ("user_data", "bits", "service", "reason"),
    [
        (b"\x00\x00", 16, STATUS, "emergency"), (b"\x00\x01", 16, STATUS, "reserved"), (b"\x80", 8, STATUS, "bits"),
        (b"x" * 84, 672, SDS4, "668"), (b"xx", 8, SDS4, "8 bits"), (b"", 0, SDS4, "0 bits"), (b"xx", 16, 10, "bits"),
    ],
)  # fmt: skip
@virtually
async def test_what_must_not_go_is_refused(user_data: bytes, bits: int, service: int, reason: str) -> None:
    async with Bench() as bench, ready(bench) as radio:
        with pytest.raises(NeverToThis, match=reason):
            await radio.send(PEER, user_data, bits, service=service)


@virtually
async def test_the_emergency_status_goes_only_where_it_is_allowed() -> None:
    async with Bench() as bench, ready(bench, allow_emergency_status=True) as radio:
        await radio.send(PEER, b"\x00\x00", 16, service=STATUS)
        assert [line["status"] for line in bench.sent("status")] == [0]


@virtually
async def test_before_may_take_the_message_back() -> None:
    async with Bench() as bench, ready(bench) as radio:
        with pytest.raises(KeyError):
            await radio.send(PEER, ALERT, 16, service=STATUS, before=lambda: {}["withdrawn"])
        assert bench.commands("+CMGS") == []
        await send_text(radio)


@pytest.mark.parametrize(("seconds", "sent"), [(3, 1), (30, 0)])
@virtually
async def test_a_message_waits_for_the_end_of_a_call_but_not_for_long(seconds: float, sent: int) -> None:
    async with Bench() as bench, ready(bench) as radio:
        bench.radio.start_call(PEER, seconds=seconds, group=True)
        await in_state(radio, State.SPEAKING)
        if sent:
            await send_text(radio)
        else:
            with pytest.raises(NotNow, match="busy with speech"):
                await send_text(radio)
        assert len(bench.sent()) == sent
        await in_state(radio, State.READY)


@virtually
async def test_a_call_whose_end_was_missed_does_not_block_for_ever() -> None:
    async with Bench() as bench, ready(bench) as radio:
        bench.radio.unasked("+CTXG: 1,3,0,0,0,2345678")
        await in_state(radio, State.SPEAKING)
        bench.radio.unasked("+CDTXC:1,0")
        began = now()
        await in_state(radio, State.READY)
        assert now() - began == pytest.approx(15, abs=1)


@virtually
async def test_a_radio_in_direct_mode_is_taken_back_to_the_network() -> None:
    async with Bench() as bench, ready(bench) as radio:
        bench.radio.choose_mode(1)
        await in_state(radio, State.DIRECT)
        await in_state(radio, State.READY)
        assert bench.radio.device.mode == 0


@virtually
async def test_a_radio_left_in_direct_mode_sends_nothing() -> None:
    async with Bench() as bench, driver(bench, force_trunked=False) as radio:
        bench.radio.choose_mode(1)
        await in_state(radio, State.DIRECT)
        with pytest.raises(ModemDown, match="direct mode"):
            await send_text(radio)
        assert bench.commands("+CTOM") != []
        assert "AT+CTOM=0" not in bench.commands("+CTOM")


@virtually
async def test_without_coverage_nothing_leaves_and_it_comes_back_by_itself() -> None:
    async with Bench() as bench, ready(bench) as radio:
        bench.radio.cover(False)
        await in_state(radio, State.SEARCHING)
        with pytest.raises(NotNow, match="not registered"):
            await send_text(radio)
        assert radio.signal_dbm == -73  # of the last poll
        bench.radio.cover(True)
        await in_state(radio, State.READY)
        await send_text(radio)


@virtually
async def test_a_message_is_reported_received_when_it_is_safe_and_not_before() -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio) as heard:
        bench.radio.network.receive(PEER, "JA #K7", report=True)
        message = await heard.first(Received)
        await asyncio.sleep(20)
        assert bench.sent("report") == []
        await message.settle()
        await until(lambda: bench.sent("report"))
        assert [line["raw"] for line in bench.sent("report")] == ["7E00"]


@virtually
async def test_what_is_not_settled_is_sent_again_by_its_sender() -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio) as heard:
        bench.radio.network.receive(PEER, "JA", report=True)
        await until(lambda: len(heard.of(Received)) == 2)
        first, again = heard.of(Received)
        assert first == again


@pytest.mark.parametrize(
    ("octets", "called", "reply"),
    [
        ("8204C9014A41", "1234567", "7EC9"),  # the short form where the sender takes it
        ("8206C9014A41", "1234567", "821000C9"),
        ("820CC9014A41", "1234567", "7EC9"),
        ("8208C9014A41", "1234567", None),  # "consumed" would say that a person has read it
        ("8200C9014A41", "1234567", None),
        ("8206C9014A41", GROUP, None),  # a hundred radios would answer at once
        ("02014A41", "1234567", None),
        ("82104BC9", "1234567", None),
        ("821802C9", "1234567", "822003C9"),  # a report that wants to be acknowledged
    ],
)
@virtually
async def test_only_what_asks_for_a_report_and_is_for_us_alone_gets_one(
    octets: str, called: str, reply: str | None
) -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio, settles=True) as heard:
        bench.radio.network.bring(Incoming(SDS4, PEER, called, bytes.fromhex(octets)))
        await until(lambda: heard.of(Received) + heard.of(Reported))
        await asyncio.sleep(10)
        replies = [line["raw"] for line in bench.radio.journal.of("sent")]
        assert replies == ([] if reply is None else [reply])
        assert [message.to_group for message in heard.of(Received)] in ([], [called == GROUP])


@virtually
async def test_a_status_comes_in_and_what_cannot_be_read_is_passed_on() -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio, settles=True) as heard:
        bench.radio.network.bring(Incoming(STATUS, PEER, "1234567", ALERT))
        bench.radio.network.bring(Incoming(SDS4, PEER, "1234567", b"\x82\x04"))
        await until(lambda: len(heard.of(Received)) == 2)
        assert [(each.service, each.user_data) for each in heard.of(Received)] == [
            (13, ALERT),
            (12, b"\x82\x04"),
        ]


@pytest.mark.parametrize(
    ("line", "follow", "heard"),
    [
        ("+CTSDSR: 12,2345678,0,1234567,0,32,0", "821000C9", ("2345678", "1234567", "821000C9")),
        ("+CTSDSR: 12,2345678,0,1234567,0,32", "821000C9", ("2345678", "1234567", "821000C9")),
        (
            "+CTSDSR: 12,238000102345678,1,238000101234567,1,32",
            "821000C9",
            ("2345678", "1234567", "821000C9"),
        ),
        ("+CTSDSR: 12,0238000102345678,1,01234567,0,32", "821000C9", ("2345678", "1234567", "821000C9")),
        ("+CTSDSR: 12,,,1234567,0,32", "821000C9", ("", "1234567", "821000C9")),
        ("+CTSDSR:12,1234567,0,32", "821000C9", ("", "1234567", "821000C9")),
        ("+CTSDSR: 12,1234567,32", "821000C9", ("", "1234567", "821000C9")),
        (
            "+CTSDSR: 12,2345678,0,9999,0,84",
            "0A112853A9FF4D4FFFE81",
            ("2345678", "9999", "0A112853A9FF4D4FFFE810"),
        ),
        (
            "+CTSDSR: 12,2345678,0,9999,0,84",
            "0A112853A9FF4D4FFFE810",
            ("2345678", "9999", "0A112853A9FF4D4FFFE810"),
        ),
        ("+CTSDSR: 12,2345678,0,9999,0,2", "821000C9", ("2345678", "9999", "821000C9")),  # a damaged length
        (
            "+CTSDSR: 12,2345678,0,9999,0,32",
            "82100C9",
            None,
        ),  # a digit is missing: whose reference would it be?
        ("+CTSDSR: 12,2345678,0,9999", "821000C9", None),
        ("+CTSDSR: x,2345678,0,9999,0,32", "821000C9", None),
        ("+CTSDSR: 12,a,b,c,d,e,f,g", "821000C9", None),
    ],
)
def test_short_data_is_read_as_radios_show_it(
    line: str, follow: str, heard: tuple[str, str, str] | None
) -> None:
    info = info_of(line.encode())
    read = heard_of(type(info)(info.text, info.prefix, info.fields, follow))
    assert (None if read is None else (read.sender, read.called, read.user_data.hex().upper())) == heard


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("+CREG: 1", 1), ("+CREG: 2", 2), ("+CREG: 1,1234,2380001", 1), ("+CREG: 5,12,2380001", 5),
        ("+CREG: 1,1234", 1), ("+CREG: 2,1", 1), ("+CREG: 2,1,1234", 1), ("+CREG: 2,1,1234,2380001", 1),
        ("+CREG: 0,2", 2), ("+CSQ: 1,2", None),
    ],
)  # fmt: skip
def test_a_registration_is_read_in_both_of_its_forms(line: str, status: int | None) -> None:
    assert registration_in(info_of(line.encode())) == status


A = Open("1", 10, instance=0)
B = Open("2", 20, instance=0)
C = Open("3", None, instance=3)


@pytest.mark.parametrize(
    ("waiting", "instance", "mr", "found"),
    [
        ([A], 0, 10, A), ([A], 0, 99, A), ([A, B], 0, 20, B), ([A, B], 0, 99, None), ([A, C], 3, 0, C),
        ([A, B], None, 20, B), ([A], 7, 10, A), ([A], 7, 99, None), ([C], None, None, None), ([], 0, 10, None),
    ],
)  # fmt: skip
def test_a_status_belongs_to_the_message_it_can_only_mean(
    waiting: list[Open], instance: int | None, mr: int | None, found: Open | None
) -> None:
    assert match(waiting, instance, mr) is found


@virtually
async def test_a_status_that_comes_late_is_told() -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio) as heard:
        bench.radio.network.latency_s = 30
        with pytest.raises(MaybeSent, match="said nothing"):
            await send_text(radio, reference=9)
        assert await heard.first(LateStep) == LateStep(PEER, 9, Step.ON_AIR)
        assert len(bench.sent()) == 1


@virtually
async def test_a_restart_ends_the_wait_for_a_message_that_was_in_the_radio() -> None:
    async with Bench() as bench, ready(bench) as radio:
        bench.radio.network.latency_s = 8
        bench.radio.later(1, lambda: bench.radio.unasked("RDY"))
        began = now()
        with pytest.raises(MaybeSent, match="restarted"):
            await send_text(radio)
        assert now() - began < 2
        await in_state(radio, State.READY)


@pytest.mark.parametrize("moment", ["before", "after"])
@virtually
async def test_a_pulled_cable_is_down_before_the_message_and_unknown_after(moment: str) -> None:
    async with Bench() as bench, ready(bench) as radio:
        bench.radio.network.latency_s = 5
        if moment == "before":
            bench.pull()
            with pytest.raises(ModemDown):
                await send_text(radio)
        else:
            bench.radio.later(1, bench.pull)
            with pytest.raises(MaybeSent, match="port"):
                await send_text(radio)
        await in_state(radio, State.CLOSED)
        bench.plug()
        await in_state(radio, State.READY)
        assert bench.opened == 2


@virtually
async def test_a_dead_radio_is_noticed_within_fifteen_seconds_and_a_lost_port_at_once() -> None:
    async with Bench() as bench, ready(bench) as radio:
        for _ in range(7):  # at any moment between two polls
            await asyncio.sleep(3.1)
            bench.radio.running, began = False, now()
            await in_state(radio, State.RECOVERING)
            assert now() - began <= 15
            bench.radio.running = True
            await in_state(radio, State.READY)
        bench.pull()
        await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        assert radio.state is State.CLOSED


@virtually
async def test_messages_read_just_before_the_port_was_lost_are_not_lost() -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio) as heard:
        for number in range(5):
            bench.radio.network.receive(PEER, f"nr. {number}")
        bench.pull()
        await in_state(radio, State.CLOSED)
        assert len(heard.of(Received)) == 5


class Stubborn(TetraEmulator):
    """Has garbage before its ears: it misunderstands the first of each kind of command."""

    misheard: set[str]

    async def perform(self, called: object) -> str:
        name = called.command.name  # type: ignore[attr-defined]
        if name not in self.misheard:
            self.misheard.add(name)
            return self.cme(SYNTAX)
        return await super().perform(called)  # type: ignore[arg-type]


@virtually
async def test_a_radio_that_misunderstands_everything_once_is_told_again() -> None:
    stubborn = Stubborn()
    stubborn.misheard = {"+CMGS", "+CREG", "+CTSP", "+GMM", "+CTOM", "+CSQ"}
    async with Bench(stubborn) as bench, ready(bench) as radio:
        await send_text(radio)
        assert bench.commands("+CTSDS") == ["AT+CTSDS=12,0"] * 2


@virtually
async def test_a_dialogue_that_slips_again_and_again_is_begun_anew() -> None:
    async with Bench() as bench, ready(bench) as radio:
        bench.radio.device.make.service_fields = 9  # no form will do
        for _ in range(3):
            with pytest.raises(NotNow, match="35"):
                await send_text(radio)
        await in_state(radio, State.RECOVERING)
        bench.radio.device.make.service_fields = 2
        await in_state(radio, State.READY)
        await send_text(radio)


@virtually
async def test_a_radio_that_stays_dead_has_its_power_cut_where_somebody_has_wired_that() -> None:
    async with Bench() as bench:
        cuts: list[float] = []

        async def cut() -> None:
            cuts.append(now())
            bench.radio.reboot("power")

        async with ready(bench, power_cycle=cut) as radio:
            bench.radio.hang()
            await in_state(radio, State.RECOVERING)
            await in_state(radio, State.READY)
            assert len(cuts) == 1
            assert bench.opened > 1


@virtually
async def test_changes_are_told_and_the_log_hides_whom_and_what() -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio) as heard:
        await send_text(radio, "Mød nu")
        bench.radio.cover(False)
        await until(lambda: [each for each in heard.of(StateChanged) if each.state is State.SEARCHING])
        assert await radio.probe()
        shown = "\n".join(map(str, radio.log()))
        assert "AT+CMGS=" in shown
        assert PEER not in shown
        assert "4DF864" not in shown


def test_groups_are_numbers_and_spans() -> None:
    groups = Groups.of(["3990100-3990199", 42])
    assert [ssi in groups for ssi in ("3990100", "3990199", "3990200", "42", "16777215", "", "x")] == [
        True, True, False, True, True, False, False,
    ]  # fmt: skip
    for wrong in ("x", "1-", "1-2-3", "-5", "1 - 2"):
        with pytest.raises(ValueError, match="group"):
            Groups.of([wrong])


@pytest.mark.parametrize(
    ("field", "ssi"), [("02345678", "2345678"), ("2380001" + "02345678", "2345678"), ("", ""), ("x", "")]
)
def test_an_identity_is_known_by_its_last_eight_digits(field: str, ssi: str) -> None:
    assert ssi_of(field) == ssi


def test_an_illegal_change_names_state_and_event() -> None:
    with pytest.raises(IllegalChange, match="SET_UP in state CLOSED"):
        after(State.CLOSED, Change.SET_UP)
    assert {state for state, _ in TRANSITIONS} == set(State)
