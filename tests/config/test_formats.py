"""Dates as people read them."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format

MOMENT = datetime(2026, 11, 5, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "short", "long"),
    [("en", "2026-11-05 14:07", "5 November 2026, 14:07"), ("zh-hans", "2026-11-05 14:07", "2026年11月5日 14:07")],
)
def test_a_date_is_read_the_same_way_everywhere(language: str, short: str, long: str) -> None:
    with translation.override(language):
        assert date_format(MOMENT, "SHORT_DATETIME_FORMAT") == short
        assert date_format(MOMENT, "DATETIME_FORMAT") == long
