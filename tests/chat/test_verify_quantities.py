"""Numbers and dates meet whatever way they are written."""

import pytest

from language.quantities import normalize, read_quantities


def values(text: str) -> list[tuple[object, str]]:
    return [
        (quantity.date or quantity.value, quantity.unit) for quantity in read_quantities(normalize(text)) if quantity.is_required
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("six hours", "6 hours"),
        ("twenty-five days", "25 days"),
        ("十二天", "12天"),
        ("三千五百元", "3500元"),
        ("1.2万元", "12,000元"),
        ("二十一点七五天", "21.75天"),
        ("$1.5 million", "1,500,000 dollars"),
        ("5 percent", "百分之五"),
        ("5 January 2024", "2024年1月5日"),
        ("January 5, 2024", "2024-01-05"),
        ("3pm", "15:00"),
        ("第十二条", "第12条"),
    ],
)
def test_two_ways_of_writing_meet(left: str, right: str) -> None:
    assert values(left) == values(right) != []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Between 3 and 15 years", [(3.0, "year"), (15.0, "year")]),
        ("240 annual leave hours", [(240.0, "hour")]),
        ("within ten business days", [(10.0, "workday")]),
        ("form SF-50 and RC4-128, 401k plan", []),
        ("one of them", []),
        ("一个人", []),
        ("in March 2020", [((2020, 3, None), "date")]),
    ],
)
def test_it_reads_values_with_their_units(text: str, expected: list[tuple[object, str]]) -> None:
    assert values(text) == expected
