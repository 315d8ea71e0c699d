"""An attempt as the submit_sm that carry it. Pure.

Source: SMPP v3.4 4.4.1 (submit_sm), 5.2.14 (priority_flag), 7.1.1 (time formats).
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from channels.base import Outgoing, PermanentFailure
from channels.numbers import writable
from channels.signs import whole
from channels.smpp_config import SmppConfig
from channels.smpp_pdu import End, Submit
from channels.smpp_text import measure, parts_of
from hardware.errors import CodecError
from messages.precedence import Precedence
from messages.render import RenderError, ShortText, Words, fit

# GSM networks: 0 none, 1 to 3 before the others (5.2.14); what a network does with it is its own business.
_PRIORITY = {Precedence.FLASH: 3, Precedence.IMMEDIATE: 2, Precedence.PRIORITY: 1, Precedence.ROUTINE: 0}


def shortened(words: Words, config: SmppConfig) -> ShortText:
    """The text as it leaves; RenderError where it cannot be made short enough."""
    return _shortened(words, config.concatenation == "udh16", config.max_parts)


@lru_cache(maxsize=64)  # an alert says the same to many, and is judged before it is sent
def _shortened(words: Words, wide: bool, max_parts: int) -> ShortText:
    return fit(words, measure=lambda text: measure(whole(text), wide=wide), max_parts=max_parts)


def submits(outgoing: Outgoing, config: SmppConfig, *, reference: int, now: datetime) -> tuple[Submit, ...]:
    """The parts in order, tied together by `reference` (16 bits). PermanentFailure where there are none."""
    try:
        text = whole(shortened(outgoing.words, config).text)
        parts = parts_of(text, reference=reference, way=config.concatenation)
    except RenderError as error:
        raise PermanentFailure(str(error)) from error
    except CodecError as error:
        raise PermanentFailure(error.reason) from error
    destination = End(config.dest_ton, config.dest_npi, writable(outgoing.address).removeprefix("+"))
    return tuple(
        Submit(
            source=End(*config.source),
            destination=destination,
            octets=part.octets,
            esm_class=part.esm_class,
            data_coding=part.data_coding,
            priority_flag=_PRIORITY[outgoing.precedence] if config.priority_flag else 0,
            validity_period=validity_period(outgoing.validity, form=config.validity_period, now=now),
            registered_delivery=1 if config.request_reports else 0,
            options=part.options,
        )
        for part in parts
    )


def validity_period(validity: timedelta, *, form: str, now: datetime) -> str:
    """How long the network may try, as `form` has it; '' leaves it to the message centre. `now`: aware."""
    if form == "none":
        return ""
    if form == "absolute":
        return f"{(now + validity).astimezone(UTC):%y%m%d%H%M%S}000+"
    minutes, seconds = divmod(max(1, int(validity.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"0000{days:02}{hours:02}{minutes:02}{seconds:02}000R" if days < 32 else ""
