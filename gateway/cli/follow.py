"""What follows an alert: `stop`, `correct`, `all-clear`, `update`, and `answer` for what came by voice or runner."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from gateway.cli import send
from gateway.cli.desk import AlertArgument, ConfigOption, Desk, JsonOption, LangOption, at_desk
from gateway.cli.hub_client import alert_path, exactly
from gateway.cli.posting import fields, new_key, pairs, post
from gateway.cli.reading import one_of


class Via(StrEnum):
    VOICE = "voice"
    RUNNER = "runner"


def stop(
    alert: AlertArgument, as_json: JsonOption = False, config: ConfigOption = None, lang: LangOption = None
) -> None:
    """Stop an alert: nothing more of it leaves.

    Nobody is told. To tell those who may have it, use correct, update or all-clear.
    """
    desk = at_desk(config, lang, as_json=as_json)
    stopped = desk.hub.post(alert_path(alert, "stop"))
    desk.screen.whole(stopped)
    desk.screen.result(stopped["id"], stopped["not_sent"], stopped["may_have_it"])
    how = desk.words.known("withdrawn", stopped["already"] or "")
    key = "follow.stopped_before" if stopped["already"] else "follow.stopped"
    desk.screen.people(desk.words(key, **{**stopped, "headline": _headline(stopped), "how": how}))
    if stopped["in_force"]:
        desk.screen.people(desk.words("follow.stopped_instead", code=stopped["in_force"]))
    elif stopped["may_have_it"]:
        desk.screen.people(desk.words("follow.stopped_then", code=stopped["code"]))


def _headline(alert: dict[str, Any]) -> str:
    """What the alert is about, so that whoever named another one by mistake sees it at once."""
    from messages.neutral import neutral_line

    return neutral_line(alert["headline"])


def correct(
    alert: AlertArgument,
    headline: Annotated[str, typer.Option(metavar="TEXT", help="The right text")],
    text: send.Text = None,
    radio_text: send.RadioText = None,
    long_text: send.LongText = None,
    answer: send.Answers = [],  # noqa: B006
    urgent: send.Urgent = [],  # noqa: B006
    number: send.Number = None,
    expires: send.Expires = None,
    precedence: send.Precedence = None,
    want: send.Want = None,
    key: send.Key = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Correct a mistake in an alert.

    Stops it, and sends the right text, marked RETTELSE, to exactly those who may have got the wrong one.
    """
    words = fields(
        headline=headline,
        text=text,
        radio_text=radio_text,
        long_text=long_text,
        answers=pairs(answer),
        urgent=urgent,
        number=number,
        expires=expires,
        precedence=precedence,
        want=want,
    )
    _follow(at_desk(config, lang, as_json=as_json), alert, "correct", words=words, key=key)


def all_clear(
    alert: AlertArgument,
    headline: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What is over, and what holds now (default: just that)")
    ] = None,
    text: send.Text = None,
    radio_text: send.RadioText = None,
    long_text: send.LongText = None,
    key: send.Key = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Say that the danger is over.

    Goes to exactly those who may have got the alert. Without a headline it says just that.
    """
    words = fields(headline=headline, text=text, radio_text=radio_text, long_text=long_text)
    _follow(at_desk(config, lang, as_json=as_json), alert, "all-clear", words=words, key=key)


def update(
    alert: AlertArgument,
    headline: Annotated[str, typer.Option(metavar="TEXT", help="What there is to add")],
    text: send.Text = None,
    radio_text: send.RadioText = None,
    long_text: send.LongText = None,
    answer: send.Answers = [],  # noqa: B006
    urgent: send.Urgent = [],  # noqa: B006
    number: send.Number = None,
    expires: send.Expires = None,
    precedence: send.Precedence = None,
    want: send.Want = None,
    key: send.Key = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Say more about an alert that was right.

    Goes to exactly those who may have got it, in its place.
    """
    words = fields(
        headline=headline,
        text=text,
        radio_text=radio_text,
        long_text=long_text,
        answers=pairs(answer),
        urgent=urgent,
        number=number,
        expires=expires,
        precedence=precedence,
        want=want,
    )
    _follow(at_desk(config, lang, as_json=as_json), alert, "update", words=words, key=key)


def _follow(desk: Desk, alert: str, kind: str, *, words: dict[str, Any], key: str | None) -> None:
    used = key or new_key()
    earlier = desk.hub.alert(alert)
    accepted = send.insist(desk, post(alert_path(exactly(earlier["id"]), kind), words, key=used), key=used)
    desk.screen.whole({**accepted, "key": used, "replaces": earlier["id"]})
    desk.screen.result(accepted["id"], accepted["code"], ",".join(accepted["no_route"]))
    about = {"headline": _headline(earlier), "code": accepted["code"], "id": accepted["id"]}
    if not accepted["recipients"]:
        return desk.screen.people(desk.words("follow.nobody", **about, earlier=earlier["code"]))
    have = (
        desk.words("follow.or").join(f"#{each['code']}" for each in accepted["follows"])
        or f"#{earlier['code']}"
    )
    about |= {"recipients": send.people(desk, accepted["recipients"]), "named": earlier["code"]}
    desk.screen.people(desk.words(f"follow.{kind}", **about, earlier=have))
    send.warn(desk, accepted)
    return None


def answer(
    alert: AlertArgument,
    who: Annotated[str, typer.Argument(metavar="WHO", help="The recipient's id")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What they said: an answer's number, or words")],
    via: Annotated[Via, typer.Option(parser=one_of(Via), metavar="voice|runner", help="How it came")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """Write in an answer that came by voice or runner."""
    desk = at_desk(config, lang, as_json=as_json)
    kept = desk.hub.post(alert_path(alert, "answers"), {"recipient": who, "text": text, "via": via.value})
    desk.screen.whole(kept)
    desk.screen.result(kept["id"], kept["recipient"], kept["kind"])
    kind = desk.words.known("answer_kind", kept["kind"])
    about = {"code": kept["code"], "headline": _headline(kept)}
    desk.screen.people(desk.words("follow.answered", recipient=kept["recipient"], kind=kind, **about))
    if kept["number"] and not kept["option"] and kept["kind"] == "answer":
        from messages.neutral import neutral_line

        again = f"bavn answer {kept['code']} {kept['recipient']} 40 --via {via.value}"
        desk.screen.people(desk.words("follow.no_number", text=neutral_line(text), again=again))
    if kept["urgent"] is not None:
        key = "follow.urgent" if kept["duty"] else "follow.urgent_nobody"
        desk.screen.people(desk.words(key, number=kept["urgent"], duty=kept["duty"]))
