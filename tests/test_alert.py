"""An alert keeps every field through the store and through CAP, and a bad request names what is wrong with it."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.alert import (
    PROFILE,
    Alert,
    AlertError,
    AlertRequest,
    MsgType,
    Reference,
    Status,
    Withdrawal,
    compose,
    from_cap,
    from_json,
    to_cap,
    to_json,
)
from messages.cap import CapAlert, Certainty, ResponseType, Scope, Severity, Urgency, parse, serialise
from messages.evidence import Evidence
from messages.neutral import says_something
from messages.precedence import Precedence

OWN = Path(__file__).parent / "data" / "cap" / "own"
NOW = datetime(2026, 1, 12, 2, 16, tzinfo=UTC)
REQUEST = {"to": ["krisestab"], "precedence": "flash", "headline": "Strømsvigt"}

any_text = st.text(max_size=40)
xml_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40
)
names = st.text(string.ascii_letters + string.digits + "-._@æøå", min_size=1, max_size=12)
times = st.datetimes(datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2100-01-01")).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
earlier = st.builds(
    Reference, names.map("before-{}".format), names, st.just(datetime(1970, 6, 1, tzinfo=UTC))
)


def alerts(texts: st.SearchStrategy[str], *, references: int) -> st.SearchStrategy[Alert]:
    return st.builds(
        Alert,
        identifier=names,
        sender=names,
        sent=times,
        status=st.sampled_from(Status),
        msg_type=st.sampled_from(MsgType),
        precedence=st.sampled_from(Precedence),
        headline=texts,
        references=st.lists(earlier, min_size=references, max_size=2).map(tuple),
        to=st.lists(names, max_size=3).map(tuple),
        want=st.none() | st.sampled_from(Evidence),
        answers=st.lists(st.tuples(names, texts.filter(bool)), max_size=3).map(tuple),
        text=texts,
        radio_text=texts,
        long_text=texts,
        expires_at=st.none() | times.map(lambda at: at.replace(year=2101, day=1)),
        event=texts,
        language=st.sampled_from(["da-DK", "en"]),
        sender_name=texts,
        withdrawal=st.sampled_from(Withdrawal),
    )


def composed(**changes: object) -> Alert:
    request = AlertRequest.read(REQUEST | changes)
    return compose(
        request,
        identifier="a-1",
        sender="krisestab.eksempel.invalid",
        sender_name="Eksempelby Kommune",
        sent=NOW + timedelta(microseconds=7),
        default_status=Status.EXERCISE,
    )


def foreign(file: str = "ok-update.xml") -> CapAlert:
    return parse((OWN / file).read_bytes())


@given(alerts(any_text, references=0))
def test_an_alert_is_the_same_after_the_store(alert: Alert) -> None:
    assert from_json(to_json(alert)) == alert


@given(alerts(xml_text, references=1).filter(lambda alert: says_something(alert.headline)))
def test_an_alert_is_the_same_after_cap(alert: Alert) -> None:
    assert from_cap(to_cap(alert)) == alert
    assert from_cap(parse(serialise(to_cap(alert)))) == alert


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"v":1}', b"\xff", b'{"v":1,"want":1,"sent":"x"}', b'"v"']
)
def test_a_damaged_stored_alert_is_an_alert_error(data: bytes) -> None:
    with pytest.raises(AlertError, match="not a stored alert"):
        from_json(data)


def test_an_alert_stored_by_a_newer_version_is_refused() -> None:
    with pytest.raises(AlertError, match="newer"):
        from_json(to_json(composed()).replace(b'"v":1', b'"v":2'))


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"sent": NOW.replace(tzinfo=None)}, "sent"),
        ({"sent": NOW.replace(microsecond=1)}, "sent"),
        ({"expires_at": NOW.replace(tzinfo=None)}, "expires"),
        ({"radio_text": "x" * 66}, "radio_text"),
    ],
)
def test_an_alert_holds_to_its_own_limits(change: dict[str, object], element: str) -> None:
    with pytest.raises(AlertError) as caught:
        replace(composed(), **change)

    assert caught.value.element == element


def test_a_request_becomes_an_alert() -> None:
    alert = composed(
        answers={"1": "kommer", "2": "kommer ikke"}, expires="90m", want="Acknowledged", text="a\r\nb"
    )

    assert alert.sent == NOW
    assert alert.expires_at == NOW + timedelta(minutes=90)
    assert alert.answers == (("1", "kommer"), ("2", "kommer ikke"))
    assert (alert.status, alert.msg_type, alert.precedence) == (
        Status.EXERCISE,
        MsgType.ALERT,
        Precedence.FLASH,
    )
    assert (alert.want, alert.text, alert.event) == (Evidence.ACKNOWLEDGED, "a\nb", "Strømsvigt")
    assert alert.exercise


def test_recipients_named_twice_are_asked_once() -> None:
    assert composed(to=["vagt", "krisestab", "vagt"]).to == ("vagt", "krisestab")


@pytest.mark.parametrize(
    ("expires", "at"),
    [
        ("2h", NOW + timedelta(hours=2)),
        ("3d", NOW + timedelta(days=3)),
        ("2026-01-12T05:16:00+01:00", datetime(2026, 1, 12, 4, 16, tzinfo=UTC)),
        ("2026-01-12t04:16:00.9z", datetime(2026, 1, 12, 4, 16, tzinfo=UTC)),
        (None, None),
    ],
)
def test_expiry_is_a_duration_or_a_time(expires: str | None, at: datetime | None) -> None:
    assert composed(expires=expires).expires_at == at


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"to": []}, "to"),
        ({"to": "krisestab"}, "to"),
        ({"to": ["a b"]}, "to.0"),
        ({"to": ["ok", ""]}, "to.1"),
        ({"precedence": "urgent"}, "precedence"),
        ({"precedence": None}, "precedence"),
        ({"status": "exercise"}, "status"),
        ({"headline": "  "}, "headline"),
        ({"headline": " \u200b"}, "headline"),
        ({"headline": "\x1b[2J\x07"}, "headline"),
        ({"headline": "x" * 501}, "headline"),
        ({"text": "\ufeff\u2060"}, "text"),
        ({"radio_text": "\u00ad "}, "radio_text"),
        ({"answers": {"1": "\u3164"}}, "answers"),
        ({"text": "a\x00"}, "text"),
        ({"long_text": "\ud800"}, "long_text"),
        ({"radio_text": "x" * 66}, "radio_text"),
        ({"answers": {"ja": "kommer"}}, "answers"),
        ({"answers": {"1": " "}}, "answers"),
        ({"expires": "soon"}, "expires"),
        ({"expires": "0h"}, "expires"),
        ({"expires": "2026-02-30T00:00:00Z"}, "expires"),
        ({"want": "sending"}, "want"),
        ({"want": "sent"}, "want"),
        ({"urgency": "high"}, "urgency"),
    ],
)
def test_a_bad_request_names_the_element(change: dict[str, object], element: str) -> None:
    with pytest.raises(AlertError) as caught:
        AlertRequest.read(REQUEST | change)

    assert caught.value.element == element
    assert caught.value.reason


@pytest.mark.parametrize("missing", ["to", "precedence", "headline"])
def test_a_request_without_what_it_needs_names_it(missing: str) -> None:
    with pytest.raises(AlertError) as caught:
        AlertRequest.read({key: value for key, value in REQUEST.items() if key != missing})

    assert caught.value.element == missing


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_a_request_that_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(AlertError) as caught:
        AlertRequest.read(data)

    assert caught.value.element == "request"


def test_an_expiry_that_has_passed_is_refused() -> None:
    with pytest.raises(AlertError, match="has passed"):
        composed(expires="2026-01-12T03:16:00+01:00")


def test_the_live_plane_must_be_told_the_status() -> None:
    with pytest.raises(AlertError, match="status: must be given"):
        compose(AlertRequest.read(REQUEST), identifier="a", sender="b", sender_name="", sent=NOW)


@pytest.mark.parametrize(
    ("status", "exercise", "actionable"),
    [
        (Status.ACTUAL, False, True),
        (Status.EXERCISE, True, True),
        (Status.SYSTEM, True, True),
        (Status.TEST, True, False),
        (Status.DRAFT, True, False),
    ],
)
def test_only_actual_is_live_and_tests_and_drafts_never_leave(
    status: Status, exercise: bool, actionable: bool
) -> None:
    assert replace(composed(), status=status).exercise is exercise
    assert status.actionable is actionable


def test_a_message_of_others_becomes_an_alert() -> None:
    alert = from_cap(foreign())

    assert (alert.identifier, alert.sender, alert.sender_name) == (
        "DK-0002",
        "beredskab@eksempel.invalid",
        "Eksempel Kommune",
    )
    assert alert.long_text.endswith("\n\nBrug mobil sparsomt. Hør DR P4.")
    assert alert.expires_at == datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
    assert alert.references[0].identifier == "DK-0001"
    assert (alert.precedence, alert.withdrawal) == (Precedence.IMMEDIATE, Withdrawal.UPDATE)


@pytest.mark.parametrize(
    ("urgency", "severity", "precedence"),
    [
        (Urgency.IMMEDIATE, Severity.EXTREME, Precedence.FLASH),
        (Urgency.IMMEDIATE, Severity.SEVERE, Precedence.IMMEDIATE),
        (Urgency.IMMEDIATE, Severity.MODERATE, Precedence.PRIORITY),
        (Urgency.EXPECTED, Severity.EXTREME, Precedence.PRIORITY),
        (Urgency.EXPECTED, Severity.MODERATE, Precedence.PRIORITY),
        (Urgency.EXPECTED, Severity.MINOR, Precedence.ROUTINE),
        (Urgency.FUTURE, Severity.EXTREME, Precedence.ROUTINE),
        (Urgency.PAST, Severity.EXTREME, Precedence.ROUTINE),
        (Urgency.UNKNOWN, Severity.UNKNOWN, Precedence.ROUTINE),
    ],
)
def test_precedence_of_others_is_read_from_urgency_and_severity(
    urgency: Urgency, severity: Severity, precedence: Precedence
) -> None:
    cap = foreign()
    cap = replace(
        cap, info=(replace(cap.info[0], urgency=urgency, severity=severity, certainty=Certainty.LIKELY),)
    )

    assert from_cap(cap).precedence is precedence


def test_an_explicit_precedence_wins_only_in_our_own_profile() -> None:
    ours = to_cap(composed(precedence="routine"))
    loud = replace(ours, info=(replace(ours.info[0], urgency=Urgency.IMMEDIATE, severity=Severity.EXTREME),))

    assert from_cap(loud).precedence is Precedence.ROUTINE
    assert from_cap(replace(loud, code=())).precedence is Precedence.FLASH


def test_our_cap_is_plain_cap_that_names_its_profile() -> None:
    cap = to_cap(composed(answers={"1": "kommer"}))

    assert cap.code == (PROFILE,)
    assert (cap.scope, cap.addresses) == (Scope.PRIVATE, ("krisestab",))
    assert all(pair.name.startswith("bavn:") for pair in cap.info[0].parameter)
    assert (cap.info[0].urgency, cap.info[0].severity) == (Urgency.IMMEDIATE, Severity.EXTREME)


@pytest.mark.parametrize(
    ("msg_type", "responses", "withdrawal"),
    [
        (MsgType.ALERT, (ResponseType.ALL_CLEAR,), Withdrawal.NONE),
        (MsgType.UPDATE, (), Withdrawal.UPDATE),
        (MsgType.CANCEL, (), Withdrawal.CORRECTION),
        (MsgType.CANCEL, (ResponseType.ALL_CLEAR,), Withdrawal.ALL_CLEAR),
    ],
)
def test_only_all_clear_says_that_the_danger_is_over(
    msg_type: MsgType, responses: tuple[ResponseType, ...], withdrawal: Withdrawal
) -> None:
    cap = foreign()
    cap = replace(cap, msg_type=msg_type, info=(replace(cap.info[0], response_type=responses),))

    assert from_cap(cap).withdrawal is withdrawal


def test_the_danish_block_is_read_first() -> None:
    cap = foreign()
    english = replace(cap.info[0], language="en-GB", headline="Power cut")

    assert from_cap(replace(cap, info=(english, cap.info[0]))).language == "da-DK"
    assert from_cap(replace(cap, info=(english,))).headline == "Power cut"
    assert (
        from_cap(replace(cap, info=(replace(english, language=None, headline=None),))).headline
        == "Strømsvigt"
    )


def test_an_ack_needs_no_info_and_an_alert_does() -> None:
    assert from_cap(foreign("ok-ack.xml")).msg_type is MsgType.ACK
    assert "DK-0001" in from_cap(foreign("ok-error.xml")).references[0].identifier
    with pytest.raises(AlertError, match="info: is missing"):
        from_cap(replace(foreign(), info=()))


@pytest.mark.parametrize("headline", ["\u200b", "\u2060 \ufeff"])
def test_a_message_of_which_nothing_can_be_seen_is_refused(headline: str) -> None:
    ours = to_cap(composed())
    silent = replace(ours, info=(replace(ours.info[0], headline=headline, description="\u200b"),))
    strangers = replace(silent, code=(), info=(replace(silent.info[0], event="\u200b"),))
    for cap in (silent, strangers):
        with pytest.raises(AlertError, match="headline: is empty"):
            from_cap(cap)


def test_a_message_is_read_by_whatever_of_it_can_be_seen() -> None:
    ours = to_cap(composed())
    info = replace(ours.info[0], headline="\u200b", event="Strømsvigt")

    assert from_cap(replace(ours, code=(), info=(info,))).headline == "Strømsvigt"
    assert from_cap(replace(ours, info=(replace(info, description="Ring 114"),))).long_text == "Ring 114"
    assert from_cap(replace(ours, msg_type=MsgType.CANCEL, info=(info,))).msg_type is MsgType.CANCEL


@pytest.mark.parametrize(
    ("name", "value", "element"),
    [
        ("bavn:precedence", "urgent", "parameter"),
        ("bavn:want", "certainty", "parameter"),
        ("bavn:withdrawal", "maybe", "parameter"),
        ("bavn:answer", "kommer", "parameter"),
        ("bavn:answer", f"1={'x' * 79}", "parameter"),
        ("bavn:text", "x" * 2_001, "parameter"),
        ("bavn:radio-text", "x" * 66, "radio_text"),
    ],
)
def test_a_bad_parameter_of_our_profile_is_refused(name: str, value: str, element: str) -> None:
    cap = to_cap(composed())
    info = cap.info[0]
    pairs = (*(pair for pair in info.parameter if pair.name != name), type(info.parameter[0])(name, value))

    with pytest.raises(AlertError) as caught:
        from_cap(replace(cap, info=(replace(info, parameter=pairs),)))

    assert caught.value.element == element


def test_no_more_answers_are_offered_than_a_person_reads() -> None:
    ours = to_cap(composed())
    pairs = tuple(type(ours.info[0].parameter[0])("bavn:answer", f"{n}=kommer") for n in range(21))

    with pytest.raises(AlertError, match="offers 21 answers"):
        from_cap(replace(ours, info=(replace(ours.info[0], parameter=pairs),)))


def test_control_characters_become_signs_that_xml_can_carry() -> None:
    cap = to_cap(composed(headline="a\x1b[31mb", text="b\x07"))

    assert parse(serialise(cap)).info[0].headline == "a␛[31mb"
