"""Real servers and tools that tests meet. A missing one fails the test, unless BAVN_WITHOUT names it.

A skip that nobody asked for hides a bug, so `require` skips only what was left out on purpose.
"""

import os
import shutil
import socket
from pathlib import Path

import pytest

_ALSO = "/usr/sbin:/sbin"  # where Debian keeps servers, and users do not look
_PACKAGES = {
    "mosquitto": "mosquitto",
    "dovecot": "dovecot-imapd",
    "postfix": "postfix",
    "gammu": "gammu",
    "smtp-sink": "postfix",
    "smtp-source": "postfix",
    "ab": "apache2-utils",
    "strace": "strace",
    "tshark": "tshark",
    "text2pcap": "tshark",
    "bearerbox": "kannel",
    "smsbox": "kannel",
    "smsd": "smstools",
    "gammu-smsd": "gammu-smsd",
    "gammu-smsd-inject": "gammu-smsd",
}
_NEED_ROOT = frozenset({"postfix"})


def require(name: str) -> Path:
    """The program `name`. Fails the test with the line to type if it is missing, skips it if it was left out."""
    package = _PACKAGES[name]
    if {package, name} & left_out():
        pytest.skip(f"{package} is left out by BAVN_WITHOUT")
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_ALSO}")
    if found is None:
        pytest.fail(f"{name} is missing. Type: sudo apt-get install {package}", pytrace=False)
    if name in _NEED_ROOT and os.geteuid() != 0:
        reason = f"{name} cannot run as this user: run the tests as root, or with BAVN_WITHOUT={package}"
        pytest.fail(reason, pytrace=False)
    return Path(found)


def left_out() -> frozenset[str]:
    """The packages that BAVN_WITHOUT names, separated by commas."""
    return frozenset(name.strip() for name in os.environ.get("BAVN_WITHOUT", "").split(",") if name.strip())


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
