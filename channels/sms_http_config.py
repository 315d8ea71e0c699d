"""The table of an SMS-over-HTTP channel in bavn.toml: the aggregator's API, and where its webhooks come in."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from channels.authorities import Authorities
from channels.base import ChannelConfig
from channels.hosts import host_and_port, is_here

Seconds = Annotated[float, Field(gt=0, le=3600)]
_NAMED, _NUMBER = re.compile(r"[A-Za-z0-9 ._-]{3,11}"), re.compile(r"\+?[0-9]{3,15}")
_URL = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+(?:/[!-~]*)?")
_REPLAY_S = {"gatewayapi": 172_800.0, "generic": 300.0}
_SKEW_S = 300.0  # how far ahead of ours the aggregator's clock may be


class SmsHttpConfig(ChannelConfig):
    """How to reach the aggregator, and who the messages are from. No switch skips certificate checks."""

    model_config = ConfigDict(hide_input_in_errors=True)  # an error would show the token of a wrong table

    dialect: Literal["gatewayapi", "generic"] = "gatewayapi"
    url: str = Field(examples=["https://messaging.gatewayapi.eu/mobile/single"])
    token: SecretStr = Field(examples=["... (in secrets/channels.NAME.token)"])
    private_line: bool = False  # a VPN or a machine in the same closed net: there http:// is allowed
    ca_file: Authorities | None = None  # PEM; the only authorities trusted when given. None: the system's
    proxy: str = Field(
        "", pattern=r"^(?:http://[A-Za-z0-9.\[\]:_-]+)?$"
    )  # "": none, whatever the environment says

    sender: str = Field(
        examples=["1204"]
    )  # a number or short number, or 3 to 11 letters, which nobody can answer
    country: str = Field("45", pattern=r"^[1-9][0-9]{0,2}$")  # of numbers that arrive without one
    keyword: str = Field("", pattern=r"^[0-9A-Za-z]{0,20}$")  # taken off the front of what phones send
    max_parts: int = Field(3, ge=1, le=10)
    urgent: bool = True  # FLASH goes as urgent, which some aggregators charge more for
    window: int = Field(10, ge=1, le=10)  # messages without an answer at a time
    max_per_second: float | None = Field(None, gt=0, le=1000)  # messages; FLASH does not wait for its turn

    listen: str = Field(
        "", pattern=r"^(?:[0-9A-Za-z.:\[\]-]{1,253}:[0-9]{1,5})?$"
    )  # "": no reports, no answers
    path: str = Field("/sms", pattern=r"^/[0-9A-Za-z._/-]{0,200}$")
    webhook_secret: SecretStr | None = None
    replay_window_s: float | None = Field(None, gt=0, le=2_592_000)  # None: 2 days; generic 5 minutes
    commit_s: Seconds = 4.0  # for the store; then 503, and the aggregator comes again

    connect_s: Seconds = 10.0  # DNS, TCP and TLS together
    answer_s: Seconds = (
        15.0  # from the message to the whole answer; after it nobody knows whether it has gone
    )
    idle_s: Seconds = 10.0  # a connection unused for longer is opened anew
    throttle_s: Seconds = 1.0  # first pause after a 429 without Retry-After; doubled up to half a minute
    account_pause_s: Seconds = 60.0  # after a refused token, no credit or a wrong address
    probe_every_s: Seconds = 60.0  # while the aggregator answers
    reconnect_s: Seconds = 1.0  # first pause while it does not; doubled up to the next, less a random half
    reconnect_max_s: Seconds = 15.0

    @field_validator("sender")
    @classmethod
    def _showable(cls, sender: str) -> str:
        if not (_NUMBER.fullmatch(sender) or _NAMED.fullmatch(sender)):
            raise ValueError("a sender is a number, or 3 to 11 letters, digits, spaces, dots and hyphens")
        return sender

    @field_validator("token")
    @classmethod
    def _printable(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]{1,1000}", token.get_secret_value()):
            raise ValueError("a token has letters, digits and signs of ASCII, and no space")
        return token

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: str) -> str:
        if listen:
            host_and_port(listen)
        return listen

    @field_validator("webhook_secret")
    @classmethod
    def _hard_to_guess(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not 16 <= len(secret.get_secret_value()) <= 1000:
            raise ValueError("is shorter than 16 signs. Make one with: openssl rand -hex 32")
        return secret

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if _URL.fullmatch(self.url) is None or not urlsplit(self.url).hostname:
            raise ValueError(
                "url is an address such as https://messaging.gatewayapi.eu/mobile/single, without a user"
            )
        clear = self.url.startswith("http:")
        if clear and not (self.private_line or is_here(urlsplit(self.url).hostname or "")):
            raise ValueError(
                "url begins with http:, which would send texts, numbers and the token readable: write https:, "
                "or private_line = true where a VPN protects them"
            )
        return self

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if bool(self.listen) != (self.webhook_secret is not None):
            raise ValueError(
                "listen and webhook_secret belong together: what comes in unsigned could be anybody's"
            )
        return self

    @property
    def listens(self) -> bool:
        return bool(self.listen)

    @property
    def can_be_answered(self) -> bool:
        return self.listens and _NUMBER.fullmatch(self.sender) is not None

    @property
    def at(self) -> tuple[str, int]:
        """Where webhooks come in."""
        return host_and_port(self.listen)

    @property
    def key(self) -> bytes:
        return self.webhook_secret.get_secret_value().encode() if self.webhook_secret else b""

    def is_fresh(self, age_s: float) -> bool:
        """Whether a webhook of that age is one that may still count; a replay later than that is refused."""
        longest = self.replay_window_s or _REPLAY_S[self.dialect]
        return -_SKEW_S <= age_s <= longest
