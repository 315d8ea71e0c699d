"""The demonstration's own installation: made like `bavn init` makes one, with the cast in its directory.

Deadlines are shortened, so that an hour of a night fits into a minute; the screen says so.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.app import way
from gateway.config import Config, load
from gateway.demo.cast import ROLES, directory_toml
from gateway.demo.words import Words
from gateway.init import init
from gateway.policy import policies
from gateway.router import Rung, Surroundings, plan
from messages.precedence import Precedence

MAIL, SMS_A, SMS_B = "mail", "sms-a", "sms-b"
CHANNELS = (MAIL, SMS_A, SMS_B)
DOMAIN_OF = {MAIL: "internet", SMS_A: "net-a", SMS_B: "net-b"}
ALONE = (MAIL, SMS_A)  # what a municipality without Bavn has: mail and one SMS gateway on network A

# The drivers' own limits, as a share of those in life: an answer that a modem owes is waited for over a restart, 120 s
# in life, and the story would stand still meanwhile.
TIME_FACTOR = 0.06

# Seconds of the story. Without them: 30 s, 60 s, 3 min, 5 min, 10 min (docs/configuration.md).
DEADLINES_S = {
    "hand_over_within": 20,
    "next_domain_after": 4,
    "no_answer_next_round": 18,
    "no_answer_deputy": 22,
    "no_answer_call_list": 50,
}
HUB_LOG = "hub.log"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything of one demonstration is. Nothing is outside `folder`."""

    folder: Path
    config: Config

    @property
    def hub_log(self) -> Path:
        return self.folder / HUB_LOG


def install(folder: Path, words: Words, *, mail_port: int, pace: float) -> Installation:
    """Writes the installation and reads it back as the hub will."""
    init(folder, now=datetime.now(UTC))
    ports = {name: folder / name for name in (SMS_A, SMS_B)}
    toml = _bavn_toml(words, ports, mail_port=mail_port, pace=pace)
    (folder / "bavn.toml").write_text(toml, encoding="utf-8")
    (folder / "directory.toml").write_text(directory_toml(words.names), encoding="utf-8")
    return Installation(folder, load(folder / "bavn.toml", environ={}))


def deadline_s(name: str, pace: float) -> int:
    """Whole seconds, as bavn.toml takes them."""
    return max(1, math.ceil(DEADLINES_S[name] * pace))


def _bavn_toml(words: Words, ports: dict[str, Path], *, mail_port: int, pace: float) -> str:
    deadlines = "\n".join(f'{name} = "{deadline_s(name, pace)}s"' for name in DEADLINES_S)
    sms = deadline_s("next_domain_after", pace)
    modems = "\n".join(
        f'[channels.{name}]\nbearer = "sms-modem"\ndomains = ["{DOMAIN_OF[name]}"]\nport = "{port}"\n'
        f"max_parts = 1\nmax_per_minute = 600\ntime_factor = {TIME_FACTOR}\n"
        for name, port in ports.items()
    )
    return f"""\
[gateway]
id = "krisestab.bavnby.invalid"
name = "{words["sender"]}"
plane = "exercise"
language = "{words.language}"

[http]
listen = "127.0.0.1:0"

[domains]
internet = "{words["net-mail"]}"
net-a = "{words["net-sms-a"]}"
net-b = "{words["net-sms-b"]}"

[domains_by_address]
"mailto:" = ["internet"]

[channels.mail]
bearer = "email"
domains = ["internet"]
host = "127.0.0.1"
port = {mail_port}
tls = "none"
sender = "krisestab@bavnby.invalid"
reconnect_max_s = 1.0

{modems}
# Shortened, so that a night fits into a minute.
[policy.flash]
{deadlines}
next_domain_by_bearer = {{ sms-modem = "{sms}s" }}

[policy.immediate]
{deadlines}
next_domain_by_bearer = {{ sms-modem = "{sms}s" }}
"""


def ladders(config: Config, *, only: tuple[str, ...] = CHANNELS) -> dict[str, tuple[Rung, ...]]:
    """The router's plan for each role over these channels."""
    surroundings = Surroundings(
        ways=tuple(way(name, config) for name in only), domains_by_address=config.domains_by_address
    )
    policy = policies(config.policy_overrides())[Precedence.FLASH]
    contacts = {contact.id: contact for contact in config.directory.contacts}
    return {role.id: plan(contacts[role.id], surroundings, policy=policy, plane="exercise") for role in ROLES}


def reach(config: Config, *, only: tuple[str, ...], without: frozenset[str]) -> int:
    """How many roles have a route over these channels that needs none of the domains in `without`."""
    return sum(
        any(not without.intersection(rung.domains) for rung in ladder)
        for ladder in ladders(config, only=only).values()
    )
