"""What a file says about itself is shown in words, its dates as the reader's language writes them."""

import pytest
from django.utils import translation

from kb.templatetags.documents import metadata_label, metadata_value


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("D:20240131101500+01'00'", "31 Jan 2024"),
        ("D:20240131", "31 Jan 2024"),
        ("D:2024", "1 Jan 2024"),
        ("2023-07-05T08:00:00+00:00", "5 Jul 2023"),
        ("D:20241331", "D:20241331"),
        ("D:soon", "D:soon"),
        ("2023-07-05 report", "2023-07-05 report"),
        ("Annual Report 2024", "Annual Report 2024"),
    ],
)
def test_a_date_is_formatted_and_anything_else_stays_as_it_is(given: str, expected: str) -> None:
    with translation.override("en"):
        assert metadata_value(given) == expected


def test_in_chinese_too() -> None:
    with translation.override("zh-hans"):
        assert metadata_value("D:20240131101500Z") == "2024年1月31日"
        assert metadata_label("creationdate") == metadata_label("created")
