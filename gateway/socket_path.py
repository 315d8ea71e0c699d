"""Where the hub's Unix socket is bound. Both ends compute it, so that neither has to ask. Imports nothing heavy."""

import hashlib
import os
import tempfile
from pathlib import Path

SOCKET_PATH_MOST = 100  # octets of a Unix socket's path, with room to spare below the kernel's 108


def short_path(path: Path) -> Path:
    """The path itself, or where a path that is too long for a Unix socket is bound."""
    if len(os.fsencode(path)) <= SOCKET_PATH_MOST:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"bavn-{os.getuid()}" / f"{name}.sock"
