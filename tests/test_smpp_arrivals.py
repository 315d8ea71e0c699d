"""A message from a phone that comes again is the same one; one that only says the same is another."""

import asyncio
from pathlib import Path

import pytest

from channels.base import Inbound, State
from channels.smpp_arrivals import Arrivals
from channels.smpp_config import SmppConfig
from channels.smpp_memory import ArrivalMemory
from channels.smpp_session import Session
from tests.smsc import Smsc, smpp_table, told, turns

CONFIG = SmppConfig.model_validate(smpp_table(2775))
JA, NEJ, PHONE = b"JA", b"NEJ", "4500000001"


def line(bound_at: float = 0, **more: object) -> Session:
    return Session(CONFIG, lambda delivered: True, bound_at=bound_at, **more)  # type: ignore[arg-type]


def came(arrivals: Arrivals, *messages: bytes, over: Session, at: float) -> list[str]:
    return [
        arrivals.name(
            each,
            sender=PHONE,
            session=over,
            sequence=int(at * 10) + n,
            now=at,
            long=each.isupper() and len(each) == 1,
        )
        for n, each in enumerate(messages)
    ]


def again_after(first: Arrivals, folder: Path, *messages: bytes, at: float = 1) -> list[str]:
    """Names in another process, over a session bound at 0."""
    del first
    other = Arrivals(ArrivalMemory(folder / "arrivals"), key=b"key")
    other.recall()
    return came(other, *messages, over=line(), at=at)


@pytest.fixture
def kept(tmp_path: Path) -> Arrivals:
    return Arrivals(ArrivalMemory(tmp_path / "arrivals"), key=b"key")


def acknowledged(arrivals: Arrivals, *messages: bytes, over: Session, at: float = 0) -> list[str]:
    names = came(arrivals, *messages, over=over, at=at)
    for name in names:
        arrivals.acknowledged(name, now=at)
    return names


def test_the_same_words_at_once_are_two_and_over_a_new_session_the_same_two() -> None:
    arrivals, new = Arrivals(), line(10)
    first = came(arrivals, JA, JA, over=line(ended_at=2), at=0)
    again = came(arrivals, JA, JA, JA, over=new, at=20)
    assert len(set(again)) == 3
    assert again[:2] == first


def test_a_third_answer_that_says_what_the_first_said_is_a_third() -> None:
    arrivals, new = Arrivals(), line(10)
    first = came(arrivals, JA, NEJ, over=line(ended_at=2), at=0)
    *again, third = came(arrivals, JA, NEJ, JA, over=new, at=20)
    assert again == first
    assert third not in first


@pytest.mark.parametrize(("sequence", "same"), [(7, True), (8, False)])
def test_over_the_same_session_only_the_same_number_is_the_same(sequence: int, same: bool) -> None:
    """However long the store takes: a person may send the same words meanwhile."""
    arrivals, session = Arrivals(), line()
    first, again = (
        arrivals.name(JA, sender=PHONE, session=session, sequence=n, now=n * 60) for n in (7, sequence)
    )
    assert (first == again) is same


def test_a_number_that_is_used_again_names_another_message() -> None:
    arrivals, session = Arrivals(), line()
    first = arrivals.name(JA, sender=PHONE, session=session, sequence=7, now=0)
    arrivals.acknowledged(first, now=0)
    assert arrivals.name(JA, sender=PHONE, session=session, sequence=7, now=0.1) != first


def test_what_never_comes_again_is_not_waited_for_for_ever() -> None:
    arrivals, new = Arrivals(), line(10)
    first = came(arrivals, JA, over=line(ended_at=1), at=0)
    assert came(arrivals, JA, over=new, at=3610) != first
    assert not arrivals.sweep(line(10_000), now=20_000)


@pytest.mark.parametrize(
    ("fate", "bound_at", "again_at", "same"),
    [
        ({"ended_at": 10.1}, 11, 12, True),  # the session ended right after we had acknowledged it
        ({"ended_at": 10.1}, 11, 22, False),  # what is brought again is brought at once
        (
            {"ended_at": 10.1, "answered_at": 10.05},
            11,
            12,
            False,
        ),  # it had answered something that left later
        ({"ended_at": 12}, 13, 14, False),  # it stood after that
        ({"ended_at": 50, "torn": True, "heard_at": 10}, 51, 52, True),  # into the dark
        ({"ended_at": 50, "torn": True, "heard_at": 11}, 51, 52, False),  # it was not dark yet
        ({"ended_at": 50, "heard_at": 10}, 51, 52, False),  # nothing happened, and it hung up in order
    ],
)
def test_an_acknowledgement_may_be_lost_with_its_session(
    fate: dict[str, float], bound_at: float, again_at: float, same: bool
) -> None:
    arrivals, old = Arrivals(), line()
    first = acknowledged(arrivals, JA, over=old, at=10)
    for key, value in fate.items():
        setattr(old, key, value)
    assert (came(arrivals, JA, over=line(bound_at), at=again_at) == first) is same


def test_an_acknowledged_message_is_forgotten_while_its_session_stands() -> None:
    arrivals, session = Arrivals(), line()
    acknowledged(arrivals, JA, over=session, at=10)
    assert arrivals.sweep(session, now=10.1)
    session.heard_at = 10.2
    assert not arrivals.sweep(session, now=11)


def test_a_process_that_was_killed_leaves_what_it_had_not_acknowledged(
    kept: Arrivals, tmp_path: Path
) -> None:
    first = came(kept, JA, NEJ, over=line(), at=0)
    *again, new = again_after(kept, tmp_path, JA, NEJ, JA)
    assert again == first
    assert new not in first


@pytest.mark.parametrize(
    ("swept_at", "again_at", "same"),
    [
        (0.1, 1, True),  # killed in the moment in which it acknowledged
        (0.1, 11, False),
        (0.7, 1, False),  # a moment later: this is a second answer, also to the next question
    ],
)
def test_after_a_kill_only_what_was_just_acknowledged_is_taken_for_the_same(
    kept: Arrivals, tmp_path: Path, swept_at: float, again_at: float, same: bool
) -> None:
    session = line()
    first = acknowledged(kept, JA, over=session)
    kept.sweep(session, now=swept_at)
    assert (again_after(kept, tmp_path, JA, at=again_at) == first) is same


def test_one_two_one_over_a_clean_restart_is_three_answers(kept: Arrivals, tmp_path: Path) -> None:
    session = line()
    first = acknowledged(kept, JA, NEJ, over=session)
    session.answered_at, session.ended_at = 0.5, 0.5  # an unbind that was answered
    assert not kept.sweep(session, now=0.5)
    assert set(again_after(kept, tmp_path, JA)).isdisjoint(first)


SEQUENCES = [  # what came, and whether it was acknowledged right before the end; what is brought then; what is kept
    ("1+", "1", "1"),
    ("1+ 2-", "1 2", "12"),  # both are brought again
    ("1+ 2-", "2", "12"),
    ("1+ 2-", "2 1", "121"),  # 2 is brought first: the first 1 was heard, and this is another
    ("1+ 2+", "2", "12"),
    ("1+ 2+", "1", "121"),
    ("1+ 2+", "1 2", "1212"),  # nobody can tell: the latest is right, and each is seen twice
    ("1+ 2+", "3", "123"),
    ("1+ 2+", "3 2", "1232"),
    ("1+ 1-", "1", "11"),
    ("1+ 1-", "1 1", "11"),
    ("1+ 1-", "1 1 1", "111"),
    ("1- 2- 1-", "1 2 1", "121"),
    ("1- 2- 1-", "1 2 1 2", "1212"),
    ("1+ 2- 1-", "2 1", "121"),
    ("1+ 2+ 1-", "1", "121"),
    # A and B are long, or parts: nobody says them again at once.
    ("A+ B+", "A B", "AB"),
    ("A+ B+", "B A", "AB"),
    ("A+ B-", "A B", "AB"),
    ("A+ 1+", "A 1", "A1"),
    ("1+ A+", "A 1", "1A1"),
]


@pytest.mark.parametrize(("first", "again", "stored"), SEQUENCES)
@pytest.mark.parametrize("killed", [False, True])
def test_a_phones_answers_keep_their_order_and_none_is_lost(
    tmp_path: Path, first: str, again: str, stored: str, killed: bool
) -> None:
    arrivals, old = Arrivals(ArrivalMemory(tmp_path / "arrivals")), line()
    kept = {}
    for message in first.split():
        (name,) = came(arrivals, message[:1].encode(), over=old, at=10)
        kept[name] = message[:1]
        if message.endswith("+"):
            arrivals.acknowledged(name, now=10)
    old.ended_at = 10.1
    if killed:
        arrivals = Arrivals(ArrivalMemory(tmp_path / "arrivals"))
        arrivals.recall()
    new = line(11)
    for n, text in enumerate(again.split()):
        kept.setdefault(came(arrivals, text.encode(), over=new, at=12 + n)[0], text)
    assert "".join(kept.values()) == stored


def test_another_phone_that_says_the_same_is_another() -> None:
    arrivals, old, new = Arrivals(), line(ended_at=1), line(2)
    first = came(arrivals, JA, over=old, at=0)
    other = arrivals.name(JA, sender="4500000002", session=new, sequence=1, now=3)
    assert other not in first
    assert came(arrivals, JA, over=new, at=3) == first


def test_what_comes_twice_over_restarts_keeps_its_name(kept: Arrivals, tmp_path: Path) -> None:
    first = came(kept, JA, over=line(), at=0)
    assert again_after(kept, tmp_path, JA) == again_after(kept, tmp_path, JA) == first


def test_the_journal_says_nothing_to_who_lacks_the_key(kept: Arrivals, tmp_path: Path) -> None:
    first = came(kept, JA, over=line(), at=0)
    stranger = Arrivals(ArrivalMemory(tmp_path / "arrivals"), key=b"another")
    stranger.recall()
    assert came(stranger, JA, over=line(), at=0)[0].split(".")[0] != first[0].split(".")[0]
    assert (tmp_path / "arrivals").stat().st_mode & 0o777 == 0o600


def test_the_journal_stays_short(kept: Arrivals, tmp_path: Path) -> None:
    session = line()
    for second in range(1, 1500):
        acknowledged(kept, b"%d" % second, over=session, at=second)
        session.heard_at = second + 0.5
        kept.sweep(session, now=second + 1)
    assert (tmp_path / "arrivals").stat().st_size < 100_000


@pytest.mark.parametrize("damage", [b"", b"\0" * 500, b"+torn", b"?\n+\n-\n", b"\xff\n"])
def test_a_damaged_journal_loses_its_damage_only(kept: Arrivals, tmp_path: Path, damage: bytes) -> None:
    first = came(kept, JA, over=line(), at=0)
    journal = tmp_path / "arrivals"
    journal.write_bytes(damage + journal.read_bytes() + damage)
    assert again_after(kept, tmp_path, JA) == first


def test_a_journal_that_cannot_be_written_holds_nothing_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    arrivals = Arrivals(ArrivalMemory(tmp_path / "file" / "arrivals"))
    arrivals.recall()
    assert len(set(came(arrivals, JA, NEJ, over=line(), at=0))) == 2
    assert caplog.text.count("cannot be written down") == 1


async def test_what_was_not_settled_comes_again_under_the_same_name(tmp_path: Path) -> None:
    """Three times: over a lost session, and to another process after a kill."""
    names = set()
    async with Smsc() as smsc:
        killed = smsc.channel()
        killed.keep_in(tmp_path, key=b"key")
        async with killed:
            await turns(killed, State.UP)
            smsc.bring("1 #K7")
            for _ in range(2):
                names.add((await told(killed, Inbound)).bearer_id)
                smsc.proxy.cut_all()
        smsc.proxy.cut_all()
        channel = smsc.channel()
        channel.keep_in(tmp_path, key=b"key")
        async with channel:
            again = await told(channel, Inbound)
            await again.settle()
            while smsc.kept:
                await asyncio.sleep(0.001)
    assert names == {again.bearer_id}
