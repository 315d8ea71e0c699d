"""Judging before anything is kept: planes, expiry, audiences, CAP files and what their envelope adds."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from gateway.accept import Submission, judge, new_identifier, read_request
from gateway.errors import Conflict, Refused
from gateway.world import World
from messages.alert import Alert, MsgType, Status
from messages.alert_cap import PROFILE
from messages.directory import read
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.hubs import Desk, hub_in
from tests.stores import NOW, PEOPLE, a_world

H = timedelta(hours=1)
FLASH, IMMEDIATE, PRIORITY, ROUTINE = Precedence
DIRECTORY = read({"contacts": PEOPLE}, file="directory.toml")
EXERCISE = a_world(directory=DIRECTORY)
LIVE = replace(EXERCISE, plane="live")


def alert(**more: Any) -> Alert:
    known = {"identifier": "A1", "sender": "krisestab.eksempelkommune.invalid", "sent": NOW, "to": ("vagt",)}
    rest = {"status": Status.EXERCISE, "msg_type": MsgType.ALERT, "precedence": ROUTINE, "headline": "Prøve"}
    return Alert(**known | rest | more)


def judged(world: World = EXERCISE, cap: bytes | None = None, **more: Any) -> Any:
    return judge(alert(**more), Submission(submitter="a"), world=world, now=NOW, body=b"", cap=cap)


def refusal(**more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        judged(**more)
    return caught.value


# Planes


@pytest.mark.parametrize(
    ("status", "plane"),
    [
        (Status.ACTUAL, "live"),
        (Status.EXERCISE, "exercise"),
        (Status.SYSTEM, "exercise"),
        (Status.TEST, "exercise"),
    ],
)
def test_only_actual_belongs_to_the_live_plane(status: Status, plane: str) -> None:
    assert judged(LIVE, status=status).plane == plane


def test_an_exercise_gateway_takes_nothing_for_real() -> None:
    assert refusal(status=Status.ACTUAL).pointer == "status"


def test_on_the_live_plane_the_status_must_be_said() -> None:
    body = b'{"to": ["vagt"], "precedence": "flash", "headline": "x"}'
    assert read_request(body, EXERCISE)
    with pytest.raises(Refused, match="whether it is for real") as caught:
        read_request(body, LIVE)
    assert caught.value.pointer == "status"


# Expiry


@pytest.mark.parametrize(("precedence", "hours"), [(FLASH, 2), (IMMEDIATE, 6), (PRIORITY, 24), (ROUTINE, 72)])
def test_nothing_is_without_an_expiry(precedence: Precedence, hours: int) -> None:
    assert judged(precedence=precedence).expires_ms == (NOW + hours * H).timestamp() * 1000


@pytest.mark.parametrize(
    ("precedence", "hours"), [(FLASH, 6), (IMMEDIATE, 24), (PRIORITY, 72), (ROUTINE, 168)]
)
def test_a_precedence_has_a_longest_validity(precedence: Precedence, hours: int) -> None:
    at = NOW + hours * H
    assert judged(precedence=precedence, expires_at=at).expires_ms == at.timestamp() * 1000
    late = at + timedelta(seconds=1)
    assert refusal(precedence=precedence, expires_at=late).pointer == "expires"
    # A stranger's CAP file may run longer than we keep trying.
    assert judged(precedence=precedence, expires_at=late, cap=b"<cap/>").expires_ms == at.timestamp() * 1000


@pytest.mark.parametrize("ago", [timedelta(), timedelta(seconds=1), 24 * H])
def test_what_has_expired_is_not_sent_late(ago: timedelta) -> None:
    assert refusal(expires_at=NOW - ago).pointer == "expires"


def test_a_senders_clock_may_be_a_little_ahead() -> None:
    assert judged(sent=NOW + timedelta(minutes=10))
    assert refusal(sent=NOW + timedelta(minutes=11)).pointer == "sent"


# Audience and answers


@pytest.mark.parametrize(("to", "words"), [((), "names no recipients"), (("vakt",), "did you mean 'vagt'")])
def test_an_audience_is_never_guessed(to: tuple[str, ...], words: str) -> None:
    problem = refusal(to=to)
    assert problem.pointer == "to"
    assert words in problem.reason


def test_of_many_names_that_nobody_answers_to_the_first_are_named() -> None:
    problem = refusal(to=tuple(f"vakt{number}" for number in range(10_000)))
    assert problem.reason.count("neither a contact nor a group") == 5
    assert problem.reason.count("restart the hub") == 1
    assert "; and 9995 more (" in problem.reason


def test_who_wants_an_answer_and_offers_none_asks_for_the_smallest() -> None:
    assert judged(want=Evidence.ACKNOWLEDGED).alert.answers == (("1", "set"),)
    assert judged(want=Evidence.ACKNOWLEDGED, language="en").alert.answers == (("1", "seen"),)
    assert judged().alert.answers == ()


def test_the_precedence_says_which_evidence_is_wanted_unless_the_sender_does() -> None:
    assert judged(precedence=FLASH).want is Evidence.ACKNOWLEDGED
    assert judged(precedence=FLASH, want=Evidence.SUBMITTED).want is Evidence.SUBMITTED


@pytest.mark.parametrize("msg_type", [MsgType.ACK, MsgType.ERROR])
def test_an_ack_or_error_is_not_sent_on_to_people(msg_type: MsgType) -> None:
    assert refusal(msg_type=msg_type).pointer == "msgType"


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("headline", 3, 'headline: is not a text: write it in quotation marks, "..."'),
        ("to", "vagt", 'to: is not a list: write ["...", "..."]'),
        ("answers", ["kommer"], 'answers: is not an object: write {"1": "..."}'),
        ("precedence", 3.5, "precedence: is not a word: write flash, immediate, priority or routine"),
        ("precedence", 1, "precedence: is not a word: write flash, immediate, priority or routine"),
        ("want", 6, "want: is not a word: write submitted, delivered, read or acknowledged"),
        ("status", "Skarp", "status: is not one of 'Actual', 'Exercise', 'System', 'Test' or 'Draft'"),
        ("headline", "x" * 501, "headline: has more than 500 characters: shorten it"),
        ("recipients", ["vagt"], "recipients: is not a field that is known here: take it out"),
    ],
)
def test_a_wrong_field_is_refused_with_what_to_write(field: str, value: object, remedy: str) -> None:
    wrong = {"to": ["vagt"], "precedence": "flash", "headline": "h", field: value}
    with pytest.raises(Refused) as caught:
        read_request(json.dumps(wrong).encode(), EXERCISE)
    assert remedy in str(caught.value)


def test_identifiers_are_all_different_and_hold_no_sign_that_cap_forbids() -> None:
    made = {new_identifier(NOW) for _ in range(2000)}
    assert len(made) == 2000
    assert all(set(" ,<&").isdisjoint(each) for each in made)


# CAP files over HTTP


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with hub_in(tmp_path_factory.mktemp("hub")) as running:
        yield running


def cap(identifier: str, **more: str) -> str:
    sent = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")
    part = {
        "msgType": "Alert",
        "status": "Exercise",
        "sender": "nabo.invalid",
        "references": "",
        "info": INFO,
    }
    part |= more
    references = f"<references>{part['references']}</references>" if part["references"] else ""
    return (
        f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier>'
        f"<sender>{part['sender']}</sender><sent>{part.get('sent', sent)}</sent><status>{part['status']}</status>"
        f"<msgType>{part['msgType']}</msgType><scope>Private</scope><addresses>vagt</addresses>{references}"
        f"{part['info']}</alert>"
    )


INFO = (
    "<info><language>da-DK</language><category>Safety</category><event>Brand</event><urgency>Immediate</urgency>"
    "<severity>Extreme</severity><certainty>Observed</certainty><headline>Røg over byen</headline></info>"
)


async def post(desk: Desk, body: str, query: str = "", key: str = "") -> tuple[int, Any]:
    headers = {"Content-Type": "application/cap+xml"} | ({"Idempotency-Key": key} if key else {})
    return await desk.ask("POST", f"/alerts{query}", data=body.encode(), headers=headers)


module_loop = pytest.mark.asyncio(loop_scope="module")


@module_loop
async def test_a_cap_file_is_accepted_under_its_own_identifier(desk: Desk) -> None:
    status, answer = await post(desk, cap("C1"))
    assert (status, answer["id"]) == (202, "C1")
    shown = await desk.show("C1")
    assert (shown["headline"], shown["precedence"]) == ("Røg over byen", "flash")


@module_loop
async def test_the_query_adds_what_cap_lacks(desk: Desk) -> None:
    await post(desk, cap("C2"), "?to=leder&precedence=routine&want=submitted")
    shown = await desk.show("C2")
    assert (shown["precedence"], [d["recipient"] for d in shown["deliveries"]]) == ("routine", ["leder"])


@module_loop
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?precedence=x", "precedence"),
        ("?want=x", "want"),
        ("?want=queued", "want"),
        ("?precedence=flash&precedence=routine", "precedence"),
        ("?want=read&want=read", "want"),
        ("?recipients=vagt", "recipients"),
        ("?to=vagt&Precedence=routine", "Precedence"),
        ("?to=", "to"),
        ("?to=,%20", "to"),
        ("?to=ukendt", "to"),
        (f"?radio_text={'x' * 66}", "radio_text"),
    ],
)
async def test_a_query_that_cannot_be_carried_out_is_refused(desk: Desk, query: str, pointer: str) -> None:
    status, problem = await post(desk, cap("C3"), query)
    assert (status, problem["pointer"]) == (422, pointer)


@module_loop
async def test_recipients_may_stand_repeated_and_with_commas_and_spaces(desk: Desk) -> None:
    assert (await post(desk, cap("C21"), "?to=vagt,%20leder&to=leder&precedence=routine"))[0] == 202
    assert [d["recipient"] for d in (await desk.show("C21"))["deliveries"]] == ["vagt", "leder"]


@module_loop
async def test_a_cap_file_cannot_want_less_than_a_receipt(desk: Desk) -> None:
    wish = "<parameter><valueName>bavn:want</valueName><value>queued</value></parameter></info>"
    body = cap("C22", info=INFO.replace("</info>", wish))
    status, problem = await post(desk, body.replace("</addresses>", f"</addresses><code>{PROFILE}</code>"))
    assert (status, problem["pointer"]) == (422, "want")


@module_loop
async def test_a_cap_file_without_a_key_is_known_by_its_own_name(desk: Desk) -> None:
    body = cap("C4")
    assert await post(desk, body) == await post(desk, body)
    status, problem = await post(desk, body.replace("Røg", "Ild"))
    assert (status, problem["pointer"]) == (409, "identifier")
    assert "nabo.invalid has sent 'C4'" in problem["detail"]
    status, problem = await post(desk, body, key="another")
    assert (status, problem["pointer"]) == (409, "identifier")


@module_loop
@pytest.mark.parametrize(
    "body", ["", "<alert/>", "<a><b></a>", '<!DOCTYPE x [<!ENTITY a "b">]><alert>&a;</alert>']
)
async def test_what_is_no_cap_is_refused(desk: Desk, body: str) -> None:
    status, problem = await post(desk, body)
    assert (status, bool(problem["detail"])) == (422, True)


@module_loop
@pytest.mark.parametrize(
    ("references", "pointer"),
    [("", "references"), ("nabo.invalid,C0,2026-11-23T03:12:00-00:00", "references")],
)
async def test_an_update_of_nothing_is_refused(desk: Desk, references: str, pointer: str) -> None:
    status, problem = await post(desk, cap("C5", msgType="Update", references=references))
    assert (status, problem["pointer"]) == (422, pointer)


@module_loop
async def test_only_its_sender_may_replace_an_alert(desk: Desk) -> None:
    sent = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")
    await post(desk, cap("C6", sent=sent))
    name = f"nabo.invalid,C6,{sent}"
    status, problem = await post(desk, cap("C7", msgType="Cancel", sender="fremmed.invalid", references=name))
    assert (status, problem["pointer"]) == (422, "sender")
    assert (await post(desk, cap("C8", msgType="Cancel", references=name)))[0] == 202
    assert (await desk.show("C6"))["replaced_by"] == "C8"
    assert (await post(desk, cap("C9", msgType="Cancel", references=name)))[0] == Conflict.status


@module_loop
async def test_a_drafted_cancel_withdraws_nothing(desk: Desk) -> None:
    sent = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")
    desk.tell(delay_s=0.2)
    await post(desk, cap("D1", sent=sent), "?precedence=routine&want=submitted")
    await post(desk, cap("D2", status="Draft", msgType="Cancel", references=f"nabo.invalid,D1,{sent}"))
    desk.tell(delay_s=0.0)
    assert (await desk.ended("D1"))["vagt"]["ended"] == "reached"
