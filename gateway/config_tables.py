"""The tables of bavn.toml: one frozen model each, and `Config`, which holds them once every check has passed.

Defaults stand beside the fields; unknown keys are refused. A channel's table is judged by its bearer's own
model (channels.registry). Reading them is config.py's business.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from channels.base import ChannelConfig
from channels.hosts import host_and_port
from gateway.durations import duration
from gateway.policy import DEFAULTS
from gateway.store.lock import database_file
from messages.directory import Directory
from messages.evidence import Evidence
from messages.precedence import Precedence

Plane = Literal["exercise", "live"]


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Gateway(Table):
    id: str = Field(examples=["krisestab.eksempelkommune.invalid"])  # the CAP sender
    name: str = Field(min_length=1, max_length=40, examples=["Eksempelby Kommune"])  # {afs} in texts
    plane: Plane = "exercise"  # an upper bound: on "exercise" nothing live can leave
    data_dir: Path = Path("var")
    directory: Path = Path("directory.toml")
    language: Literal["da", "en"] = "da"
    duty: str = Field("", examples=["krisestabens-vagt"])  # the contact or group told of urgent answers
    secrets_dir: Path | None = None

    @field_validator("id")
    @classmethod
    def _cap_sender(cls, value: str) -> str:
        """CAP 1.2, 3.2.1 sender: no spaces, commas or restricted characters (< and &)."""
        if not re.fullmatch(r"[^\s,<&\x00-\x1f\x7f]{1,100}", value):
            raise ValueError(
                f'{value!r} has a sign that CAP forbids. Write for example id = "krisestab.kommune.invalid"'
            )
        return value


class Store(Table):
    url: str = "sqlite:bavn.db"
    reserve_mb: int | None = Field(
        None, ge=0, le=1_000_000, examples=[200]
    )  # None: gateway.room says how much

    @field_validator("url")
    @classmethod
    def _only_sqlite(cls, value: str) -> str:
        if value.startswith(("postgresql:", "postgres:")):
            raise ValueError('PostgreSQL comes in a later version. Write url = "sqlite:bavn.db"')
        name = value.removeprefix("sqlite:")
        if (
            name == value
            or not name
            or Path(name).is_absolute()
            or ".." in Path(name).parts
            or name.startswith(":")
            or not Path(name).name
        ):
            raise ValueError(f'{value!r} is not sqlite: and a file in data_dir. Write url = "sqlite:bavn.db"')
        return value


class Audit(Table):
    anchor: str = "file:anchors.log"  # where the head of the audit chain is kept outside the store

    @field_validator("anchor")
    @classmethod
    def _only_files(cls, value: str) -> str:
        if not value.startswith("file:") or value == "file:":
            raise ValueError(
                f'{value!r} is not file: and a path. Write for example anchor = "file:anchors.log"'
            )
        return value


class Http(Table):
    listen: str = "127.0.0.1:8470"  # port 0: any free one
    socket: Path | None = None  # None: data_dir/bavn.sock

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host_and_port(value)
        return value

    @property
    def host(self) -> str:
        return host_and_port(self.listen)[0]

    @property
    def port(self) -> int:
        return host_and_port(self.listen)[1]


def _duration(value: Any) -> Any:
    return (
        value if isinstance(value, timedelta) else duration(value if isinstance(value, str) else repr(value))
    )


def _wanted(value: Any) -> Evidence:
    evidence = value if isinstance(value, Evidence) else Evidence.parse(str(value))
    if evidence <= Evidence.UNKNOWN:
        known = ", ".join(e.word for e in Evidence if e > Evidence.UNKNOWN)
        raise ValueError(f"{evidence.word!r} cannot be wanted. Write one of {known}")
    return evidence


Span = Annotated[timedelta, BeforeValidator(_duration)]


class PolicyTable(Table):
    """What replaces a precedence's defaults in gateway/policy.py, key by key; what is absent stays."""

    want: Annotated[Evidence, BeforeValidator(_wanted)] | None = None
    at_once: int | None = Field(None, ge=1, le=4, examples=[2])
    hand_over_within: Span | None = None
    next_domain_after: Span | None = None
    next_domain_by_bearer: dict[str, Span] | None = None
    no_answer_next_round: Span | None = None
    no_answer_deputy: Span | None = None
    no_answer_call_list: Span | None = None
    rounds: int | None = Field(None, ge=1, le=10, examples=[3])
    expires_after: Span | None = None
    expires_longest: Span | None = None
    network_validity: Span | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration that has passed every check. All paths are absolute; a repr shows no secret."""

    path: Path
    gateway: Gateway
    store: Store
    audit: Audit
    http: Http
    domains: Mapping[str, str]
    domains_by_address: Mapping[str, tuple[str, ...]]
    channels: Mapping[str, ChannelConfig]
    policy: Mapping[str, PolicyTable]
    directory: Directory
    secret_keys: frozenset[str] = frozenset()  # the dotted keys that came from secrets_dir or the environment
    secret_files: tuple[Path, ...] = ()  # those in secrets_dir

    @property
    def data_dir(self) -> Path:
        return self.gateway.data_dir

    @property
    def database(self) -> Path:
        return database_file(self.data_dir, self.store.url)

    @property
    def anchor(self) -> Path:
        return self.path.parent / self.audit.anchor.removeprefix("file:")

    @property
    def socket(self) -> Path:
        return self.http.socket or self.data_dir / "bavn.sock"

    @property
    def tokens_file(self) -> Path:
        return self.path.parent / "tokens.toml"

    @property
    def key_file(self) -> Path:
        return self.path.parent / "keys" / "master.key"

    def planes(self, channel: str) -> frozenset[str]:
        """What a channel may carry: its own planes (default: the gateway's) within the gateway's bound."""
        allowed = {"exercise"} if self.gateway.plane == "exercise" else {"exercise", "live"}
        return frozenset(allowed.intersection(self.channels[channel].planes or (self.gateway.plane,)))

    def policy_overrides(self) -> dict[str, dict[str, Any]]:
        """What `gateway.policy.policies` takes: precedence word to the fields that bavn.toml replaces."""
        overrides = {word: table.model_dump(exclude_none=True) for word, table in self.policy.items()}
        for word, fields in overrides.items():
            if "next_domain_by_bearer" in fields:
                usual = DEFAULTS[Precedence.parse(word)].next_domain_by_bearer
                fields["next_domain_by_bearer"] = {**usual, **fields["next_domain_by_bearer"]}
        return overrides

    def secrets(self) -> tuple[str, ...]:
        """The values that must never stand in a log; for logs.configure."""
        values = (
            getattr(channel, name)
            for channel in self.channels.values()
            for name in type(channel).model_fields
        )
        return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))
