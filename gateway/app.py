"""The application: from a configuration to a running hub. One of the three places that know concrete channels."""

import asyncio
import gc
import hashlib
import hmac
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from channels.base import Channel, Keeping
from channels.registry import new_channel
from gateway.anchor import Anchor, AnchorFile, looked_at
from gateway.api.connections import raise_descriptor_limit
from gateway.api.server import application, listener, nobody_listens, serving
from gateway.audit_watch import AuditWatch
from gateway.clock import Clock, Steady, steady_clock, wall_clock
from gateway.config import Config
from gateway.errors import StoreFailure, StoreUnfit
from gateway.hub import Hub
from gateway.init import own_master_key
from gateway.policy import policies
from gateway.router import Surroundings, Way
from gateway.store.database import Store
from gateway.store.people import Import, import_directory, load_people
from gateway.store.sqlite import failure
from gateway.tokens import read_tokens
from gateway.world import World
from messages.directory import Directory

log = logging.getLogger(__name__)

WATCHDOG_SHARE = 0.4  # of systemd's interval


@asynccontextmanager
async def running(
    config: Config, *, clock: Clock = wall_clock, steady: Steady | None = steady_clock
) -> AsyncIterator[tuple[Hub, int]]:
    """A hub that accepts and sends until the block ends; yields it with its TCP port.

    `steady` None where `clock` is one that is told: it may leap.
    """
    if not await nobody_listens(config.socket):
        raise StoreUnfit(f"a hub is running already on {config.socket}: stop it first")
    tokens, key = read_tokens(config.tokens_file), own_master_key(config.key_file)
    anchors = _anchors_before(config, key)
    if anchors.bad:
        log.error("the audit's anchors: %s: %s", config.anchor, anchors.bad[0])
    tcp = listener(config)
    try:
        store = await Store.open(config.database, clock, steady=steady)
    except BaseException:
        tcp.close()
        raise
    try:
        async with AsyncExitStack() as stack:
            try:
                hub = await _hub(config, store, anchors, clock=clock, key=key)
                await stack.enter_async_context(hub)
            except (StoreFailure, SQLAlchemyError) as error:
                raise _unfit(config, error) from error
            served = serving(application(hub, config, tokens), config, tcp)
            yield hub, await stack.enter_async_context(served)
    finally:
        tcp.close()
        await store.close()


async def _hub(config: Config, store: Store, anchors: AnchorFile, *, clock: Clock, key: bytes | None) -> Hub:
    return Hub(
        store,
        await _world(config, store),
        makers={name: maker(name, config, key=key) for name in config.channels},
        clock=clock,
        anchor=Anchor(config.anchor, store, clock, key=key, failed=log.error),
        audit_watch=AuditWatch(store, anchors.heads if anchors.heads or not anchors.bad else None),
        reserve_mb=config.store.reserve_mb,
    )


def _unfit(config: Config, error: StoreFailure | SQLAlchemyError) -> StoreUnfit:
    """At a start nobody has sent anything that could be sent again."""
    found = error if isinstance(error, StoreFailure) else failure(error)
    return StoreUnfit(
        f"{config.database}: the store cannot be used ({found.words or found}). Keep it and its -wal file as they are; "
        "see the log, and make room on the disk, or restore a backup beside them"
    )


def maker(name: str, config: Config, *, key: bytes | None) -> Callable[[], Channel]:
    """How a channel is made anew, with a place of its own in data_dir where it has to remember something."""

    def make() -> Channel:
        channel = new_channel(name, config.channels[name])
        if isinstance(channel, Keeping):
            own = hmac.digest(key or b"", f"channel {name}".encode(), "sha256")
            channel.keep_in(config.data_dir / "channels" / name, key=own)
        return channel

    return make


def _anchors_before(config: Config, key: bytes | None) -> AnchorFile:
    try:
        return looked_at(config.anchor, key)
    except StoreUnfit as error:
        raise StoreUnfit(f"{config.path.name}: {error}") from error


async def _world(config: Config, store: Store) -> World:
    """The world of the configuration; the directory file is imported once for each of its contents."""
    ways = tuple(way(name, config) for name in config.channels)
    empty = World(
        gateway_id=config.gateway.id,
        gateway_name=config.gateway.name,
        plane=config.gateway.plane,
        directory=Directory(),
        persons={},
        surroundings=Surroundings(ways=ways, domains_by_address=config.domains_by_address),
        policies=policies(config.policy_overrides()),
        duty=config.gateway.duty,
    )
    store.attach(empty, lambda changes: None)
    digest = hashlib.sha256(config.gateway.directory.read_bytes()).hexdigest()
    for change in await store.run(import_directory, Import(config.directory, digest)):
        log.info("directory: %s", change)
    return with_people(empty, *await _people(store))


async def _people(store: Store) -> tuple[Directory, Mapping[str, str]]:
    people = await store.read(load_people, None)
    return people.directory, people.persons


def with_people(world: World, directory: Directory, persons: Mapping[str, str]) -> World:
    return replace(world, directory=directory, persons=persons)


def way(name: str, config: Config) -> Way:
    """What the router knows of a configured channel before it has been opened."""
    channel = config.channels[name]
    capability = new_channel(name, channel).capability
    return Way(
        name=name,
        bearer=channel.bearer,
        schemes=capability.schemes,
        domains=frozenset(channel.domains),
        max_evidence=capability.max_evidence,
        two_way=capability.two_way,
        planes=config.planes(name),
        cost_rank=capability.cost_rank,
        shortened=capability.shortened,
    )


async def run(config: Config, *, started: Callable[[int], None] = lambda port: None) -> None:
    """Runs in the foreground until SIGTERM, SIGINT or SIGHUP; tells systemd READY and WATCHDOG when asked.

    `started` hears the TCP port once the hub accepts.
    """
    raise_descriptor_limit()
    stop = asyncio.Event()
    _stop_at_signals(stop)
    async with running(config) as (hub, port):
        log.info("accepting on %s:%d and %s", config.http.host, port, config.socket)
        started(port)
        _notify("READY=1")
        _settle_memory()
        watchdog = asyncio.create_task(_watchdog(hub), name="watchdog")
        await stop.wait()
        _notify("STOPPING=1")
        watchdog.cancel()
        log.info("stopping: what is in flight may end")
    log.info("stopped")


def _stop_at_signals(stop: asyncio.Event) -> None:
    """SIGHUP comes when the terminal is closed, and stops as the others do; where nohup had it ignored it stays so."""

    def heard(number: signal.Signals) -> None:
        log.info("%s: the hub stops; a start reads the configuration", number.name)
        stop.set()

    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    for number in (signal.SIGTERM, signal.SIGINT, *(() if ignored else (signal.SIGHUP,))):
        asyncio.get_running_loop().add_signal_handler(number, heard, number)


def _settle_memory() -> None:
    """What start-up made stays for ever: the collector need not look at it again, nor at every 700th object."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _watchdog(hub: Hub) -> None:
    """Tells systemd that the hub is alive, only as long as the store answers."""
    interval = int(os.environ.get("WATCHDOG_USEC", "0")) / 1_000_000
    while interval:
        await hub.store.run(lambda tx, _: None, None)
        _notify("WATCHDOG=1")
        await asyncio.sleep(interval * WATCHDOG_SHARE)


def _notify(state: str) -> None:
    """sd_notify(3): a datagram to NOTIFY_SOCKET, if systemd set one."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
