"""Warming up goes the way of a real question, quotations included."""

import pytest

from chat.flow.dependencies import configured_dependencies
from chat.flow.rewriting import spelling
from chat.flow.warming import QUESTIONS, warm_up_answering
from kb.index.engine import get_engine
from kb.models import Collection
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
LEAVE = "Employees have 25 days of leave a year. After five years of service they have 30 days of leave."


def test_it_verifies_what_it_quotes_from_the_documents(collection: Collection, settings, tmp_path) -> None:
    settings.INDEX_ROOT = tmp_path / "index"
    index_document(get_engine(), collection, "leave.md", [LEAVE])
    assert warm_up_answering(configured_dependencies()) >= len(QUESTIONS) // 2


def test_a_first_question_loads_no_dictionary(collection: Collection, settings, tmp_path) -> None:
    settings.INDEX_ROOT = tmp_path / "index"
    for load in (spelling._dictionary, spelling._sound):
        load.cache_clear()
    warm_up_answering(configured_dependencies())
    loaded = spelling._dictionary.cache_info()
    spelling.correct_spelling("What is the limit for hotels?", [LEAVE])  # each of its words may be a mistake

    assert spelling._dictionary.cache_info().hits > loaded.hits
    assert spelling._dictionary.cache_info().misses == loaded.misses == 1
    assert spelling._sound.cache_info().currsize > 0


def test_an_installation_without_documents_warms_up_too(collection: Collection, settings, tmp_path) -> None:
    settings.INDEX_ROOT = tmp_path / "index"
    assert warm_up_answering(configured_dependencies()) == 0
