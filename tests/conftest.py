"""Fixtures that several files share, and the options of the tests. What one file needs stands in that file."""

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from gateway.init import InitResult, init
from tests.benches import READY_S, Kind, Real
from tests.kits import KITS

REAL: pytest.StashKey[dict[str, Real]] = pytest.StashKey()
SAID: list[str] = []  # what real modems said of themselves


@pytest.fixture
def installation(tmp_path: Path) -> InitResult:
    """A new installation, as `bavn init` writes it: exercise plane, one practice channel, three contacts."""
    return init(tmp_path / "bavn", now=datetime(2026, 11, 23, 3, 12, tzinfo=UTC))


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A test that runs a command in this process sets up logging for the whole of it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


# These options are of our tests and not of the plug-in for others (hardware/pytest_plugin.py): pytest loads that one
# in every project of an environment where Bavn is installed, and there they would mean nothing.
def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("real modems", "hardware in the loop: docs/hardware.md")
    group.addoption(
        "--hil",
        action="append",
        default=[],
        metavar="MODEM=PORT[@BAUD]",
        help="run the hardware tests on this gsm, iridium or tetra, and of them only what is safe there",
    )
    group.addoption(
        "--hil-to",
        action="append",
        default=[],
        metavar="MODEM=ADDRESS",
        help="the only address that one message may be sent to: gsm=+45..., iridium=provisioned, tetra=ISSI",
    )

    group.addoption(
        "--hil-wait",
        type=float,
        default=READY_S,
        metavar="SECONDS",
        help="how long a real modem has to find its network (default: %(default)g)",
    )


def pytest_configure(config: pytest.Config) -> None:
    options = config.getoption("--hil"), config.getoption("--hil-to")
    config.stash[REAL] = real_modems(*options, wait_s=config.getoption("--hil-wait"))


def real_modems(hil: Iterable[str], hil_to: Iterable[str], *, wait_s: float = READY_S) -> dict[str, Real]:
    """The modems that the options name. Raises UsageError for anything that is not wholly clear."""
    to = dict(_pair(given, "--hil-to") for given in hil_to)
    for modem, address in to.items():
        if not re.fullmatch(KITS[modem].address, address, re.ASCII):
            raise pytest.UsageError(f"--hil-to {modem}={address}: {address!r} is no address of this modem")
    found: dict[str, Real] = {}
    for given in hil:
        modem, port = _pair(given, "--hil")
        path, at, baud = port.rpartition("@")
        if at and not baud.isdecimal() and not Path(port).exists():  # names of ports may have a @ themselves
            raise pytest.UsageError(f"--hil {given}: {baud!r} is no baud rate, and {port} is not there")
        if modem in found:
            raise pytest.UsageError(f"--hil {given}: {modem} is named twice")
        fast = bool(at) and baud.isdecimal()
        to_whom = to.pop(modem, None)
        found[modem] = Real(path if fast else port, int(baud) if fast else None, to_whom, ready_s=wait_s)
    if to:
        raise pytest.UsageError(f"--hil-to {', '.join(to)}: name the modem too, with --hil")
    return found


def _pair(given: str, option: str) -> tuple[str, str]:
    modem, _, value = given.partition("=")
    if modem not in KITS or not value:
        raise pytest.UsageError(f"{option} {given}: write MODEM=..., where MODEM is one of {', '.join(KITS)}")
    return modem, value


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--hil`, of the hardware tests only those on real modems."""
    if not config.stash[REAL]:
        return
    left_out = [item for item in items if _kind(item) not in {None, Kind.HIL}]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _kind(item: pytest.Item) -> Kind | None:
    kind = getattr(item, "callspec", None) and item.callspec.params.get("kind")  # type: ignore[attr-defined]
    return kind if isinstance(kind, Kind) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[REAL]:
        for said in SAID:
            terminalreporter.write_line(f"Real modem: {said}")
