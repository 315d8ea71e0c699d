"""Ways over SMS and mail as a hub knows them, without a modem or a server behind them, and one person who has both."""

from functools import partial
from typing import Any

from channels.sms_modem import measure
from gateway.router import Way
from messages.directory import Directory, read
from messages.render import fit
from tests.stores import a_way

PHONE = "sms:+4500000001"
MAIL = "mailto:vagt@eksempel.invalid"
BOTH = frozenset({"exercise", "live"})


def sms(name: str = "sms-a", parts: int = 3, **more: Any) -> Way:
    told = partial(fit, measure=measure, max_parts=parts)
    usual = {"bearer": "sms-modem", "schemes": frozenset({"sms"}), "shortened": told}
    return a_way(name, **usual | more)


def mail(**more: Any) -> Way:
    usual = {"bearer": "email", "schemes": frozenset({"mailto"}), "two_way": False}
    return a_way("mail", **usual | more)


def people(*addresses: str, exercise: bool = True) -> Directory:
    contact = {"id": "vagt", "name": "Vagt", "addresses": list(addresses), "exercise": exercise}
    return read({"contacts": [contact]}, file="directory.toml")
