"""What the doctor looks at in the machine: packages, SQLite, the disk, the clock, and who may read what."""

import ctypes
import errno
import os
import stat
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from gateway.clock import from_ms
from gateway.config import Config
from gateway.doctor import Check, Finding, good, warning, wrong
from gateway.errors import GatewayError, StoreUnfit
from gateway.init import read_master_key
from gateway.layout import LayoutError, check_layout
from gateway.room import MB, room_on
from gateway.store.clock_jumps import Jump, last_jump
from gateway.store.sqlite import check as check_settings
from gateway.store.sqlite import driver, open_engine
from gateway.tokens import TokensError, read_tokens

FSYNC_TIMES = 21
FSYNC_TOO_FAST_S = 0.0001  # no disk confirms in less: something in between answers for it
FSYNC_SLOW_S = 0.05
OTHERS_WRITE, OTHERS_READ = stat.S_IWOTH, stat.S_IROTH | stat.S_IXOTH
CLOCK_SKEW = timedelta(seconds=5)
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def packages(_config: Config, _now: datetime) -> Iterator[Finding]:
    try:
        check_layout()
    except LayoutError as error:
        yield wrong("layout", reason=error)
    else:
        yield good("layout_good")


def sqlite(config: Config, _now: datetime) -> Iterator[Finding]:
    """The driver, and the settings as they are really in force in a scratch store on the same disk."""
    found = driver()
    yield good("sqlite_good", name=found.name) if found.sound else warning("sqlite_single", name=found.name)
    if not config.data_dir.is_dir():
        yield warning("no_data_dir", folder=config.data_dir)
        return
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=config.data_dir) as folder:
            path = Path(folder) / "scratch.db"
            with open_engine(path).connect() as connection:
                check_settings(connection, path)
            median_s = _fsync_s(Path(folder) / "scratch")
    except StoreUnfit as error:
        yield wrong("settings", reason=error)
    except OSError as error:
        yield wrong("not_writable", folder=config.data_dir, reason=error.strerror)
    else:
        yield good("settings_good")
        yield _fsync(config, median_s)


def _fsync_s(path: Path) -> float:
    """The median time in seconds that the disk takes to confirm a page."""
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(FSYNC_TIMES):
            file.write(b"\0" * 4096)
            before = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - before)
    return statistics.median(times)


def _fsync(config: Config, median_s: float) -> Finding:
    ms = f"{median_s * 1000:.2f}"
    if median_s < FSYNC_TOO_FAST_S:
        return warning("fsync_unreal", ms=ms, folder=config.data_dir)
    return warning("fsync_slow", ms=ms) if median_s > FSYNC_SLOW_S else good("fsync_good", ms=ms)


def space(config: Config, _now: datetime) -> Iterator[Finding]:
    place = config.data_dir
    while not place.exists():
        place = place.parent
    room = room_on(place, config.store.reserve_mb)
    fields = {"free": _megabytes(room.free), "reserve": _megabytes(room.reserve), "folder": place}
    if room.gone:
        yield wrong("space_gone", **fields)
    elif room.short:
        yield warning("space_short", **fields)
    else:
        yield good("space_good", **fields)


def _megabytes(octets: int) -> str:
    return f"{octets // MB} MB"


def clock(config: Config, now: datetime) -> Iterator[Finding]:
    """The clock against this program's own files and what the store has seen, and what the kernel says of it."""
    program = from_ms(int(Path(__file__).stat().st_mtime * 1000))
    seen = _latest_record(config)
    if seen is not None and now < seen - CLOCK_SKEW:
        yield wrong("clock_behind_store", now=f"{now:%Y-%m-%d %H:%M}Z", seen=f"{seen:%Y-%m-%d %H:%M}Z")
    elif now < program - timedelta(days=1):
        yield wrong("clock_behind_program", now=f"{now:%Y-%m-%d %H:%M}Z", made=f"{program:%Y-%m-%d}")
    elif _unsynchronised():
        yield warning("clock_unsynchronised")
    else:
        yield good("clock_good", now=f"{now:%Y-%m-%d %H:%M:%S}Z")
    if (jump := _jump(config)) is not None and jump.lately(now):
        yield warning("clock_moved", by=jump.signed, at=f"{jump.at:%Y-%m-%d %H:%M:%S}Z")


def _latest_record(config: Config) -> datetime | None:
    """When the audit's last record was written; None if there is none that can be read now."""
    from gateway.doctor_setup import last_record

    record = last_record(config)
    return None if record is None else from_ms(record.at_ms)


def _jump(config: Config) -> Jump | None:
    """When the clock was last moved under the hub; None if it never was, or nothing can be read now."""
    from gateway.doctor_setup import read_store

    return read_store(config, lambda connection: last_jump(connection, None))


def _unsynchronised() -> bool:
    """adjtimex(2) with modes 0 only reads. Where it cannot be asked nothing is claimed."""
    buffer = ctypes.create_string_buffer(1024)
    try:
        return int(ctypes.CDLL(None, use_errno=True).adjtimex(buffer)) == TIME_ERROR
    except (OSError, AttributeError) as error:
        if getattr(error, "errno", errno.ENOSYS) not in {errno.EPERM, errno.ENOSYS}:
            raise
        return False


def permissions(config: Config, _now: datetime) -> Iterator[Finding]:
    """Tokens, keys, configuration, store: who may read and who may write them."""
    found = [*_tokens(config), *_key(config), *_open_to_others(config)]
    yield from found or [good("permissions_good")]


def _tokens(config: Config) -> Iterator[Finding]:
    try:
        if not read_tokens(config.tokens_file):
            yield warning("no_tokens", file=config.tokens_file)
    except TokensError as error:
        yield wrong("tokens", reason=error)


def _key(config: Config) -> Iterator[Finding]:
    try:
        read_master_key(config.key_file)
    except GatewayError as error:
        yield wrong("key", reason=error)


def _open_to_others(config: Config) -> Iterator[Finding]:
    for path in (config.path, config.gateway.directory, config.data_dir, config.anchor):
        if path.exists() and path.stat().st_mode & OTHERS_WRITE:
            yield wrong("others_write", path=path)
    if config.data_dir.is_dir() and config.data_dir.stat().st_mode & OTHERS_READ:
        yield warning("others_read", path=config.data_dir)


CHECKS: tuple[Check, ...] = (packages, sqlite, space, clock, permissions)
