"""The table of an MQTT channel in bavn.toml."""

import hashlib
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from channels.authorities import Authorities
from channels.base import ChannelConfig
from channels.hosts import is_here

Seconds = Annotated[float, Field(gt=0, le=3600)]
_LONGEST_PREFIX = 200  # characters; with an address of at most 200 the topic stays far below 65,535 octets


class MqttConfig(ChannelConfig):
    """How to reach the broker, and under which topics. There is no switch that skips certificate checks."""

    model_config = ConfigDict(hide_input_in_errors=True)  # an error would show the password of a wrong table

    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")
    port: int = Field(1883, ge=1, le=65535)
    tls: Literal["none", "implicit"] = "none"
    ca_file: Authorities | None = None  # PEM; the only authorities trusted when given. None: the system's
    username: str = Field("", max_length=200)
    password: SecretStr | None = None
    topic_prefix: str  # alerts on <prefix>/alert/<topic of the address>, answers from <prefix>/answer
    client_id: str = Field(
        "", pattern=r"^[0-9A-Za-z._-]{0,64}$"
    )  # "": made of the prefix and the channel's name
    session_expiry_s: int = Field(604_800, ge=60, le=0xFFFF_FFFE)  # how long the broker keeps answers for us
    no_subscriber: Literal["refuse", "accept"] = (
        "refuse"  # what the broker's "nobody subscribes" (0x10) means
    )
    availability: bool = False  # a retained "online" on <prefix>/availability, and "offline" as our will
    window: int = Field(20, ge=1, le=1000)  # messages at a time; never more than the broker allows
    longest_answer: int = Field(
        8_192, ge=512, le=262_144
    )  # octets of one packet; the broker drops longer ones
    keepalive_s: int = Field(20, ge=5, le=600)  # a broker that is silent for twice as long is away
    connect_s: Seconds = 10.0  # TCP, TLS, CONNACK and SUBACK together
    answer_s: Seconds = 5.0  # PUBACK, SUBACK; then the next way is tried, and a late PUBACK still counts
    reconnect_s: Seconds = (
        1.0  # first pause while the broker is away; doubled up to the next, less a random half
    )
    reconnect_max_s: Seconds = 15.0

    @field_validator("topic_prefix")
    @classmethod
    def _publishable(cls, prefix: str) -> str:
        """MQTT 5.0 4.7.1: no wildcard in a topic name; 4.7.2: what begins with $ is the broker's own."""
        if not 1 <= len(prefix) <= _LONGEST_PREFIX:
            raise ValueError("is empty or longer than 200 signs: write for example bavn/eksempelkommune")
        if set("+#\0") & set(prefix) or prefix[0] in "$/" or prefix[-1] == "/" or not prefix.isprintable():
            raise ValueError(
                "must not hold + or #, nor begin with $ or /, nor end with /: write for example bavn/eksempelkommune"
            )
        return prefix

    @model_validator(mode="after")
    def _login(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password belong together: give both or none")
        if self.username and self.tls == "none" and not is_here(self.host):
            raise ValueError('tls = "none" would send the password readable: set tls = "implicit"')
        return self

    def topic(self, *levels: str) -> str:
        return "/".join((self.topic_prefix, *levels))

    def identifier(self, name: str) -> str:
        """The same after every restart: the broker's session hangs on it. 3.1.3.1: 23 letters and digits always do."""
        made = hashlib.sha256(f"{self.topic_prefix}\0{name}".encode()).hexdigest()[:16]
        return self.client_id or f"bavn{made}"
