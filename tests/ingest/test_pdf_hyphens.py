"""A hyphen at the end of a line stays where the word has one, and goes where only the break has."""

import pytest

from language.hyphens import keeps_hyphen
from tests.ingest.files import lines, pdf, write
from tests.ingest.store import read_file


def test_hyphens_of_words_codes_and_dates_stay_and_those_of_breaks_go(tmp_path):
    drawn = lines(
        "Gears of the line are filled with the oil class LX-",
        "68 every spring. The deposit is non-",
        "refundable. The two-",
        "stage filter is changed by the mainte-",
        "nance team. The list is valid until 2027-09-",
        "30, and the no-",
        "smoking zone ends at gate 6, see pages 10–",
        "20 and the reimburse-",
        "ments.",
    )
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn)))

    assert page.text == (
        "Gears of the line are filled with the oil class LX-68 every spring. The deposit is non-refundable. The two-stage filter "
        "is changed by the maintenance team. The list is valid until 2027-09-30, and the no-smoking zone ends at gate 6, see pages "
        "10–20 and the reimbursements."
    )


@pytest.mark.parametrize(("elsewhere", "written"), [("the water-jet", "A water-jet cuts."), ("the waterjet", "A waterjet cuts.")])
def test_the_document_s_own_words_decide_also_those_of_later_pages(tmp_path, elsewhere, written):
    broken = lines("A line that is long enough to be full, and more of it.", "A water-", "jet cuts.")
    _, pages, _ = read_file(write(tmp_path, "a.pdf", pdf(broken, lines(f"Switch on {elsewhere}."))))
    assert pages[0].text.endswith(written)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        *((first, second, True) for first, second in (("self-", "service"), ("follow-", "up"), ("COVID-", "19"), ("X-", "ray"))),
        *((first, second, True) for first, second in (("state-of-the-", "art"), ("Anglo-", "American"), ("long-", "term"))),
        *((first, second, False) for first, second in (("cost-effec-", "tive"), ("over-", "payments"), ("in-", "eligible"))),
        *(
            (first, second, True)
            for first, second in (("day-to-", "day"), ("orang-", "orang"), ("e-", "learning"), ("USB-", "C"), ("ISO-", "certified"))
        ),
        *(
            (first, second, False)
            for first, second in (("water-", "proof"), ("fork-", "lift"), ("hand-", "over"), ("bench-", "mark"))
        ),
        *((first, second, True) for first, second in (("non-", "smoker"), ("user-", "friendly"), ("cost-", "free"))),
        *((first, second, False) for first, second in (("refund-", "able"), ("ACCOM-", "MODATION"), ("all-", "owance"))),
    ],
)
def test_words_that_the_document_does_not_hold_are_known_by_their_halves(before, after, kept):
    assert keeps_hyphen(before, after, words=()) is kept
