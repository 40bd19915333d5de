"""An audit folder of its own for each test."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def audit_root(tmp_path: Path, settings) -> Path:
    settings.AUDIT_ROOT = tmp_path / "audit"
    return settings.AUDIT_ROOT
