"""Walking rows in batches."""

from pathlib import Path
from typing import Any

import pytest

from kb.index.batches import in_batches
from kb.models import Chunk, Collection
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db


def test_rows_come_in_order_by_whole_queries(collection: Collection, tmp_path: Path, django_assert_num_queries: Any) -> None:
    from kb.index.engine import Engine

    index_document(
        Engine(embedder="bundled-english", root=tmp_path), collection, "leave.md", [f"Rule {number}." for number in range(5)]
    )
    rows = in_batches(Chunk.objects.all(), key="ordinal", size=2)
    with django_assert_num_queries(1):
        assert [chunk.ordinal for chunk in next(rows)] == [0, 1]
    Chunk.objects.filter(ordinal__lt=3).delete()  # what is gone when its turn comes is left out
    with django_assert_num_queries(1):
        assert [chunk.ordinal for chunk in next(rows)] == [3, 4]
    with django_assert_num_queries(1):
        assert list(rows) == []


def test_no_rows_are_no_batch(collection: Collection) -> None:
    assert list(in_batches(Chunk.objects.all(), key="pk", size=2)) == []
