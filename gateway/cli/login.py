"""Who sits at the keyboard: the login name of a person. Pure but for the account that this program runs under."""

import os
import pwd
from collections.abc import Iterator

PEOPLE = 1000  # from here on accounts are people's (UID_MIN of login.defs); below are root's and programs'
_NOBODY = 65534


def person() -> str:
    """The login name, also behind sudo and su; '' where only root or an account of a program is to be seen."""
    return next((name for name in _names() if _is_person(name)), "")


def _names() -> Iterator[str]:
    """Who became somebody else by sudo, who logged in, whose account this is."""
    yield os.environ.get("SUDO_USER", "")
    try:
        yield os.getlogin()
    except OSError:  # no terminal: nobody logged in here
        yield ""
    try:
        yield pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return  # an account without a name


def _is_person(name: str) -> bool:
    try:
        return bool(name) and PEOPLE <= pwd.getpwnam(name).pw_uid != _NOBODY
    except KeyError:
        return False
