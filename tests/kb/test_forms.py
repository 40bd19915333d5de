"""The form of a collection."""

import pytest

from accounts.models import User
from kb.forms import CollectionForm
from kb.models import Collection

GIVEN = {"name": "Travel", "slug": "travel", "description": "", "questions": "", "vocabulary": ""}


@pytest.mark.parametrize(("given", "kept"), [("0.7", 0.7), ("", None), ("0", 0.0), ("1", 1.0)])
def test_a_collection_sets_how_certain_an_answer_must_be(employee: User, given: str, kept: float | None) -> None:
    form = CollectionForm({**GIVEN, "sufficiency_threshold": given})
    assert form.is_valid(), form.errors
    assert Collection.objects.get(pk=form.save().pk).sufficiency_threshold == kept


@pytest.mark.parametrize("given", ["1.2", "-0.1", "often", "nan"])
def test_what_is_no_probability_is_refused(employee: User, given: str) -> None:
    assert "sufficiency_threshold" in CollectionForm({**GIVEN, "sufficiency_threshold": given}).errors
