"""What the channels over a serial modem share: their table, opening and closing the driver, and its events.

Not here: what a driver's events mean, and how a text becomes its octets.
"""

import asyncio
import os
import re
import stat
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from pydantic import Field, field_validator

from channels import base
from channels.feed import Feed
from hardware.errors import HardwareError
from hardware.port import Opener, open_port
from hardware.power import PowerCycle, by_command

_SOCKET = re.compile(r"socket://([^\s/:]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


class SerialModemConfig(base.ChannelConfig):
    """What every modem's table in bavn.toml has."""

    # Best a path under /dev/serial/by-id, or socket://host:port.
    port: str = Field(min_length=1, examples=["/dev/serial/by-id/usb-..."])
    baud: int = Field(115_200, ge=1200, le=4_000_000)
    power_cycle: tuple[str, ...] = ()  # a command and its arguments: cuts the modem's power and gives it back
    time_factor: float = Field(1.0, gt=0, le=1)  # of the driver's time limits; below 1 for emulators only

    @field_validator("port")
    @classmethod
    def _openable(cls, port: str) -> str:
        if "://" in port and not port.startswith("socket://"):
            raise ValueError(f"{port!r} is neither a device nor socket://host:port")
        if port.startswith("socket://") and _SOCKET.fullmatch(port) is None:
            raise ValueError(
                f'{port!r} has no host and port. Write for example port = "socket://127.0.0.1:5000"'
            )
        if port.startswith("socket://"):
            _check_number(port.rpartition(":")[2])
        elif _is_something_else(port):
            raise ValueError(
                f'{port!r} is no serial device. Write for example port = "/dev/serial/by-id/usb-..."'
            )
        return port

    @property
    def power(self) -> PowerCycle | None:
        return by_command(self.power_cycle) if self.power_cycle else None


def _check_number(port: str) -> None:
    if not 1 <= int(port) <= 65535:
        raise ValueError(
            f'{int(port)} is not a port (1 to 65535). Write for example port = "socket://127.0.0.1:5000"'
        )


def _is_something_else(path: str) -> bool:
    """Whether there is something that is no device. What is not there may be plugged in later."""
    try:
        return not stat.S_ISCHR(os.stat(path).st_mode)
    except OSError:
        return False


class Driver(Protocol):
    """What a channel needs of any modem's driver; its state and its events are its own."""

    @property
    def state(self) -> Any: ...

    @property
    def reason(self) -> str: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def events(self) -> AsyncIterator[Any]: ...

    async def probe(self) -> bool: ...

    def log(self) -> Iterable[object]: ...


D = TypeVar("D", bound=Driver)


class SerialModemChannel(ABC, Generic[D]):
    """Opens its driver when it is entered, and carries what the driver tells to the hub."""

    noun = "modem"

    def __init__(self, name: str, config: SerialModemConfig, *, opener: Opener | None) -> None:
        self.name = name
        self._opener = opener or (lambda: open_port(config.port, config.baud))
        self._modem = self._new_driver()
        self._feed = Feed()
        self._pump: asyncio.Task[None] | None = None

    @abstractmethod
    def _new_driver(self) -> D:
        """A driver that was not opened yet."""

    @abstractmethod
    def _health(self, state: Any, reason: str) -> base.Health:
        """What the driver's state means for the hub."""

    @abstractmethod
    def _told(self, event: Any) -> tuple[base.Event, ...]:
        """What the hub hears of an event of the driver."""

    @abstractmethod
    async def _prove(self) -> tuple[str, ...]:
        """What can be proved without sending; '' for what cannot be said. Raises HardwareError."""

    async def __aenter__(self) -> Self:
        self._modem, self._feed = self._new_driver(), Feed()
        await self._modem.__aenter__()
        self._feed.put_health(base.Health(base.State.STARTING, f"the {self.noun} is being opened"))
        self._pump = asyncio.create_task(self._carry_events(), name=f"{self.name}-events")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._feed.close()
        try:
            await self._modem.__aexit__(kind, error, trace)
        finally:
            if self._pump is not None:
                self._pump.cancel()
                await asyncio.wait([self._pump])

    def events(self) -> AsyncIterator[base.Event]:
        return self._feed.events()

    async def probe(self) -> base.Health:
        """A bare AT; what is known of the network comes from the driver's own polls."""
        health = self._standing()
        if health.state in {base.State.UP, base.State.DEGRADED} and not await self._modem.probe():
            health = base.Health(base.State.DOWN, f"the {self.noun} does not answer")
        return self._feed.put_health(health)

    async def test(self) -> base.Tested:
        """The modem and the network are asked; nothing leaves, not even to ourselves."""
        try:
            proved = await self._prove()
        except HardwareError as error:
            return base.Tested(self._feed.put_health(base.Health(base.State.DOWN, error.reason)))
        return base.Tested(self._feed.put_health(self._standing()), tuple(filter(None, proved)))

    def port_log(self) -> list[str]:
        """The last lines of the port, secrets and texts masked."""
        return [str(line) for line in self._modem.log()]

    def _standing(self) -> base.Health:
        return self._health(self._modem.state, self._modem.reason)

    async def _carry_events(self) -> None:
        async for event in self._modem.events():
            for told in self._told(event):
                if isinstance(told, base.HealthChanged):
                    self._feed.put_health(told.health)
                else:
                    await self._feed.put(told)
        self._feed.put_health(base.Health(base.State.DOWN, f"the {self.noun}'s driver has stopped"))
