"""Whatever CAP can say survives writing and reading; whatever bytes come, only a CapError comes out."""

import string
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import cap as c
from messages.alert import MsgType, Reference, Status
from messages.cap_area import _cross, polygon_fault

OWN = Path(__file__).parent / "data" / "cap" / "own"

texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t\r"),
    max_size=30,
)
maybe = st.none() | texts
names = st.text(string.ascii_letters + string.digits + "@.:-æøå", min_size=1, max_size=12)
items = st.lists(st.text(string.ascii_letters + " æ@,", min_size=1, max_size=8), max_size=3).map(tuple)
pairs = st.lists(st.builds(c.ValuePair, texts, texts), max_size=2).map(tuple)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
naive = st.datetimes(
    datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2100-01-01"), timezones=zones
)
times = naive.map(lambda at: at.replace(microsecond=0))
heights = st.decimals(-1_000, 100_000, places=2)
latitudes, longitudes = st.integers(-90, 90), st.integers(-180, 180)


def several(values: st.SearchStrategy, *, least: int = 0) -> st.SearchStrategy:
    return st.lists(values, min_size=least, max_size=3).map(tuple)


@st.composite
def areas(draw: st.DrawFn) -> c.Area:
    corners = [f"{draw(latitudes)},{draw(longitudes)}" for _ in range(3)]
    altitude = draw(st.none() | heights)
    return c.Area(
        area_desc=draw(texts),
        polygons=draw(st.sampled_from([(), (" ".join([*corners, corners[0]]),)])),
        circles=draw(st.sampled_from([(), (f"{corners[0]} 1.5", f"{corners[1]} 0")])),
        geocodes=draw(pairs),
        altitude=altitude,
        ceiling=None if altitude is None else draw(st.none() | heights),
    )


resources = st.builds(
    c.Resource,
    resource_desc=texts,
    mime_type=texts,
    size=st.none() | st.integers(0, 10**9),
    uri=st.sampled_from([None, "", "https://eksempel.invalid/a b"]),
    deref_uri=st.sampled_from([None, "", "w6Y=", "w6\nY="]),
)
infos = st.builds(
    c.Info,
    category=several(st.sampled_from(c.Category), least=1),
    event=texts,
    urgency=st.sampled_from(c.Urgency),
    severity=st.sampled_from(c.Severity),
    certainty=st.sampled_from(c.Certainty),
    language=st.sampled_from([None, "da-DK", "en", "kl-GL"]),
    response_type=several(st.sampled_from(c.ResponseType)),
    audience=maybe,
    event_code=pairs,
    onset=st.none() | times,
    expires=st.none() | times.map(lambda at: at.replace(year=2101, day=1)),
    sender_name=maybe,
    headline=maybe,
    description=maybe,
    instruction=maybe,
    web=st.sampled_from([None, "", "https://eksempel.invalid/æ"]),
    contact=maybe,
    parameter=pairs,
    resource=several(resources),
    area=several(areas()),
)
signatures = st.sampled_from(
    [b'<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:V>1</s:V></s:Signature>']
)
earlier = st.builds(Reference, names, names, times.map(lambda at: at.replace(year=1970, day=2)))


@st.composite
def alerts(draw: st.DrawFn) -> c.CapAlert:
    scope = draw(st.sampled_from(c.Scope))
    return c.CapAlert(
        identifier="own-" + draw(names),
        sender=draw(names),
        sent=draw(times),
        status=draw(st.sampled_from(Status)),
        msg_type=draw(st.sampled_from(MsgType)),
        scope=scope,
        source=draw(maybe),
        restriction="for " + draw(texts) if scope is c.Scope.RESTRICTED else None,
        addresses=("vagt", *draw(items)),
        code=draw(several(texts)),
        note=draw(maybe),
        references=draw(several(earlier, least=1)),
        incidents=draw(items),
        info=draw(several(infos)),
        signatures=draw(several(signatures)),
    )


@given(alerts())
def test_a_message_is_the_same_after_writing_and_reading(cap: c.CapAlert) -> None:
    assert c.parse(c.serialise(cap)) == cap


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=12))
def test_edges_that_cross_are_found_as_by_looking_at_every_pair(corners: list[tuple[int, int]]) -> None:
    ring = [(float(x), float(y)) for x, y in [*corners, corners[0]]]
    every = any(_cross(one, other) for one, other in combinations(pairwise(ring), 2))

    fault = polygon_fault(" ".join(f"{x},{y}" for x, y in [*corners, corners[0]]))

    assert fault.startswith("crosses") is every


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_cap_error(data: bytes) -> None:
    with pytest.raises(c.CapError):
        c.parse(data)


@given(st.data())
def test_damaged_messages_raise_nothing_but_cap_error(data: st.DataObject) -> None:
    octets = bytearray(data.draw(st.sampled_from(sorted(OWN.glob("*.xml")))).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))

    with suppress(c.CapError):  # anything else is an error
        cap = c.parse(bytes(octets))
        assert c.parse(c.serialise(cap)) == cap


@given(st.text(max_size=8), st.integers(0, 400))
def test_text_in_the_wrong_place_raises_nothing_but_cap_error(text: str, place: int) -> None:
    written = (OWN / "ok-private.xml").read_text(encoding="utf-8")
    octets = (written[:place] + text + written[place:]).encode("utf-8", "surrogatepass")

    assert isinstance(c.judge(octets), c.Verdict)


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"note": "\x07"}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"addresses": ('a"b',)}, "addresses"),
        ({"incidents": ("",)}, "incidents"),
        ({"signatures": (b"<a",)}, "Signature"),
        ({"signatures": (b"<a/>",)}, "a"),
        ({"sent": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=15)))}, "sent"),
    ],
)
def test_what_cap_cannot_carry_is_refused_when_written(change: dict[str, object], element: str) -> None:
    cap = c.CapAlert(
        identifier="a",
        sender="b",
        sent=datetime(2026, 1, 1, tzinfo=UTC),
        status=Status.ACTUAL,
        msg_type=MsgType.ALERT,
        scope=c.Scope.PUBLIC,
    )

    with pytest.raises(c.CapError) as caught:
        c.serialise(replace(cap, **change))

    assert caught.value.element == element
