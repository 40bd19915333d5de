"""Questions over tables: read from a document's text, turned into a checked plan, computed over all rows."""

import tempfile
from decimal import Decimal
from pathlib import Path

import pytest

from chat.tables.by_model import read_written
from chat.tables.choosing import Source, choose
from chat.tables.grid import Table
from chat.tables.numbers import Number, read_number, write_number
from chat.tables.page_tables import PageText, read_tables
from chat.tables.plan import BadPlan, Condition, Filter, Operation, Plan, check_plan, read_plan
from chat.tables.running import run_plan
from chat.tables.sections import read_sections
from chat.tables.telling import tell
from tests.ingest.store import read_file

ROOMS = "Room,Seats,Floor,Wing\n" + "\n".join(
    f"R{number},{4 + number % 5},{number % 3},{'East' if number % 2 else 'West'}" for number in range(1, 21)
)
INCOME = (
    ',2019,2018,2017\n"Cost of revenues","2,193","2,315","2,000"\n"Sales and marketing","6,812","6,596","6,621"\n'
    '"Research and development","4,804","6,137","7,949"\n"Total expense","13,809","15,048","16,570"\n'
)
PROJECTS = "# Projects\n\n" + "\n\n".join(
    f"## Project {name}\n\nLead: {lead}. Status: {status}. Budget: {budget} thousand euros. It renews a hall."
    for name, lead, status, budget in (
        ("Harbour", "Ana", "closed", 20),
        ("Meadow", "Bo", "running", 23),
        ("Cedar", "Cy", "running", 86),
        ("Falcon", "Ana", "closed", 29),
    )
)


def pages_of(ending: str, text: str) -> list[PageText]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{ending}"
        path.write_text(text, encoding="utf-8")
        _, pages, _ = read_file(path)
    return [PageText(page.number, page.text, [block.as_dict() for block in page.blocks]) for page in pages]


def sources(*tables: Table, about: str = "") -> list[Source]:
    return [Source(table=table, document=str(at), about=about, rank=at) for at, table in enumerate(tables)]


@pytest.fixture(scope="module")
def rooms() -> list[Source]:
    return sources(*read_tables(pages_of(".csv", ROOMS)), about="Rooms rooms.csv")


@pytest.fixture(scope="module")
def income() -> list[Source]:
    return sources(*read_tables(pages_of(".csv", INCOME)), about="Income")


@pytest.fixture(scope="module")
def projects() -> list[Source]:
    return sources(*read_sections(pages_of(".md", PROJECTS)), about="Projects")


def told(question: str, found: list[Source]) -> str | None:
    chosen = choose(question, found, is_only=False)
    return tell(chosen.result)[0].text if chosen else None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("$34,819", Number(Decimal(34819), "", "$")),
        ("(0.2)", Number(Decimal("-0.2"))),
        ("29.4%", Number(Decimal("29.4"), "%")),
        ("20 thousand euros", Number(Decimal(20), "thousand euros")),
        ("1.2万元", Number(Decimal("1.2"), "万元")),
        ("—", None),
        ("Hall 2", None),
        ("CRJ-200", None),
        ("27:30", None),
        ("2018-2019", None),
        ("7 and higher", None),
    ],
)
def test_a_cell_is_a_number_only_where_it_is_sure(text: str, number: Number | None) -> None:
    assert read_number(text) == number


def test_rounding_writes_no_negative_nothing() -> None:
    assert (write_number(Decimal("-0.001"), places=2), write_number(Decimal("1234.50"), places=2)) == ("0", "1,234.5")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many rooms are there?", "The table has 20 rows."),
        ("How many rooms are on floor 2?", "7 of 20 rows: Floor = 2."),
        ("How many rooms are in the East wing?", "10 of 20 rows: Wing = East."),
        ("How many rooms have more than 7 seats?", "4 of 20 rows: Seats > 7."),
        ("How many rooms have at least 7 seats?", "8 of 20 rows: Seats ≥ 7."),
        ("What is the phone number of room R5?", None),
        ("How many seats does room R7 have?", "R7 – Seats: 6"),
        ("How many rooms are reserved?", None),
        ("How many windows does room R7 have?", None),
    ],
)
def test_rows_are_counted_by_the_rule_that_is_told(question: str, answer: str | None, rooms: list[Source]) -> None:
    assert told(question, rooms) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many projects are closed?", "2 of 4 rows: Status = closed."),
        ("List all closed projects.", "2 of 4 rows: Status = closed."),
        (
            "What is the total budget of all projects?",
            "The sum of “Budget” is 158 thousand euros (Project Harbour: 20 thousand euros;",
        ),
        ("What is the average budget of the closed projects?", "The average of “Budget” is 24.5 thousand euros"),
        ("Which project has the largest budget?", "Project Cedar has the largest “Budget” of 4 rows: 86 thousand euros."),
        ("Which project has the most employees?", None),
    ],
)
def test_records_in_sections_are_a_table_too(question: str, answer: str | None, projects: list[Source]) -> None:
    found = told(question, projects)
    assert found is None if answer is None else (found or "").startswith(answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What was the cost of revenues in 2018?", "Cost of revenues – 2018: 2,315"),
        ("What was the change in cost of revenues from 2018 to 2019?", "Cost of revenues: 2019 (2,193) less 2018 (2,315) is -122."),
        (
            "What is the percentage change in sales and marketing from 2018 to 2019?",
            "Sales and marketing: from 2018 (6,596) to 2019 (6,812) it changes by 3.27%.",
        ),
        (
            "What was the average research and development from 2017 to 2019?",
            "The average of “Research and development” is 6,296.67 (2017: 7,949; 2018: 6,137; 2019: 4,804).",
        ),
        ("In which year was research and development the highest?", "Research and development is largest in 2017: 7,949."),
        ("How many years did sales and marketing exceed 6,600?", "2 of 3: Sales and marketing > 6600 (2019: 6,812; 2017: 6,621)."),
        ("What was the cost of revenues in 2015?", None),
        ("What were the dividends in 2018?", None),
    ],
)
def test_figures_of_years_are_looked_up_and_compared(question: str, answer: str | None, income: list[Source]) -> None:
    assert told(question, income) == answer


def crews(number: int, *, count: int) -> str:
    rows = (f"Van {number + at} | {3 + at % 4} | Crew {'ABC'[at % 3]}" for at in range(count))
    return "\n".join(["Van | Seats | Driven by", *rows])


def page_of(number: int, text: str, *, header: int = 0, above: str = "") -> PageText:
    start = len(above) and len(above) + 2
    block = {"kind": "table", "start": start, "end": start + len(text), "header_end": start + header}
    first = [{"kind": "paragraph", "start": 0, "end": len(above)}] if above else []
    return PageText(number, f"{above}\n\n{text}" if above else text, [*first, block])


def test_a_table_whose_names_are_repeated_on_the_next_page_is_one_table() -> None:
    header = len("Van | Seats | Driven by")
    first, second = page_of(1, crews(1, count=9), header=header), page_of(2, crews(10, count=6), header=header)
    (table,) = read_tables([first, second])
    assert len(table.rows) == 15
    assert told("How many vans are driven by crew B?", sources(table, about="Vans")) == "5 of 15 rows: Driven by = Crew B."

    apart = page_of(2, crews(10, count=6), header=header, above="These vans are sold. They are not driven any more.")
    assert len(read_tables([first, apart])) == 2


def test_a_single_letter_tells_values_apart() -> None:
    header = len("Van | Seats | Driven by")
    found = sources(*read_tables([page_of(1, crews(1, count=9), header=header)]), about="Vans")
    assert told("How many vans are driven by crew C?", found) == "3 of 9 rows: Driven by = Crew C."
    assert told("How many vans are driven by crew A?", found) == "3 of 9 rows: Driven by = Crew A."


def test_a_date_is_no_answer_to_where() -> None:
    samples = "Sample,Taken,Level,Remark\nW-201,2026-03-02,3.1,Tap 4\nW-202,2026-03-09,11.8,Tap 9\nW-203,2026-03-11,0.4,Tap 2\n"
    found = sources(*read_tables(pages_of(".csv", samples)), about="Samples")
    assert told("When was sample W-201 taken?", found) == "W-201 – Taken: 2026-03-02"
    assert told("Where was sample W-201 taken?", found) is None


def test_the_only_row_of_a_table_answers_for_no_other_thing() -> None:
    found = sources(*read_tables(pages_of(".csv", "Depot,Lanterns\nBelford depot,17\n")), about="Register")
    assert told("How many lanterns does the Cranby depot have?", found) is None
    assert told("How many lanterns does the Belford depot have?", found) == "Belford depot – Lanterns: 17"
    assert told("How many lanterns does the depot have?", found) == "Belford depot – Lanterns: 17"


def test_two_documents_that_say_different_things_are_not_computed(income: list[Source]) -> None:
    other = sources(*read_tables(pages_of(".csv", INCOME.replace("2,315", "9,999"))), about="Income")
    assert told("What was the cost of revenues in 2018?", [*income, *other]) is None
    assert told("What was the cost of revenues in 2017?", [*income, *other]) == "Cost of revenues – 2017: 2,000"


def test_a_plan_as_json_is_checked_against_its_table(rooms: list[Source]) -> None:
    (table,) = (source.table for source in rooms)
    plan = Plan(operation=Operation.COUNT, filters=(Filter(column="Wing", test=Condition.IS, values=("East",)),))
    assert read_plan(plan.as_dict()) == plan
    assert run_plan(plan, table).value == 10
    for bad in (
        {"operation": "drop"},
        {"operation": "count", "filters": [{"column": "Wing", "test": "like", "values": ["East"]}]},
        {"operation": "count", "filters": [{"column": "Wing", "test": "is"}]},
    ):
        with pytest.raises(BadPlan):
            read_plan(bad)
    for wrong in (
        {"operation": "sum", "columns": ["Price"]},
        {"operation": "count", "filters": [{"column": "Wing", "test": "is", "values": ["North"]}]},
        {"operation": "count", "filters": [{"column": "Seats", "test": "more", "values": ["many"]}]},
        {"operation": "sum", "columns": []},
    ):
        with pytest.raises(BadPlan):
            check_plan(read_plan(wrong), table)


def test_words_are_not_added_up(rooms: list[Source]) -> None:
    with pytest.raises(BadPlan, match="no number"):
        run_plan(Plan(operation=Operation.SUM, columns=("Wing",)), rooms[0].table)


def test_a_total_is_no_row_among_others(income: list[Source]) -> None:
    assert run_plan(Plan(operation=Operation.SUM, columns=("2019",)), income[0].table).value == 13809


ASKED = "What was the change in marketing expenses from 2018 to 2019?"
FILTERS = '[{"column": "", "test": "is", "values": ["Sales and marketing"]}]'
FAITHFUL = f'{{"operation": "difference", "filters": {FILTERS}, "columns": ["2018", "2019"]}}'


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        (f"Here it is: {FAITHFUL}", True),
        (FAITHFUL.replace("difference", "sum"), False),  # not what the question asks
        (FAITHFUL.replace('"2018"', '"2017"'), False),  # another year
        (FAITHFUL.replace("Sales and marketing", "Cost of revenues"), False),  # a row that no word of the question names
        (FAITHFUL.replace("Sales and marketing", "Marketing"), False),  # a row that the table does not have
        ("{}", False),
        ("The change is 216.", False),
        ('{"operation": ', False),
    ],
)
def test_a_model_s_plan_is_run_only_where_it_keeps_to_question_and_table(text: str, is_kept: bool, income: list[Source]) -> None:
    plan = read_written(text, ASKED, income[0].table)
    assert (plan is not None) is is_kept
    if plan is not None:
        assert run_plan(plan, income[0].table).value == 216
