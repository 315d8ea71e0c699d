"""Which bearers there are: one line each. The console, the CLI, the configuration and the tests run over it.

Modules are imported when a bearer is asked for, so that a gateway without mail never loads a mail library.
A bearer that is not built yet is absent, never a stub.
"""

from importlib import import_module
from typing import Any, cast

from channels.base import Channel, ChannelConfig, ChannelError

BEARERS: dict[str, str] = {
    "email": "channels.email:EmailChannel",
    "iridium": "channels.iridium:IridiumChannel",
    "loopback": "channels.loopback:LoopbackChannel",
    "mqtt": "channels.mqtt:MqttChannel",
    "smpp": "channels.smpp:SmppChannel",
    "sms-http": "channels.sms_http:SmsHttpChannel",
    "sms-modem": "channels.sms_modem:SmsModemChannel",
    "tetra": "channels.tetra:TetraChannel",
}


class RegistryError(ChannelError):
    """No such bearer; the message names those there are."""


def channel_class(bearer: str) -> type[Channel]:
    """The class of a bearer; its `config_model` reads its table in bavn.toml. RegistryError if unknown."""
    target = BEARERS.get(bearer)
    if target is None:
        raise RegistryError(f"bearer {bearer!r} is not one of {', '.join(sorted(BEARERS))}")
    module, _, name = target.partition(":")
    return cast("type[Channel]", getattr(import_module(module), name))


def new_channel(name: str, config: ChannelConfig) -> Channel:
    """A channel of its configuration, not yet entered. RegistryError if its bearer is unknown."""
    factory = cast(
        "Any", channel_class(config.bearer)
    )  # the protocol says how a channel is used, not how it is made
    return cast("Channel", factory(name, config))
