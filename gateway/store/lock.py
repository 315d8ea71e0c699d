"""The lock file beside a store: held by the one hub that uses it, for as long as that process lives.

The file itself says nothing, since a killed hub leaves it behind; the lock on it does (flock(2)). A store that is a
link is the file it leads to: there SQLite keeps what belongs to it, and there another installation finds the lock.
"""

import fcntl
import os
import time
from pathlib import Path

from gateway.errors import StoreUnfit

TRIES, PAUSE_S = 5, 0.05  # `is_held` takes the lock for a moment: that is no other hub


def database_file(data_dir: Path, url: str) -> Path:
    """The store of an installation, without links: everybody who means the same file has the same path."""
    path = data_dir / url.removeprefix("sqlite:")
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # it holds a NUL, which is said where the paths are judged
        return path


def lock_file(database: Path) -> Path:
    return database.with_suffix(".lock")


def only_hub(path: Path) -> int:
    """Takes the lock; the descriptor holds it. StoreUnfit if another hub has it, OSError if there can be no file."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for again in reversed(range(TRIES)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if not again:
                os.close(descriptor)
                raise StoreUnfit(f"{path}: another hub uses this store: stop it first") from error
            time.sleep(PAUSE_S)
    return descriptor


def is_held(path: Path) -> bool:
    """True if a hub has the lock; False also where this user may not look."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
