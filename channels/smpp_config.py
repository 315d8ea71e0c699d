"""The table of an SMPP channel in bavn.toml."""

import re
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from channels.authorities import Authorities
from channels.base import ChannelConfig
from channels.hosts import is_here

Seconds = Annotated[float, Field(gt=0, le=3600)]
Ton = Annotated[int, Field(ge=0, le=6)]  # SMPP 3.4 5.2.5
Npi = Annotated[int, Field(ge=0, le=18)]  # SMPP 3.4 5.2.6
_NAMED, _NUMBER = re.compile(r"[A-Za-z0-9 ._-]{1,11}"), re.compile(r"\+?[0-9]{3,15}")


class SmppConfig(ChannelConfig):
    """How to reach the message centre, and who the messages are from. No switch skips certificate checks."""

    model_config = ConfigDict(hide_input_in_errors=True)  # an error would show the password of a wrong table

    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")
    port: int | None = Field(None, ge=1, le=65535)  # None: 3550 with TLS, 2775 without
    tls: Literal["none", "implicit"] = "implicit"
    private_line: bool = False  # a VPN or a leased line to the message centre: there tls = "none" is allowed
    ca_file: Authorities | None = None  # PEM; the only authorities trusted when given. None: the system's
    system_id: str = Field(pattern=r"^[!-~]{1,15}$")
    password: SecretStr | None = None  # SMPP 3.4 has 8 characters, many message centres more
    system_type: str = Field("", pattern=r"^[!-~]{0,12}$")
    address_range: str = Field("", pattern=r"^[!-~]{0,40}$")

    # A number, also a short one, or up to 11 letters, which nobody can answer.
    sender: str = Field(examples=["+4500000099"])
    sender_ton: Ton | None = None  # None: by the look of the sender
    sender_npi: Npi | None = None
    dest_ton: Ton = 1
    dest_npi: Npi = 1
    country: str = Field("45", pattern=r"^[1-9][0-9]{0,2}$")  # of numbers that arrive without one

    window: int = Field(10, ge=1, le=1000)  # submits without an answer at a time
    max_per_second: float | None = Field(None, gt=0, le=10_000)  # parts; FLASH does not wait for its turn
    max_parts: int = Field(3, ge=1, le=10)
    request_reports: bool = True
    concatenation: Literal["udh8", "udh16", "sar"] = "udh8"
    data_coding_0: Literal["gsm7", "latin1"] = "gsm7"  # what an inbound message with data_coding 0 is in
    validity_period: Literal["relative", "absolute", "none"] = "relative"
    priority_flag: bool = True
    user_message_reference: bool = True  # to message centres that say that they know 3.4
    message_ids: Literal["same", "hex-then-decimal", "decimal-then-hex"] = "same"  # answer, then receipt

    connect_s: Seconds = 10.0  # TCP, TLS and bind together
    response_s: Seconds = 10.0  # an answer; after it nobody knows whether the message has gone
    enquire_link_s: Seconds = 30.0  # silence after which the message centre is asked for a sign of life
    throttle_s: Seconds = 1.0  # first pause where we were too fast; doubled up to half a minute
    reconnect_s: Seconds = 1.0  # first pause while it is away; doubled up to the next, less a random half
    reconnect_max_s: Seconds = 30.0

    @field_validator("password")
    @classmethod
    def _printable(cls, password: SecretStr | None) -> SecretStr | None:
        if password is not None and not re.fullmatch(r"[!-~]{0,64}", password.get_secret_value()):
            raise ValueError("a password has at most 64 letters, digits and signs of ASCII, and no space")
        return password

    @field_validator("sender")
    @classmethod
    def _showable(cls, sender: str) -> str:
        if not (_NUMBER.fullmatch(sender) or _NAMED.fullmatch(sender)):
            raise ValueError("a sender is a number or at most 11 letters, digits, spaces, dots and hyphens")
        return sender

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.tls == "none" and not (self.private_line or is_here(self.host)):
            raise ValueError(
                'tls = "none" would send texts, numbers and the password readable: set tls = "implicit", '
                "or private_line = true where a VPN or a leased line protects them"
            )
        return self

    @property
    def where(self) -> tuple[str, int]:
        return self.host, self.port or (3550 if self.tls == "implicit" else 2775)

    @property
    def can_be_answered(self) -> bool:
        return _NUMBER.fullmatch(self.sender) is not None

    @property
    def source(self) -> tuple[int, int, str]:
        """TON, NPI and address of the sender, as SMPP 3.4 5.2.5 to 5.2.7 has them."""
        if not self.can_be_answered:
            ton, npi = 5, 0
        elif self.sender.startswith("+"):
            ton, npi = 1, 1
        else:  # a short number of the operator's own
            ton, npi = 3, 0
        given = self.sender_ton, self.sender_npi
        return (
            ton if given[0] is None else given[0],
            npi if given[1] is None else given[1],
            self.sender.lstrip("+"),
        )
