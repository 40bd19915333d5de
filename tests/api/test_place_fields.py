"""A field that a place gains is a field of every schema that holds one: nobody has to remember them."""

from dataclasses import fields

from api.schemas import CitationOut, PassageOut, PlaceOut
from chat.types import Answer, Citation, Outcome
from evals.evidence import evidence_of
from kb.place import Place

NAMES = [field.name for field in fields(Place)]


def test_every_field_of_a_place_is_in_the_schemas_of_citations_and_passages() -> None:
    assert list(PlaceOut.model_fields) == NAMES
    assert set(NAMES) < set(PassageOut.model_fields)
    assert set(NAMES) < set(CitationOut.model_fields)


def test_an_answer_reports_its_places_as_flat_fields() -> None:
    evidence = evidence_of(1, "Six hours.", title="Leave", uid="u", start=40)
    citation = Citation(marker=1, chunk_id=2**62, place=evidence.place, quote="Six hours.", score=0.5)
    as_dict = Answer(outcome=Outcome.ANSWERED, citations=(citation,), nearest=(evidence,), model="m").as_dict()
    place = {
        "document": "Leave",
        "document_uid": "u",
        "title": "Leave",
        "version": 1,
        "version_uid": "u",
        "page": None,
        "page_number": 1,
        "page_label": "",
        "start": 40,
        "end": 50,
        "origin": "",
        "original_url": "",
        "expired_on": "",
        "correction": None,
    }
    assert as_dict["nearest"] == [place]
    assert as_dict["citations"] == [place | {"marker": 1, "chunk_id": str(2**62), "quote": "Six hours.", "score": 0.5}]
    assert set(as_dict["citations"][0]) == set(CitationOut.model_fields)
