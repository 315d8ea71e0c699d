"""The table of a mail channel in bavn.toml."""

from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, FilePath, SecretStr, field_validator, model_validator

from channels.base import ChannelConfig
from messages.address import parse_address

Seconds = Annotated[float, Field(gt=0, le=3600)]


class EmailConfig(ChannelConfig):
    """How to reach the mail relay, and who the mails are from. There is no switch that skips certificate checks."""

    model_config = ConfigDict(hide_input_in_errors=True)  # an error would show the password of a wrong table

    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")
    port: int = Field(25, ge=1, le=65535)
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    ca_file: FilePath | None = None  # PEM; the only authorities trusted when given. None: the system's
    username: str = ""
    password: SecretStr | None = None
    sender: str  # From and the return path
    sender_name: str = Field("", max_length=100)  # shown before the address
    helo: str = Field("", pattern=r"^[A-Za-z0-9.:\[\]-]{0,253}$")  # "": the sender's domain
    connections: int = Field(4, ge=1, le=50)
    connect_s: Seconds = 10.0  # TCP, TLS, greeting, EHLO and login together
    command_s: Seconds = 30.0  # the answer to MAIL, RCPT, DATA
    content_s: Seconds = 60.0  # the answer to the content; after it nobody knows whether the mail has gone
    idle_s: Seconds = 240.0  # a connection unused for longer is opened anew (Postfix hangs up after 300 s)
    probe_every_s: Seconds = 60.0  # while the relay answers
    reconnect_s: Seconds = 1.0  # first pause while it does not; doubled up to the next, less a random half
    reconnect_max_s: Seconds = 15.0

    @field_validator("sender")
    @classmethod
    def _mailbox(cls, sender: str) -> str:
        return parse_address(f"mailto:{sender}").value

    @model_validator(mode="after")
    def _login(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password belong together: give both or none")
        if self.username and self.tls == "none" and not _is_here(self.host):
            raise ValueError(
                'tls = "none" would send the password readable: set tls = "starttls" or "implicit"'
            )
        return self


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
