"""“Over” bounds a quantity; as the particle of a verb, or before anything else, it bounds nothing."""

import pytest

from language.polarity import find_contradiction
from language.ranges import fits_a_range

TABLE = "Years of service | Days you may carry over\nless than 2 | 5\n2 to 4 | 8"


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Is it allowed to carry over unused leave?", TABLE),
        ("You may carry over five days.", "Up to five days may be carried over."),
        ("The shift leader hands over 3 keys.", "At most 3 keys are handed to the shift leader."),
        ("The dispute over annual leave lasted 3 weeks.", "The dispute about annual leave lasted up to 3 weeks."),
        ("The hall is heated over the weekend.", "The hall is heated at the weekend up to 18 degrees."),
    ],
)
def test_it_turns_nothing_round_where_it_bounds_nothing(claim: str, evidence: str) -> None:
    assert find_contradiction(claim, evidence) == ""


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Expenses over £500 need approval.", "Expenses up to £500 need approval."),
        ("The repair took over 3 hours.", "The repair took less than 3 hours."),
        ("The repair takes over a year.", "The repair takes less than a year."),
        ("The firm employs over three hundred people.", "The firm employs fewer than three hundred people."),
        ("Over half of the staff agreed.", "Less than half of the staff agreed."),
        ("It costs over a thousand pounds.", "It costs at most a thousand pounds."),
        ("Spending over the limit is repaid.", "Spending up to the limit is repaid."),
    ],
)
def test_before_a_quantity_it_is_more_than(claim: str, evidence: str) -> None:
    assert find_contradiction(claim, evidence) == "direction"


@pytest.mark.parametrize(
    ("question", "text", "fits"),
    [
        ("Can I carry over 5 days?", "You may carry over at most 5 days.", True),
        ("May I carry over 8 days?", "Up to 5 days may be carried over.", False),
        ("What if I work over 80 hours?", "80 hours or less", False),
        ("What if I work over 80 hours?", "over 80 hours", True),
    ],
)
def test_a_number_that_is_carried_over_is_that_number(question: str, text: str, fits: bool) -> None:
    assert fits_a_range(question, text) is fits
