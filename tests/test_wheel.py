"""The wheel: what people install holds everything that runs needs, and nothing that only we need."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "channels", "messages", "hardware")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without the network: the build backend is one of the locked packages."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("bavn-*.whl")
    return built


def names_in(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_holds_every_file_of_the_four_packages(wheel: Path) -> None:
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    ours = {str(path.relative_to(ROOT)) for path in files if path.suffix != ".pyc"}
    assert ours - names_in(wheel) == {"hardware/pytest_plugin.py"}  # it is bavn_pytest.py there


def test_the_fixtures_for_other_projects_are_a_module_of_their_own(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        assert archive.read("bavn_pytest.py") == (ROOT / "hardware" / "pytest_plugin.py").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        *(f"{package}/py.typed" for package in PACKAGES),
        *(f"{package}/__init__.py" for package in PACKAGES),
        "messages/cap-1.2.xsd",
        "gateway/templates/bavn.toml",
        "gateway/templates/directory.toml",
        "gateway/store/migrations/env.py",
        "gateway/store/migrations/script.py.mako",
    ],
)
def test_it_holds_what_is_easily_forgotten(wheel: Path, name: str) -> None:
    assert name in names_in(wheel)


def test_it_holds_a_migration(wheel: Path) -> None:
    steps = [name for name in names_in(wheel) if name.startswith("gateway/store/migrations/versions/")]
    assert [name for name in steps if not name.endswith("__init__.py")]


def test_it_holds_nothing_else(wheel: Path) -> None:
    places = {name.partition("/")[0] for name in names_in(wheel)}
    assert {place for place in places if not place.endswith(".dist-info")} == {*PACKAGES, "bavn_pytest.py"}
    assert [name for name in names_in(wheel) if "__pycache__" in name or "/tests/" in name] == []


def test_the_licence_is_in_it_and_is_not_empty(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("/licenses/LICENSE"))
        assert b"EUPL" in archive.read(name)


PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from gateway.config import load
from gateway.init import init
from gateway.layout import check_layout
check_layout()
print(load(init(Path(sys.argv[1]), now=datetime.now(UTC)).folder / "bavn.toml").gateway.plane)
"""


def test_what_was_installed_makes_an_installation(wheel: Path, tmp_path: Path) -> None:
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "bavn")]
    done = subprocess.run(
        command, cwd="/", env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("exercise\n", "")
