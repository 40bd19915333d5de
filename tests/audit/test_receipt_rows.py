"""The rows of a receipt's page."""

from audit.receipts.receipt import read_receipt


def test_each_attempt_at_a_model_has_rows_of_its_own() -> None:
    failed = {"row": "large", "calls": [{"outcome": "model_faulty", "usage": None}], "retried_after": ["model_faulty"]}
    done = {"row": "small", "calls": [{"outcome": "done", "usage": {"prompt_tokens": 12}}], "masking": {"hidden": {"PERSON": 2}}}
    receipt = read_receipt({"model": {"name": "small", "route": {"name": "all"}, "attempts": [failed, done]}})
    rows = {row.name: row.value for row in receipt.model}
    assert rows["route.name"] == "all"
    assert rows["attempt 1.row"] == "large"
    assert rows["attempt 1.retried_after"] == "model_faulty"
    assert rows["attempt 1.call 1.outcome"] == "model_faulty"
    assert rows["attempt 2.call 1.usage.prompt_tokens"] == "12"
    assert rows["attempt 2.masking.hidden.PERSON"] == "2"


def test_what_is_no_list_of_attempts_is_left_out() -> None:
    assert [row.name for row in read_receipt({"model": {"name": "small", "attempts": "none"}}).model] == ["name"]
