"""Delivery receipts: many spellings, one honest reading; before, after and without the answer they belong to."""

import asyncio
from dataclasses import replace

import pytest

from channels.base import Receipt, Report, State, Unknown
from channels.smpp_pdu import Deliver, End, Tag
from channels.smpp_receipt import is_receipt, read
from channels.smpp_received import inbound
from channels.smpp_sent import Sent
from messages.address import parse_address
from messages.evidence import Evidence
from tests.outgoing import outgoing
from tests.smsc import LONG, MUTE, SENDER, Smsc, Taken, told, turns
from tests.smsc_script import DELIVER, RESPONSE, SUBMIT, ScriptedSmsc, pdu
from tests.test_smpp_inbound import CONFIG

TO = "sms:+4500000001"
PHONE, US = End(1, 1, "4500000001"), End(1, 1, SENDER[1:])
D, R, U = Evidence.DELIVERED, Evidence.REFUSED, Evidence.UNKNOWN


def receipt(text: str, *, esm_class: int = 0x04, **options: bytes) -> Deliver:
    tags: dict[int, bytes] = {Tag[name.upper()]: value for name, value in options.items()}
    return Deliver(
        source=PHONE,
        destination=US,
        esm_class=esm_class,
        data_coding=0,
        octets=text.encode("latin-1"),
        options=tags,
    )


WHOLE = "id:1a2B sub:001 dlvrd:001 submit date:2611230830 done date:2611230831 stat:%s err:%s text:Bavn: Str"


@pytest.mark.parametrize(
    ("text", "message_id", "evidence"),
    [
        *((WHOLE % (stat, "000"), "1a2B", D) for stat in ("DELIVRD", "delivrd", "Delivered", "DELIVRD ")),
        *(
            (WHOLE % (stat, "069"), "1a2B", R)
            for stat in ("EXPIRED", "DELETED", "UNDELIV", "REJECTD", "Undeliverable", "FAILED", "rejected")
        ),
        *(
            (WHOLE % (stat, "000"), "1a2B", U)
            for stat in ("ACCEPTD", "ENROUTE", "UNKNOWN", "BUFFERED", "SCHEDULED", "", "?", "NOTDELIVRD")
        ),
        ("id:77 stat:DELIVRD", "77", D),
        ("ID:77 STAT:DELIVRD ERR:0", "77", D),
        ("id=77, status=DELIVRD, error=0", "77", D),
        ("id: 77 stat: DELIVRD err: 0", "77", D),
        ('id:"77" stat:"DELIVRD"', "77", D),
        ("stat:DELIVRD id:77", "77", D),
        ("id:77 stat:2 err:0", "77", D),
        ("id:77 stat:5 err:0", "77", R),
        ("id:77\r\nstat:DELIVRD\r\n", "77", D),
        ("id:urn-uuid:2f1e-44 stat:DELIVRD", "urn-uuid:2f1e-44", D),
        ("id:77 sub:001", "77", U),
        ("stat:DELIVRD err:000", "", D),
        ("id:77 text:id:88 stat:DELIVRD", "77", U),  # what we wrote ourselves proves nothing
        ('id:77 text:"id:88 stat:DELIVRD" stat:UNDELIV', "77", U),
        ('id:77 stat:UNDELIV text:"id:88 stat:DELIVRD"', "77", R),
        ("id:77 stat:DELIVRD err:000 text:id:88 stat:UNDELIV", "77", D),
        ('id:77 message:"id:88 stat:DELIVRD"', "77", U),
        ('id:77 stat:BUFFERED final:"stat:DELIVRD" err:0', "77", U),
        ('id:77 note:"hej" stat:DELIVRD', "77", D),
        ('text:"id:88 stat:DELIVRD', "", U),
        ("id:77 msg:stat:DELIVRD", "77", U),
        ("id:77&stat=DELIVRD", "77", D),
        ("id: stat:DELIVRD err:000", "", D),
        ("id:77 stat: err:000", "77", U),
        ("id:77 stat:DELIVRD done date:2611230831", "77", D),
        ("id:77 stat:DELIVRD stat:UNDELIV", "77", U),
        ("id:77 stat:DELIVRD status:DELIVRD", "77", D),
        ("message_id:77 status:DELIVRD", "77", D),
        ("MessageId=77&Status=DELIVRD", "77", D),
        ("message:id:88 stat:DELIVRD", "", U),
        ("valid:5 paid:6 upstat:DELIVRD", "", U),
        ("", "", U),
        ("\xff\x00\x80", "", U),
    ],
)
def test_a_text_is_read_whatever_its_spelling(text: str, message_id: str, evidence: Evidence) -> None:
    found = read(receipt(text))
    assert (found.message_id, found.evidence) == (message_id, evidence)


@pytest.mark.parametrize(
    ("octets", "data_coding", "esm_class"),
    [
        ("id:77 stat:DELIVRD text:æ".encode("utf-16-be"), 8, 0x04),
        ("id:77 stat:DELIVRD text:æ".encode("utf-16-le"), 8, 0x04),
        (b"id:77 stat:DELIVRD", 8, 0x04),  # it only says that it is UCS-2
        (b"\5\0\3\1\1\1id:77 stat:DELIVRD", 0, 0x44),
        (b"\5\0\3\1\1\1" + "id:77 stat:DELIVRD".encode("utf-16-be"), 8, 0x44),
        (b"id:77 stat:DELIVRD\0", 0, 0x04),
        (b"id:77 stat:DELIVRD", 4, 0x0C),
    ],
)
def test_a_receipt_is_read_in_whatever_it_is_wrapped(octets: bytes, data_coding: int, esm_class: int) -> None:
    message = replace(receipt(""), octets=octets, data_coding=data_coding, esm_class=esm_class)
    found = read(message)
    assert (is_receipt(message), found.message_id, found.evidence) == (True, "77", D)


@pytest.mark.parametrize(("octets", "esm_class"), [(b"", 0x44), (b"\xff", 0x44), (b"\0", 0x44)])
def test_a_header_that_is_cut_short_hides_nothing_but_itself(octets: bytes, esm_class: int) -> None:
    assert read(replace(receipt(""), octets=octets, esm_class=esm_class)).evidence is U


@pytest.mark.parametrize(
    ("status", "evidence"),
    [
        *((stat, D) for stat in ("DELIVERD", "delivered", "DELIVERED_TO_TERMINAL", "DeliveredToTerminal")),
        *((stat, R) for stat in ("DELIVERY_FAILED", "Delivery Failed", "UNDELIVERED", "Failed", "SKIPPED")),
        *((stat, U) for stat in ("DELIVERED_TO_SMSC", "Delivered to network", "DELIVERED_TO_NETWORK")),
        *((stat, U) for stat in ("DELIVRD_FAILED", "DELIVERY", "DELIVERY_PENDING", "DELIVERING", "DELIVRDX")),
        *(
            (stat, U)
            for stat in ("Not delivered", "NOT-DELIVRD", "DELIVRD/UNDELIV", "DELIVRD?", "DELIV\xe9RD")
        ),
        *((stat, D) for stat in ("DELIVRD.", "DELIVRD\0")),
        *(
            (stat, U)
            for stat in ("EXPIRES_SOON", "DELETE_PENDING", "REJECTION_PENDING", "FAILOVER", "UNDELIVX")
        ),
    ],
)
def test_a_status_is_a_whole_word(status: str, evidence: Evidence) -> None:
    assert read(receipt(WHOLE % (status, "000"))).evidence is evidence


@pytest.mark.parametrize("state", [b"", b"\2\2", b"\0\2"])
def test_a_state_has_one_octet(state: bytes) -> None:
    assert read(receipt("id:77", receipted_message_id=b"AB12\0", message_state=state)).evidence is U


@pytest.mark.parametrize(
    ("state", "evidence"),
    [(0, U), (1, U), (2, D), (3, R), (4, R), (5, R), (6, U), (7, U), (8, R), (9, R), (10, U), (255, U)],
)
def test_the_parameters_count_before_the_text(state: int, evidence: Evidence) -> None:
    found = read(receipt("id:77", receipted_message_id=b"AB12\0", message_state=bytes([state])))
    assert (found.message_id, found.evidence) == ("AB12", evidence)


@pytest.mark.parametrize(("state", "stat"), [(2, "UNDELIV"), (5, "DELIVRD"), (2, "ENROUTE")])
def test_a_receipt_that_contradicts_itself_proves_nothing(state: int, stat: str) -> None:
    found = read(receipt(f"id:77 stat:{stat}", message_state=bytes([state])))
    assert (found.evidence, "contradicts itself" in found.detail) == (U, True)


def test_the_error_of_the_network_is_kept() -> None:
    assert read(receipt(WHOLE % ("UNDELIV", "069"))).detail == "UNDELIV, error 069"
    assert read(receipt(WHOLE % ("DELIVRD", "000"))).detail == "DELIVRD"


@pytest.mark.parametrize(
    ("message", "is_one"),
    [
        (receipt("id:77 stat:DELIVRD"), True),
        (receipt("id:77 stat:DELIVRD", esm_class=0x44), True),
        (receipt("id:77 stat:ENROUTE", esm_class=0x20), True),
        (receipt("", esm_class=0, receipted_message_id=b"77\0", message_state=b"\2"), True),
        (receipt("id:77 stat:DELIVRD", esm_class=0), False),  # anybody can write that
        (receipt("id:77 stat:DELIVRD", esm_class=0x40), False),
    ],
)
def test_a_text_that_only_looks_like_a_receipt_is_none(message: Deliver, is_one: bool) -> None:
    assert is_receipt(message) is is_one


@pytest.mark.parametrize(
    ("text", "nobody"),
    [
        (WHOLE % ("DELIVRD", "000"), True),
        ("id:77 stat:DELIVRD", True),
        ("ID=77, STATUS=2", True),
        ("message_id:77 status:DELIVRD", True),
        ("1", False),
        ("id:77", False),
        ("Vi er ved id: 12 og har status: ok", False),
        ("JA " + WHOLE % ("DELIVRD", "000"), False),
    ],
)
def test_a_receipt_that_is_not_marked_is_nobodys_answer(text: str, nobody: bool) -> None:
    """It proves nothing, and whoever was asked has not said anything."""
    found = inbound(receipt(text, esm_class=0), CONFIG, bearer_id="x", raw="")
    assert (found.text, bool(found.automatic)) == (text.replace("_", "§"), nobody)  # 5F in GSM 03.38


def sent(*message_ids: str, spelling: str = "same") -> Sent:
    remembered = Sent(spelling)
    for message_id in message_ids:
        remembered.taken(message_id, attempt=f"attempt {message_id}", address=parse_address(TO))
    return remembered


@pytest.mark.parametrize(
    ("message_ids", "reported", "spelling", "found"),
    [
        # What reads as another one's number in another base is not that one: the store knows the right one.
        (["16"], "10", "same", "10"),
        (["10"], "16", "same", "16"),
        (["a"], "10", "same", "10"),
        (["10"], "a", "same", "a"),
        (["10"], "10", "hex-then-decimal", "a"),
        (["9999"], "270f", "same", "270f"),
        # Neither is there another where the exact one is known.
        (["10", "16"], "10", "same", "attempt 10"),
        (["AB12", "43794"], "43794", "same", "attempt 43794"),
        (["A", "10"], "10", "hex-then-decimal", "attempt A"),
        # These no counter reaches by accident.
        (["AB12"], "43794", "same", "attempt AB12"),
        (["43794"], "AB12", "same", "attempt 43794"),
        (["12345678"], "305419896", "same", "attempt 12345678"),
        (["305419896"], "12345678", "same", "attempt 305419896"),
        (["12345678"], "12345678", "hex-then-decimal", "attempt 12345678"),
        # No numbers.
        (["4_3794"], "43794", "same", "43794"),
        (["-10"], "10", "same", "10"),
    ],
)
def test_a_number_is_never_taken_for_another_messages(
    message_ids: list[str], reported: str, spelling: str, found: str
) -> None:
    known = sent(*message_ids, spelling=spelling).find(
        read(receipt(f"id:{reported} stat:DELIVRD")), address=parse_address(TO)
    )
    assert (known.attempt or known.reference) == found


@pytest.mark.parametrize("address", [None, "sms:+4500000002"])
def test_another_base_counts_for_the_same_phone_only(address: str | None) -> None:
    about = parse_address(address) if address else None
    known = sent("AB12").find(read(receipt("id:43794 stat:DELIVRD")), address=about)
    assert (known.attempt, known.reference, known.address) == ("", "43794", about)


def test_our_own_reference_counts_before_another_base() -> None:
    remembered = sent("AB12")
    remembered.unheard(7, attempt="lost", address=parse_address(TO))
    told = read(receipt("id:43794 stat:DELIVRD", user_message_reference=b"\0\7"))
    assert remembered.find(told, address=parse_address(TO)).attempt == "lost"


@pytest.mark.parametrize(
    ("answered", "reported", "spelling"),
    [
        ("0000AB12", "0000AB12", "same"),
        ("0000AB12", "ab12", "same"),
        ("ab12", "0000AB12", "same"),
        ("AB12", "43794", "same"),  # known from memory, whatever the configuration says
        ("43794", "ab12", "same"),
        ("AB12", "0000043794", "hex-then-decimal"),
        ("43794", "AB12", "decimal-then-hex"),
        ("2f1e-44-x", "2F1E-44-X", "hex-then-decimal"),
    ],
)
async def test_a_receipt_finds_its_message_in_every_base(answered: str, reported: str, spelling: str) -> None:
    async with Smsc() as smsc, smsc.channel(message_ids=spelling) as channel:
        await turns(channel, State.UP)
        smsc.message_id = lambda number: answered
        handed = await channel.submit(outgoing(TO, attempt="a1"))
        smsc.report(Taken(reported, smsc.taken[0].event))
        report = await told(channel, Report)
    assert (report.reference,) == handed.references
    assert (report.evidence, report.attempt, str(report.address)) == (Evidence.DELIVERED, "a1", TO)


@pytest.mark.parametrize(
    ("answered", "reported", "spelling"),
    [
        ("00AB12", "ab12", "same"),
        ("AB12", "43794", "hex-then-decimal"),
        ("43794", "AB12", "decimal-then-hex"),
    ],
)
async def test_after_a_restart_the_configured_spelling_finds_it(
    answered: str, reported: str, spelling: str
) -> None:
    async with Smsc() as smsc:
        smsc.message_id = lambda number: answered
        async with smsc.channel(message_ids=spelling) as channel:
            await turns(channel, State.UP)
            handed = await channel.submit(outgoing(TO))
        async with smsc.channel(message_ids=spelling) as channel:
            await turns(channel, State.UP)
            smsc.report(Taken(reported, smsc.taken[0].event))
            report = await told(channel, Report)
    assert (report.reference, report.attempt) == (*handed.references, "")


async def test_a_receipt_may_overtake_the_answer() -> None:
    async with Smsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.on_taken = smsc.report
        handed = await channel.submit(outgoing(TO))
        report = await told(channel, Report)
    assert (report.reference, report.evidence) == (*handed.references, Evidence.DELIVERED)


@pytest.mark.parametrize("reported", ["43002", "A7FA"])
async def test_a_receipt_may_come_in_one_piece_with_the_answer(reported: str) -> None:
    answer = pdu(SUBMIT | RESPONSE, body=b"a7fa\0")
    text = f"id:{reported} stat:DELIVRD".encode()
    body = b"\0\1\0014500000001\0\1\0014500000099\0\4" + bytes(8) + bytes([len(text)]) + text
    both = answer[:12] + b"SEQ!" + answer[16:] + pdu(DELIVER, 0, 9, body)
    async with ScriptedSmsc(submit=[both]) as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        handed = await channel.submit(outgoing(TO, attempt="a1"))
        report = await told(channel, Report)
    assert (report.reference, report.attempt, report.evidence) == (
        *handed.references,
        "a1",
        Evidence.DELIVERED,
    )


async def test_a_receipt_of_a_message_whose_answer_was_lost_names_its_attempt() -> None:
    async with Smsc() as smsc, smsc.channel(response_s=0.1) as channel:
        await turns(channel, State.UP)
        smsc.script.append(MUTE)
        with pytest.raises(Unknown):
            await channel.submit(outgoing(TO, attempt="lost"))
        reference = next(each for each in smsc.muted[0].tlvs if each.tag == Tag.USER_MESSAGE_REFERENCE)
        smsc.report(Taken("F00", smsc.muted[0]), tlvs=[reference])
        report = await told(channel, Report)
    assert (report.attempt, report.reference, report.evidence) == ("lost", "f00", Evidence.DELIVERED)


async def test_a_late_answer_is_a_report_of_its_attempt() -> None:
    async with Smsc() as smsc, smsc.channel(response_s=0.1) as channel:
        await turns(channel, State.UP)
        smsc.script.extend([MUTE, MUTE])
        for attempt in ("late", "refused"):
            with pytest.raises(Unknown):
                await channel.submit(outgoing(TO, attempt=attempt))
            await turns(channel, State.UP)
        smsc.muted[0].accept("77")
        taken = await told(channel, Report)
        smsc.muted[1].reject(0x0B)
        refused = await told(channel, Report)
    assert (taken.attempt, taken.reference, taken.evidence) == ("late", "77", Evidence.SUBMITTED)
    assert (refused.attempt, refused.reference, refused.evidence) == ("refused", "", Evidence.REFUSED)


async def test_receipts_of_a_long_message_name_its_parts() -> None:
    async with Smsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        handed = await channel.submit(outgoing(TO, LONG))
        for taken in smsc.taken:
            smsc.report(taken)
        reports = [await told(channel, Report) for _ in smsc.taken]
    assert {report.reference for report in reports} == set(handed.references)


async def test_a_centre_that_leaves_the_ends_as_they_were_is_understood() -> None:
    async with Smsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.bring(b"id:9 stat:DELIVRD", source=SENDER[1:], esm_class=4, destination_addr="4500000001")
        assert str((await told(channel, Report)).address) == TO


async def test_a_receipt_without_a_number_proves_nothing_about_anybody() -> None:
    async with Smsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.bring(b"stat:DELIVRD", esm_class=4)
        report = await told(channel, Report)
    assert (report.reference, report.attempt, report.evidence) == ("", "", Evidence.UNKNOWN)


async def test_a_message_without_a_number_has_a_reference_all_the_same() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        smsc.message_id = lambda number: b"\0"
        await turns(channel, State.UP)
        handed = await channel.submit(outgoing(TO, attempt="a1"))
    assert handed == Receipt(("a1/1",), detail="1 part")


async def test_a_receipt_is_acknowledged_when_it_is_settled() -> None:
    body = b"\0\1\0014500000001\0\1\0014500000099\0\4\0\0\0\0\0\0\0\0" + b"\x11id:1 stat:DELIVRD"
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(pdu(DELIVER, 0, 41, body))
        report = await told(channel, Report)
        await asyncio.sleep(0)
        assert smsc.answers(DELIVER) == []
        await report.settle()
        await smsc.answered.wait()
    assert smsc.answers(DELIVER) == [(0, 41)]
