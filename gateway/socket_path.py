"""Where the hub's Unix socket is bound. Both ends compute it, so that neither has to ask. Imports nothing heavy."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

SOCKET_PATH_MOST = 100  # octets of a Unix socket's path, with room to spare below the kernel's 108


def short_path(path: Path) -> Path:
    """The path itself, or where a path that is too long for a Unix socket is bound."""
    if len(os.fsencode(path)) <= SOCKET_PATH_MOST:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"bavn-{os.getuid()}" / f"{name}.sock"


def in_the_way(path: Path) -> bool:
    """True if somebody's file is there: no socket, and no link to one or to nothing, as a killed hub leaves them.

    OSError where nobody can look.
    """
    try:
        return not stat.S_ISSOCK(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
