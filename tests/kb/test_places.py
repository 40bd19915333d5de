import pytest
from django.utils import translation

from kb.viewing.places import name_marked_page, name_page


@pytest.mark.parametrize(
    ("number", "label", "expected"),
    [
        (12, "", "page 12"),
        (12, "iv", "page iv"),
        (None, "", ""),
        (None, "Slide 3", "Slide 3"),
        (13, "Attachment prices.csv", "Attachment prices.csv"),
        (2, "Slide", "page Slide"),
    ],
)
def test_a_page_is_called_by_what_is_printed_on_it(number, label, expected):
    assert name_page(number=number, label=label) == expected


def test_slides_and_attachments_are_named_in_the_reader_s_language():
    with translation.override("zh-hans"):
        assert name_marked_page("Slide 3") == "第 3 张幻灯片"
        assert name_marked_page("Attachment prices.csv") == "附件 prices.csv"
