"""Fixtures that several files share. What one file needs stands in that file."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.init import InitResult, init


@pytest.fixture
def installation(tmp_path: Path) -> InitResult:
    """A new installation, as `bavn init` writes it: exercise plane, one practice channel, three contacts."""
    return init(tmp_path / "bavn", now=datetime(2026, 11, 23, 3, 12, tzinfo=UTC))
