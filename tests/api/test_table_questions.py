"""Questions over tables through the interfaces: computed over what the asker may read, with rows that open and a receipt."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.models import Event
from kb.models import Collection, Document
from tests.api.conftest import bearer, key_of
from tests.api.test_mcp import call
from tests.api.test_openai import complete
from tests.api.test_rest import ask
from tests.chat.library import ScriptedModel, add_document

ROWS = [f"Room: R{number}; Seats: {4 + number % 5}; Wing: {'East' if number % 2 else 'West'}" for number in range(1, 21)]
HEAD = "Room | Seats | Wing"
QUESTION = "How many rooms are in the East wing?"


@pytest.fixture
def rooms(collection: Collection) -> Document:
    """A sheet of twenty rows in four passages, as ingestion leaves it."""
    return add_sheet(collection, "rooms.csv", ROWS)


def add_sheet(collection: Collection, name: str, rows: list[str]) -> Document:
    chunks = ["\n".join([HEAD, *rows[:5]]), *("\n".join(rows[at : at + 5]) for at in range(5, len(rows), 5))]
    whole = "\n".join(chunks)
    blocks = [
        {"kind": "table", "start": 0, "end": len(HEAD), "heading_path": []},
        {"kind": "list", "start": len(HEAD) + 1, "end": len(whole), "heading_path": []},
    ]
    return add_document(collection, name, *chunks, blocks=blocks)


def payload_of(receipt: str) -> dict[str, Any]:
    return json.loads(Event.objects.get(uid=receipt).payload.body)["payload"]


def test_a_count_covers_all_rows_and_cites_those_it_counts(client: Client, rooms: Document, reader: str, dependencies: Any) -> None:
    told = ask(client, reader, QUESTION).json()
    assert (told["outcome"], told["origin"], told["model"]) == ("answered", "computed", "")
    assert told["sentences"][0]["text"] == "10 of 20 rows: Wing = East."
    assert [one["text"] for one in told["sentences"][1:]] == [f"R{number}" for number in range(1, 21, 2)]
    page = rooms.current_version.pages.get()
    for citation in told["citations"]:
        assert page.text[citation["start"] : citation["end"]] == citation["quote"]
    assert told["citations"][-1]["quote"] == ROWS[18]


def test_the_receipt_holds_the_plan_and_what_it_took(client: Client, rooms: Document, reader: str, dependencies: Any) -> None:
    kept = payload_of(ask(client, reader, QUESTION).json()["receipt"])
    table = kept["table"]
    assert table["plan"]["operation"] == "count"
    assert table["plan"]["filters"] == [{"column": "Wing", "test": "is", "values": ["East"]}]
    assert (table["document"], table["rows"], table["rows_met"], table["value"]) == ("rooms.csv", 20, 10, "10")
    assert kept["answer"]["origin"] == "computed"


def test_a_cell_is_quoted_under_its_header(client: Client, rooms: Document, reader: str, dependencies: Any) -> None:
    told = ask(client, reader, "How many seats does room R7 have?").json()
    assert (told["answer"], told["origin"]) == ("R7 – Seats: 6[1]", "quoted")
    assert told["citations"][0]["quote"] == ROWS[6]


def test_the_model_is_not_asked_for_what_the_program_computes(
    client: Client, rooms: Document, reader: str, dependencies: Any
) -> None:
    dependencies["model"] = model = ScriptedModel("There are 3 rooms in the East wing. [1]")
    assert ask(client, reader, QUESTION).json()["origin"] == "computed"
    assert model.prompts == []


def test_the_other_interfaces_tell_the_same(rooms: Document, reader: str, dependencies: Any) -> None:
    assert complete(reader, QUESTION).choices[0].message.content.startswith("10 of 20 rows: Wing = East.[1]")
    assert call(reader, "ask", question=QUESTION).structured_content["origin"] == "computed"


@pytest.mark.parametrize(("who", "outcome"), [("employee", "answered"), ("teammate", "answered"), ("outsider", "refused")])
def test_it_computes_over_what_the_asker_may_read(
    who: str, outcome: str, client: Client, rooms: Document, request: Any, dependencies: Any
) -> None:
    told = ask(client, key_of(request.getfixturevalue(who), "ask"), QUESTION).json()
    assert told["outcome"] == outcome
    assert ("R19" in json.dumps(told)) is (outcome == "answered")


def test_rows_of_others_are_not_counted(client: Client, rooms: Document, reader: str, dependencies: Any) -> None:
    add_sheet(Collection.objects.create(name="Board", slug="board"), "rooms.csv", [*ROWS, "Room: R99; Seats: 9; Wing: East"])
    assert ask(client, reader, QUESTION).json()["sentences"][0]["text"] == "10 of 20 rows: Wing = East."


def test_whoever_loses_the_collection_sees_nothing_of_the_old_answer(
    client: Client, rooms: Document, employee: User, collection: Collection, reader: str, dependencies: Any
) -> None:
    told = ask(client, reader, QUESTION, conversation="new").json()
    collection.groups.clear()
    (turn,) = client.get(f"/api/v1/conversations/{told['conversation']}", headers=bearer(reader)).json()["turns"]
    assert (turn["answer"]["answer"], turn["answer"]["citations"]) == ("", [])
    assert ask(client, reader, QUESTION).json()["outcome"] == "refused"


def test_the_page_says_that_it_is_computed_and_the_receipt_shows_the_plan(
    client: Client, rooms: Document, employee: User, auditor: User, reader: str, dependencies: Any
) -> None:
    told = ask(client, reader, QUESTION, conversation="new").json()
    client.force_login(employee)
    assert "<span>Computed</span>" in client.get(f"/c/{told['conversation']}/").content.decode()
    client.force_login(auditor)
    page = client.get(f"/audit/receipts/{told['receipt']}/").content.decode()
    assert "Computed over this table" in page and "rooms_met" not in page and "rows_met" in page


def test_a_question_that_fits_no_table_for_sure_goes_on_as_any_other(
    client: Client, rooms: Document, reader: str, dependencies: Any
) -> None:
    told = ask(client, reader, "How many rooms are reserved for the board?").json()
    assert told["origin"] != "computed"


def test_a_served_model_may_write_the_plan_that_rules_do_not_know(
    client: Client, collection: Collection, reader: str, dependencies: Any
) -> None:
    rows = ["Item: Salaries and related costs; 2018: 310; 2017: 290", "Item: Aircraft rent; 2018: 40; 2017: 55"]
    add_document(
        collection,
        "costs.csv",
        "\n".join(["Item | 2018 | 2017", *rows]),
        blocks=[
            {"kind": "table", "start": 0, "end": 18, "heading_path": []},
            {"kind": "list", "start": 19, "end": 19 + len("\n".join(rows)), "heading_path": []},
        ],
    )
    question = "By how much did we increase what we spend on salaries between 2017 and 2018, all told, here?"
    dependencies["model"] = model = ScriptedModel(
        '{"operation": "difference", "filters": [{"column": "", "test": "is", "values": ["Salaries and related costs"]}],'
        ' "columns": ["2017", "2018"]}'
    )
    told = ask(client, reader, question).json()
    assert told["answer"] == "Salaries and related costs: 2018 (310) less 2017 (290) is 20.[1]"
    assert (told["origin"], len(model.prompts)) == ("computed", 1)
    kept = payload_of(told["receipt"])["table"]
    assert (kept["planned_by"], kept["value"]) == ("scripted", "20")
