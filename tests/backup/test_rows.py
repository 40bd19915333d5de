"""Rows of a backup that do not fit their model."""

import gzip

import pytest

from backup.errors import BackupDamaged
from backup.rows import load_rows
from kb.models import Collection


def test_a_column_that_the_model_does_not_have_is_damage() -> None:
    with pytest.raises(BackupDamaged):
        load_rows(Collection, gzip.compress(b"[1, 2]"), columns=["id", "colour"])
