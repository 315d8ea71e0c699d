"""What no table can tell by itself: names that must exist in another table, ports used twice, open files.

`cross_check` gives problems, which stop the start; `doubts` gives what `bavn doctor` mentions and a start
survives.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import combinations

from pydantic import BaseModel

from channels.base import ChannelConfig
from channels.hosts import is_here
from gateway.config_errors import Doubt, Problem, closest, is_secret
from gateway.config_files import files
from gateway.config_paths import closed, mounted_read_only, read_only, unusable
from gateway.config_read import world_readable
from gateway.config_tables import Config
from gateway.durations import in_words
from gateway.policy import policies

SCHEMES = ("sms", "tel", "mailto", "sds", "sbd", "mqtt", "paper", "peer", "loopback")
PLANES = ("exercise", "live")
NAMED_MOST = 8  # contacts in one note


def cross_check(config: Config) -> list[Problem]:
    """Everything that is wrong between the tables, in the order of the file."""
    checks = (
        _data_dir,
        files,
        _patterns,
        _channels,
        _shared_ports,
        _open_secrets,
        _policies,
        _directory_domains,
        _duty,
    )
    return [problem for check in checks for problem in check(config)]


def doubts(config: Config) -> list[Doubt]:
    """What works and is probably not meant."""
    checks = (
        _anchor_inside,
        _open_listener,
        _silent_channels,
        _shared_addresses,
        _nobody,
        _without_address,
        _no_duty,
    )
    return [problem for check in checks for problem in check(config)]


def _problem(config: Config, key: str, reason: str, remedy: str = "") -> Problem:
    return Problem(config.path.name, key, reason, remedy)


def _doubt(config: Config, key: str, reason: str, remedy: str, *, code: str, **about: object) -> Doubt:
    return Doubt(config.path.name, key, reason, remedy, code=code, about=tuple(about.items()))


def _data_dir(config: Config) -> Iterator[Problem]:
    """It must be a folder that this user can write, or one that can be made."""
    place, key = config.data_dir, "gateway.data_dir"
    if why := unusable(place):
        yield _problem(config, key, *why)
        return
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        yield _problem(config, key, f"{place.name} is a file, not a folder", "Name a folder of its own")
    elif mount := mounted_read_only(place):
        yield _problem(config, key, *read_only(mount))
    elif not os.access(place, os.W_OK | os.X_OK):
        yield _problem(config, key, *closed(place, config.data_dir, remedy="Give it to the hub's user"))
    elif os.statvfs(place).f_blocks == 0:  # /proc and its like: root may write there, and nothing can be made
        yield _problem(config, key, f"{place} is no disk", "Name a folder on a disk")


def _duty(config: Config) -> Iterator[Problem]:
    """Who is told of what is urgent must be somebody."""
    duty, known = config.gateway.duty, config.directory
    if duty and known.contacts and known.contact(duty) is None and duty not in known.groups:
        names = [*(contact.id for contact in known.contacts), *known.groups]
        reason = f"{duty!r} is neither a contact nor a group in {config.gateway.directory.name}"
        yield _problem(config, "gateway.duty", reason, closest(duty, names))


def _no_duty(config: Config) -> Iterator[Doubt]:
    if not config.gateway.duty and config.directory.contacts:
        reason = "nobody is told of urgent answers: they only stand in the inbox"
        remedy = 'Write for example duty = "krisestabens-vagt"'
        yield _doubt(config, "gateway.duty", reason, remedy, code="no_duty")


def _unknown_domains(config: Config, key: str, names: Iterable[str]) -> Iterator[Problem]:
    for name in names:
        if name not in config.domains:
            remedy = closest(name, config.domains) or f'Write {name} = "..." under [domains]'
            yield _problem(config, key, f"{name!r} is not in [domains]", remedy)


def _patterns(config: Config) -> Iterator[Problem]:
    """`sms:` stands for the whole scheme; `mailto:*@kommune.invalid` for what fits the stars."""
    for pattern, names in config.domains_by_address.items():
        key = f'domains_by_address."{pattern}"'
        scheme, colon, rest = pattern.partition(":")
        if not colon or scheme not in SCHEMES:
            yield _problem(config, key, "does not begin with a scheme", f"Known here: {', '.join(SCHEMES)}")
        elif any(sign in rest for sign in "[]?"):
            yield _problem(
                config, key, "only * may stand for other signs", 'Write for example "mailto:*@a.invalid"'
            )
        yield from _unknown_domains(config, key, names)


def _channels(config: Config) -> Iterator[Problem]:
    for name, channel in config.channels.items():
        yield from _unknown_domains(config, f"channels.{name}.domains", channel.domains)
        key = f"channels.{name}.planes"
        if channel.planes == ():
            yield _problem(
                config, key, "is empty, so nothing could leave", 'Write for example planes = ["exercise"]'
            )
        for plane in channel.planes or ():
            if plane not in PLANES:
                yield _problem(config, key, f"{plane!r} is not a plane", closest(plane, PLANES))


def _shared_ports(config: Config) -> Iterator[Problem]:
    """Two channels on one modem would take each other's answers; by-id links are followed."""
    ports = [
        (name, str(port)) for name, channel in config.channels.items() if (port := _serial_port(channel))
    ]
    for (first, one), (second, other) in combinations(ports, 2):
        if one == other or ("://" not in one + other and os.path.realpath(one) == os.path.realpath(other)):
            key = f"channels.{second}.port"
            yield _problem(
                config, key, f"is the port of channels.{first} too", "Give each channel a modem of its own"
            )


def _serial_port(channel: ChannelConfig) -> str | None:
    port = getattr(channel, "port", None)
    return port if isinstance(port, str) else None


def _open_secrets(config: Config) -> Iterator[Problem]:
    """A secret may stand in bavn.toml itself only if not everybody can read the file."""
    if not world_readable(config.path):
        return
    for name, channel in config.channels.items():
        for key in _secrets_of(channel, f"channels.{name}"):
            if key not in config.secret_keys:
                remedy = f"Move it to secrets_dir, or run: chmod o-r {config.path}"
                yield _problem(config, key, "is a secret in a file that everybody can read", remedy)


def _secrets_of(table: BaseModel, key: str) -> Iterator[str]:
    """The dotted keys of the secrets that are set in a table and in the tables inside of it."""
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        if isinstance(value, BaseModel):
            yield from _secrets_of(value, f"{key}.{name}")
        elif is_secret(field) and name in table.model_fields_set:
            yield f"{key}.{name}"


def _policies(config: Config) -> Iterator[Problem]:
    """The replaced deadlines must still fit the ones that stayed."""
    for precedence, policy in policies(config.policy_overrides()).items():
        key = f"policy.{precedence.word}"
        if policy.expires_after > policy.expires_longest:
            longest = in_words(policy.expires_longest)
            reason = f"{in_words(policy.expires_after)} is longer than expires_longest ({longest})"
            yield _problem(config, f"{key}.expires_after", reason, "Shorten one or lengthen the other")
        if policy.network_validity > policy.expires_longest:
            longest = in_words(policy.expires_longest)
            reason = f"{in_words(policy.network_validity)} outlives expires_longest ({longest})"
            yield _problem(config, f"{key}.network_validity", reason, "A network must not outlive the alert")


def _directory_domains(config: Config) -> Iterator[Problem]:
    file = config.gateway.directory.name
    for contact in config.directory.contacts:
        for entry in contact.addresses:
            for problem in _unknown_domains(
                config, f"contacts.{contact.id}.addresses.domains", entry.domains or ()
            ):
                yield Problem(file, problem.key, problem.reason, problem.remedy)


def _anchor_inside(config: Config) -> Iterator[Doubt]:
    if config.anchor.resolve().is_relative_to(config.data_dir.resolve()):
        reason = (
            f"{config.anchor} lies inside data_dir, so whoever can change the store can change the anchor"
        )
        remedy = "Put it on another disk or machine"
        yield _doubt(config, "audit.anchor", reason, remedy, code="anchor_inside", file=config.anchor)


def _open_listener(config: Config) -> Iterator[Doubt]:
    if not is_here(config.http.host):
        reason = f"{config.http.listen} can be reached from other machines, without encryption"
        remedy, listen = "Listen on 127.0.0.1 and put a TLS proxy in front", config.http.listen
        yield _doubt(config, "http.listen", reason, remedy, code="open_listener", listen=listen)


def _silent_channels(config: Config) -> Iterator[Doubt]:
    for name in config.channels:
        if not config.planes(name):
            reason = (
                f"holds nothing that [gateway] plane = {config.gateway.plane!r} allows: nothing can leave"
            )
            remedy, plane = "Right for a drill machine; else change the plane", config.gateway.plane
            key = f"channels.{name}.planes"
            yield _doubt(config, key, reason, remedy, code="silent_channel", plane=plane)


def _shared_addresses(config: Config) -> Iterator[Doubt]:
    """An answer is known by the address it comes from. A telephone or a radio group may well be several people's."""
    who: dict[str, list[str]] = {}
    for contact in config.directory.contacts:
        for address in dict.fromkeys(str(entry.address) for entry in contact.addresses):
            if address.startswith(("sms:", "mailto:", "sds:")) and not address.startswith("sds:group:"):
                who.setdefault(address, []).append(contact.id)
    for address, ids in who.items():
        if len(ids) > 1:
            reason = f"{', '.join(ids)} have {address} in common: an answer from there may be either's"
            remedy = "Give each an address of their own, or make them one contact"
            key, about = f"contacts.{ids[1]}.addresses", (("who", ", ".join(ids)), ("address", address))
            file = config.gateway.directory.name
            yield Doubt(file, key, reason, remedy, code="shared_address", about=about)


def _without_address(config: Config) -> Iterator[Doubt]:
    """Of many the first few are named."""
    ids = [contact.id for contact in config.directory.contacts if not contact.addresses]
    if ids:
        who = ", ".join(ids[:NAMED_MOST]) + (f" (+{len(ids) - NAMED_MOST})" if ids[NAMED_MOST:] else "")
        key, reason = f"contacts.{ids[0]}.addresses", f"nobody can be reached without an address: {who}"
        file, about = config.gateway.directory.name, (("who", who),)
        yield Doubt(
            file, key, reason, 'Write for example ["sms:+4500000001"]', code="no_address", about=about
        )


def _nobody(config: Config) -> Iterator[Doubt]:
    if not config.directory.contacts:
        remedy = "Write a table [[contacts]] with id, name and addresses for each of them"
        reason = "holds no contact, so nobody can be reached"
        yield Doubt(config.gateway.directory.name, "", reason, remedy, code="no_contacts")
