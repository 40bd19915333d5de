"""The heading that a quotation stands below is named where a question asks for it."""

import pytest

from chat.flow.writing.extractive import extract
from chat.flow.writing.headings import with_headings
from chat.judge.candidates import rank_sentences
from evals.evidence import evidence_of
from tests.chat.test_extractive import shared_stretches

BOATS = "4.1 Oars\n\nEach boat has four oars.\n\n4.2 Damage\n\nA broken oar costs 35 euros."


def labels(question: str, text: str, *, path: tuple[str, ...] = ()) -> list[str]:
    candidates = rank_sentences(question, [evidence_of(1, text, heading_path=path)], score_stretches=shared_stretches)
    told = [("", quotation) for quotation in extract(question, candidates)]
    return [label for label, _quotation in with_headings(told, question=question, candidates=candidates)]


@pytest.mark.parametrize(
    ("question", "text", "path", "label"),
    [
        ("Which section says what a broken oar costs?", BOATS, (), "“4.2 Damage”:"),
        ("Which chapter says what a broken oar costs?", "A broken oar costs 35 euros.", ("Boats", "IV. Damage"), "“IV. Damage”:"),
        ("What does a broken oar cost?", BOATS, (), ""),
        ("Which article says what a broken oar costs?", "Article 9 A broken oar costs 35 euros.", ("Boats",), ""),
    ],
)
def test_the_heading_is_named_where_it_is_asked_for(question: str, text: str, path: tuple[str, ...], label: str) -> None:
    assert labels(question, text, path=path)[0] == label
