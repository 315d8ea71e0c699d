"""What a program wrote, or may have written: closed only where it is understood, and never an answer by itself."""

from pathlib import Path
from typing import Any

import pytest

from channels.base import Inbound
from gateway.attempt_names import attempt_name
from gateway.store.answering import Matched
from gateway.store.inbox import Identified, Listed, identify, list_inbox
from gateway.store.receiving import receive
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.stores import Bench
from tests.test_inbox import asked, evidence

OOO = "Jeg er på ferie til 30/11"


async def hears(bench: Bench, text: str, sender: str = "loopback:vagt", **more: Any) -> Matched:
    return await bench.store.run(
        receive, ("loop", Inbound(bearer_id=f"{text}{more}", sender=sender, text=text, at=bench.now, **more))
    )


async def about(bench: Bench, identifier: str) -> str:
    [row] = await bench.rows("select id from attempts")
    return attempt_name(identifier, row["id"])


async def listed(bench: Bench) -> list[tuple[str, bool]]:
    found = await bench.store.read(list_inbox, Listed())
    return [(item["kind"], item["urgent"]) for item in (found["items"] if isinstance(found, dict) else found)]


@pytest.mark.parametrize(
    ("text", "sender", "marks", "kept"),
    [
        (f"#{{code}} {OOO}", "loopback:vagt", {"automatic": "x"}, []),
        (OOO, "loopback:vagt", {"automatic": "x"}, []),  # about the one open question
        (OOO, "loopback:leder", {"automatic": "x"}, [("automatic", False)]),
        (OOO, "loopback:fremmed", {"automatic": "x"}, []),
        ("Alarm: BRUG FOR HJÆLP", "loopback:vagt", {"automatic": "x"}, [("automatic", False)]),
        ("550 5.1.1", "loopback:fremmed", {"automatic": "x", "undelivered": True}, [("bounce", False)]),
        ("550 5.1.1", "MAILER-DAEMON", {"automatic": "x", "undelivered": True}, [("bounce", False)]),
        (OOO, "loopback:vagt", {"doubtful": "x"}, [("doubtful", False)]),
        ("modtaget", "loopback:vagt", {"doubtful": "x"}, [("doubtful", False)]),
        ("BRUG FOR HJÆLP", "loopback:vagt", {"doubtful": "x"}, [("doubtful", True)]),
        (OOO, "loopback:leder", {"doubtful": "x"}, [("doubtful", False)]),
        ("Nyhedsbrev", "loopback:fremmed", {"doubtful": "x"}, []),
        ("#{code} alt ok", "loopback:fremmed", {"doubtful": "x"}, [("doubtful", False)]),
    ],
)
async def test_it_is_closed_only_where_it_is_understood(
    tmp_path: Path, text: str, sender: str, marks: dict[str, Any], kept: list[tuple[str, bool]]
) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, text.format(code=sent.code), sender, **marks)
        assert await listed(bench) == kept
        assert await evidence(bench) == [Evidence.SUBMITTED]


@pytest.mark.parametrize(("text", "urgent"), [("1", False), ("4", True), ("alt ok", False)])
async def test_what_a_group_passes_on_answers_where_it_is_clear(
    tmp_path: Path, text: str, urgent: bool
) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        name = await about(bench, sent.identifier)
        matched = await hears(bench, text, doubtful="from a list (list-id)", in_reply_to=name)
        assert (matched.kind, matched.urgent is not None) == ("answer", urgent)
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]


async def test_a_number_in_a_doubtful_message_may_be_a_date(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=0) as (bench, _):
        await bench.accept("vagt", precedence=Precedence.FLASH, answers=(("tal", "antal"),))
        for claimed in await bench.claim():
            await bench.conclude(claimed)
        await hears(bench, "30", doubtful="Precedence: bulk")
        assert await listed(bench) == [("doubtful", False)]


async def test_one_step_makes_a_doubtful_one_an_answer(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, "Jeg er på kursus, kommer derefter", doubtful="it speaks so")
        [row] = await bench.rows("select id, automatic from inbound")
        assert row["automatic"] == "it speaks so"
        matched = await bench.store.run(identify, Identified(row["id"], "vagt", "leder"))
        assert matched.alert == sent.identifier
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]


@pytest.mark.parametrize(
    "text", ["Liked your message", "1", "nej", "Vagt reagerede via Gmail", "BRUG FOR HJÆLP"]
)
async def test_a_reaction_is_read_whatever_it_says(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        name = await about(bench, sent.identifier)
        assert (await hears(bench, text, reaction=True, in_reply_to=name)).kind == "reaction"
        assert await evidence(bench) == [Evidence.READ]
        assert await listed(bench) == []
