"""A cry for help in a mail, wherever it stands in it: urgent in the inbox, and an answer only where it is one."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.store.receiving import receive
from messages.evidence import Evidence
from tests.asking import asked, evidence, items
from tests.test_email_reading import FORWARDED, INNER, RTF, part, parts, told

HELD, ANSWERED = Evidence.SUBMITTED, Evidence.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("subject", "content", "found"),
    [
        ("HJÆLP SV: Strømsvigt", part("Strandvej 4"), ANSWERED),
        ("4 SV: Strømsvigt #{code}", part("To mand under vand ved slusen"), ANSWERED),
        ("BRUG FOR HJÆLP", part("1"), ANSWERED),
        ("MMS", part("Vi har brug for hjælp", 'text/plain; charset=utf-8; name="text_0.txt"'), ANSWERED),
        ("SV: Strømsvigt", part(RTF, "application/rtf; name=a.rtf"), HELD),
        ("VS: Vand", part(f"Til orientering\n\n{FORWARDED}"), HELD),
        ("VS: Vand", parts("mixed", part("Se her"), INNER), HELD),
    ],
)
@pytest.mark.parametrize("sender", ["loopback:vagt", "mailto:borger@e.invalid"])
async def test_it_is_urgent_whoever_wrote_it(
    tmp_path: Path, subject: str, content: str, found: Evidence, sender: str
) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        subject = subject.format(code=sent.code)
        mail = replace(told(content, subject=subject, answers=False), sender=sender)
        await bench.store.run(receive, ("mail", mail))
        assert [(item["urgent"], item["open"]) for item in await items(bench)] == [(True, True)]
        assert await evidence(bench) == [found if sender == "loopback:vagt" else HELD]
