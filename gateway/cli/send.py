"""`bavn send`: an alert through the running hub, once, however often the connection breaks."""

import sys
import time
from enum import StrEnum
from typing import Annotated, Any

import typer

from gateway.cli.desk import ConfigOption, Desk, JsonOption, LangOption, at_desk
from gateway.cli.errors import CommandError, NoHub
from gateway.cli.hub_client import Busy, Lost, Request
from gateway.cli.posting import envelope, fields, new_key, pairs
from gateway.cli.reading import one_of
from gateway.cli.wait_for import wait_for
from gateway.cli.warned import lines

AGAIN_S, AGAIN_MOST_S = 0.3, 15.0  # a hub that restarts accepts again within 5 s


class PrecedenceWord(StrEnum):
    FLASH = "flash"
    IMMEDIATE = "immediate"
    PRIORITY = "priority"
    ROUTINE = "routine"


class EvidenceWord(StrEnum):
    """The evidence that can be wanted."""

    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    READ = "read"
    ACKNOWLEDGED = "acknowledged"


class StatusWord(StrEnum):
    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


To = Annotated[
    list[str], typer.Option("--to", metavar="ID", help="Contacts or groups; repeat it, or use commas")
]
Headline = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What it is about; the only text that is required")
]
Text = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT|-",
        help="What to do; - reads it from stdin. One SMS holds 146 signs of headline and text",
    ),
]
RadioText = Annotated[str | None, typer.Option(metavar="TEXT", help="For radio, at most 65 signs")]
LongText = Annotated[
    str | None, typer.Option(metavar="TEXT|-", help="For mail and print; - reads it from stdin")
]
Answers = Annotated[
    list[str],
    typer.Option("--answer", metavar="KEY=MEANING", help="An answer to offer: '1=kommer'. Repeat it"),
]
Urgent = Annotated[
    list[str],
    typer.Option(
        "--urgent",
        metavar="KEY",
        help="An answer on which somebody must act at once: the duty officer is told",
    ),
]
Number = Annotated[
    str | None,
    typer.Option("--number", metavar="OF WHAT", help="Ask for a number instead: 'antal isolerede'"),
]
Repeat = Annotated[
    str | None, typer.Option("--repeat", metavar="3h", help="Ask again so often, as a round of its own")
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="1d|TIME", help="No round begins after this (default: 3 days)"),
]
Expires = Annotated[
    str | None, typer.Option(metavar="2h|TIME", help="Never sent after this (default: by precedence)")
]
Precedence = Annotated[
    PrecedenceWord | None,
    typer.Option(parser=one_of(PrecedenceWord), metavar="WORD", help="flash, immediate, priority or routine"),
]
Want = Annotated[
    EvidenceWord | None,
    typer.Option(
        parser=one_of(EvidenceWord),
        metavar="EVIDENCE",
        help="Goes on until submitted, delivered, read or acknowledged (default: by precedence)",
    ),
]
Key = Annotated[
    str | None, typer.Option(metavar="KEY", help="Idempotency key: the same key never sends twice")
]
Cap = Annotated[
    str | None, typer.Option(metavar="FILE|-", help="Send this CAP 1.2 file; --to and --precedence add to it")
]
StatusOption = Annotated[
    StatusWord | None,
    typer.Option(
        parser=one_of(StatusWord),
        metavar="STATUS",
        help="Actual, Exercise, System, Test or Draft (must be given on the live plane)",
    ),
]
Wait = Annotated[
    EvidenceWord | None,
    typer.Option(
        parser=one_of(EvidenceWord),
        metavar="EVIDENCE",
        help="Wait until all have this: submitted, delivered, read or acknowledged. Exit status 3 if they do not",
    ),
]
Timeout = Annotated[str, typer.Option(metavar="60s", help="How long to wait")]


def send(  # one parameter an option: the command line is the signature
    to: To = [],  # noqa: B006 - typer copies it
    precedence: Precedence = None,
    headline: Headline = None,
    text: Text = None,
    radio_text: RadioText = None,
    long_text: LongText = None,
    want: Want = None,
    answer: Answers = [],  # noqa: B006
    urgent: Urgent = [],  # noqa: B006
    number: Number = None,
    repeat: Repeat = None,
    until: Until = None,
    expires: Expires = None,
    cap: Cap = None,
    key: Key = None,
    status: StatusOption = None,
    wait: Wait = None,
    timeout: Timeout = "60s",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", metavar="", help="Send nothing: show the plan, and the text of each bearer"
        ),
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Send an alert through the running hub.

    Prints the alert's code and identifier, and who has no route.
    """
    words = fields(
        to=[name for each in to for part in each.split(",") if (name := part.strip())],
        precedence=precedence,
        headline=headline,
        text=text,
        radio_text=radio_text,
        long_text=long_text,
        want=want,
        answers=pairs(answer),
        urgent=urgent,
        number=number,
        repeat=repeat,
        until=until,
        expires=expires,
        status=status,
    )
    said_of_wait = _wants_what_it_waits_for(words, wait)
    if dry_run:
        return _dry_run(words, at_desk(config, lang, as_json=as_json), cap=cap)
    limit_s = seconds(timeout)
    request, used_key = envelope(words, cap=cap, key=key, new_key=new_key())
    desk = at_desk(config, lang, as_json=as_json)
    if said_of_wait:
        desk.screen.progress(desk.words(f"send.{said_of_wait}"))
    return _post(desk, request, key=used_key, wait=wait, limit_s=limit_s)


def _wants_what_it_waits_for(words: dict[str, Any], wait: EvidenceWord | None) -> str:
    """Where an answer is waited for it is asked for too. The name of what to say of it; "": nothing.

    A want that was given stands: then nobody is told how to answer, unless there are answers to choose from.
    """
    want = words.get("want")
    if wait is not EvidenceWord.ACKNOWLEDGED or want is wait:
        return ""
    if want is not None:
        return "" if words.get("answers") or words.get("number") else "not_asked"
    if words.get("precedence") in {PrecedenceWord.FLASH, PrecedenceWord.IMMEDIATE}:
        return ""  # they want it anyway
    words["want"] = wait
    return "wanted_too"


def _post(desk: Desk, request: Request, *, key: str, wait: EvidenceWord | None, limit_s: float) -> None:
    accepted = insist(desk, request, key=key)
    _say(desk, accepted)
    waited = None
    if wait is not None:
        waited = wait_for(desk, accepted, evidence=wait.value, timeout_s=limit_s)
    desk.screen.whole({**accepted, "key": key or None, **(waited.as_json() if waited else {})})
    if waited is not None:
        waited.end(desk)


def _dry_run(words: dict[str, Any], desk: Desk, *, cap: str | None) -> None:
    from gateway.cli.preview import foresee

    if cap is not None:
        raise typer.BadParameter("is for texts: judge a CAP file with bavn cap check", param_hint="--dry-run")
    if "headline" not in words:
        raise typer.BadParameter('is missing: write --headline "..."', param_hint="--headline")
    foresee(desk, words)


def seconds(timeout: str) -> float:
    from gateway.durations import duration

    try:
        return duration(timeout).total_seconds()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--timeout") from error


def insist(desk: Desk, request: Request, *, key: str) -> dict[str, Any]:
    """Sends until the hub answers. Only the first attempt may find that no hub is there."""
    until = time.monotonic() + AGAIN_MOST_S
    trouble: CommandError | None = None
    while trouble is None or time.monotonic() < until:
        try:
            answer: dict[str, Any] = desk.hub.ask(request)
            return answer
        except NoHub:
            if trouble is None:
                raise
        except (Lost, Busy) as error:
            if trouble is None:
                word = "send.again" if isinstance(error, Lost) else "send.later"
                desk.screen.progress(desk.words(word))
            trouble = error
        time.sleep(AGAIN_S)
    if isinstance(trouble, Lost) and key:
        raise Lost(desk.words("error.lost", key=key))
    raise trouble


def people(desk: Desk, number: int) -> str:
    return desk.words("send.one") if number == 1 else desk.words("send.many", n=number)


def warn(desk: Desk, accepted: dict[str, Any]) -> None:
    """What is left out and who has no way, on stderr: beside the result, and beside --json too."""
    for line in lines(accepted["warnings"], desk.words):
        desk.screen.progress(line)


def _say(desk: Desk, accepted: dict[str, Any]) -> None:
    no_route = accepted["no_route"]
    desk.screen.result(accepted["id"], accepted["code"], ",".join(no_route))
    key = "send.accepted" if accepted["recipients"] else "send.nobody"
    recipients = people(desk, accepted["recipients"])
    desk.screen.people(desk.words(key, code=accepted["code"], id=accepted["id"], recipients=recipients))
    warn(desk, accepted)
    desk.screen.people(desk.words("send.see", code=accepted["code"]))
    sys.stdout.flush()
