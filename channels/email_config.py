"""The tables of a mail channel in bavn.toml: the relay, and the inbox where answers and reports come in."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from channels.authorities import Authorities
from channels.base import ChannelConfig
from channels.hosts import host_and_port, is_here
from messages.address import parse_address

HOST = r"^[A-Za-z0-9.:_-]{1,253}$"
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Inbox(BaseModel):
    """What both kinds of inbox have."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    key: SecretStr  # of the tags that make reports unforgeable (email_names); changing it disowns what was sent
    reports: Literal["none", "delivered", "read"] = "delivered"  # what recipients' mail systems are asked for
    max_octets: int = Field(
        1_000_000, ge=10_000, le=20_000_000
    )  # of one mail that are read; the rest is left
    strangers_per_minute: int = Field(
        60, ge=1, le=10_000
    )  # mails that bring no name of ours back; others wait
    reconnect_s: Seconds = 1.0  # first pause after a failure; doubled up to the next, less a random half
    reconnect_max_s: Seconds = 60.0

    @field_validator("key")
    @classmethod
    def _hard_to_guess(cls, key: SecretStr) -> SecretStr:
        if not 16 <= len(key.get_secret_value()) <= 1000:
            raise ValueError("is shorter than 16 signs. Make one with: openssl rand -hex 16")
        return key


class ImapInbox(Inbox):
    """A mailbox that is read over IMAP; nothing else should tidy it up."""

    kind: Literal["imap"]
    host: str = Field(pattern=HOST, examples=["127.0.0.1"])
    port: int = Field(993, ge=1, le=65535)
    tls: Literal["none", "starttls", "implicit"] = "implicit"
    ca_file: Authorities | None = None
    username: str = Field(min_length=1, examples=["bavn"])
    password: SecretStr
    folder: str = Field("INBOX", min_length=1, max_length=100)
    done: str = Field(
        "Bavn", min_length=1, max_length=100
    )  # where a mail goes once it is kept; made if missing
    connect_s: Seconds = 10.0
    command_s: Seconds = 30.0
    look_every_s: Seconds = 30.0  # beside IDLE, or alone where the server has none

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.tls == "none" and not is_here(self.host):
            raise ValueError(
                'tls = "none" would send the password readable: set tls = "starttls" or "implicit"'
            )
        if self.folder.upper() == self.done.upper():
            raise ValueError("done must be another folder than folder: a mail that is kept goes there")
        return self


class SmtpInbox(Inbox):
    """A port to which one's own mail server passes what is addressed to the sender."""

    kind: Literal["smtp"]
    listen: str = Field("127.0.0.1:2526", pattern=r"^[0-9A-Za-z.:\[\]-]{1,253}:[0-9]{1,5}$")
    allow: tuple[IPv4Network | IPv6Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    recipients: tuple[str, ...] = ()  # who is taken mail for; (): the sender alone
    sessions: int = Field(20, ge=1, le=200)
    command_s: Seconds = 300.0  # RFC 5321 4.5.3.2: what a client may take for one line
    commit_s: Seconds = 30.0  # for the store; then 451, and the server tries again

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: str) -> str:
        host_and_port(listen)
        return listen

    @property
    def address(self) -> tuple[str, int]:
        return host_and_port(self.listen)


class EmailConfig(ChannelConfig):
    """How to reach the mail relay, and who the mails are from. There is no switch that skips certificate checks."""

    model_config = ConfigDict(hide_input_in_errors=True)  # an error would show the password of a wrong table

    host: str = Field(pattern=HOST)
    port: int = Field(25, ge=1, le=65535)
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    ca_file: Authorities | None = None  # PEM; the only authorities trusted when given. None: the system's
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
    inbox: Annotated[ImapInbox | SmtpInbox, Field(discriminator="kind")] | None = None  # None: nobody reads

    @field_validator("sender")
    @classmethod
    def _mailbox(cls, sender: str) -> str:
        return parse_address(f"mailto:{sender}").value

    @model_validator(mode="after")
    def _login(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password belong together: give both or none")
        if self.username and self.tls == "none" and not is_here(self.host):
            raise ValueError(
                'tls = "none" would send the password readable: set tls = "starttls" or "implicit"'
            )
        return self
