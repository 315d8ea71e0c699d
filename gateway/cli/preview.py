"""`bavn preview` and `bavn send --dry-run`: an alert as each bearer would carry it, and who gets it over what."""

from typing import Any

from gateway.cli import send
from gateway.cli.desk import ConfigOption, Desk, JsonOption, LangOption


def preview(  # one parameter an option: the command line is the signature
    headline: send.Headline = None,
    to: send.To = [],  # noqa: B006 - typer copies it
    precedence: send.Precedence = None,
    text: send.Text = None,
    radio_text: send.RadioText = None,
    long_text: send.LongText = None,
    want: send.Want = None,
    answer: send.Answers = [],  # noqa: B006
    expires: send.Expires = None,
    status: send.StatusOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    lang: LangOption = None,
) -> None:
    """See an alert as each bearer would carry it, without sending it.

    Shows who gets it over what, and what does not fit. Without --to for everybody, without --precedence as routine.
    """
    send.send(
        to=to,
        precedence=precedence,
        headline=headline,
        text=text,
        radio_text=radio_text,
        long_text=long_text,
        want=want,
        answer=answer,
        expires=expires,
        status=status,
        dry_run=True,
        as_json=as_json,
        config=config,
        lang=lang,
    )


def foresee(desk: Desk, words: dict[str, Any]) -> None:
    """Asks the hub what would become of this, and shows it."""
    found = desk.hub.post("/preview", words)
    desk.screen.whole(found)
    for each in found["texts"]:
        desk.screen.result(
            each["channel"], each["recipients"], each["parts"], each["over"], " ".join(each["text"].split())
        )
    if not desk.screen.json:
        from gateway.cli.foreseen import preview_view

        desk.screen.show(preview_view(found, desk.words))
    send.warn(desk, found)
