"""Dates as people read them."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format

MOMENT = datetime(2026, 11, 5, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "5 Nov 2026, 14:07"), ("zh-hans", "2026年11月5日 14:07")],
)
def test_a_date_is_read_the_same_way_everywhere(language: str, expected: str) -> None:
    with translation.override(language):
        assert date_format(MOMENT, "SHORT_DATETIME_FORMAT") == expected
        assert date_format(MOMENT, "DATETIME_FORMAT") == expected
