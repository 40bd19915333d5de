"""Which passages an answer may cite."""

import pytest
from django.utils import timezone

from accounts.models import User
from chat.flow.evidence import MAX_PASSAGES, are_readable, gather_evidence
from kb.index.search import Passage
from kb.models import Chunk, Collection
from kb.place import Place
from retrieval.types import Hit
from tests.chat.library import add_document


def passages(*chunks: Chunk) -> list[Passage]:
    return [
        Passage(chunk=chunk, hit=Hit(chunk_id=chunk.pk, score=1 / rank, rank=rank)) for rank, chunk in enumerate(chunks, start=1)
    ]


def chunks_of(*names: str) -> list[Chunk]:
    return list(Chunk.objects.filter(version__document__name__in=names).order_by("version__document__name", "ordinal"))


def test_evidence_reports_document_version_page_and_place(employee: User, collection: Collection) -> None:
    document = add_document(collection, "leave.pdf", "First.", "Second passage.", paged=True)
    second = chunks_of("leave.pdf")[1]
    (one,) = gather_evidence(passages(second), user=employee)
    assert (one.marker, one.chunk_id, one.text) == (1, second.pk, "Second passage.")
    assert one.place == Place(
        document="leave.pdf",
        document_uid=str(document.uid),
        title="Leave",
        version=1,
        version_uid=str(document.current_version.uid),
        page=1,
        page_number=1,
        page_label="",
        start=7,
        end=22,
    )


def test_a_format_without_pages_has_no_page_but_one_to_open(employee: User, collection: Collection) -> None:
    add_document(collection, "leave.md", "Text.")
    (one,) = gather_evidence(passages(*chunks_of("leave.md")), user=employee)
    assert (one.place.page, one.place.page_number) == (None, 1)


def test_the_same_words_are_evidence_once(employee: User, collection: Collection) -> None:
    add_document(collection, "a.md", "Same words.")
    add_document(collection, "b.md", "Same words.", "Others.")
    found = gather_evidence(passages(*chunks_of("a.md", "b.md")), user=employee)
    assert [(one.marker, one.place.document, one.text) for one in found] == [(1, "a.md", "Same words."), (2, "b.md", "Others.")]


@pytest.mark.parametrize("kind", ["table", "list"])
def test_a_table_or_list_that_goes_on_brings_its_neighbours(employee: User, collection: Collection, kind: str) -> None:
    block = {"kind": kind, "start": 0, "end": 29, "heading_path": []}
    add_document(collection, "t.md", "part one.", "part two.", "part three", "prose after", blocks=[block])
    found = gather_evidence(passages(chunks_of("t.md")[1]), user=employee)
    assert [one.text for one in found] == ["part one.", "part two.", "part three"]
    assert [one.marker for one in found] == [1, 2, 3]
    assert {one.hit.rank for one in found} == {1}


def test_a_neighbour_of_another_edition_is_left_out(employee: User, collection: Collection) -> None:
    """While the next edition is built, its chunks of the same version lie beside those that answer, cut otherwise."""
    block = {"kind": "table", "start": 0, "end": 40, "heading_path": []}
    add_document(collection, "t.md", "part one.", "part two.", blocks=[block])
    first, second = chunks_of("t.md")
    for ordinal, text in enumerate(["part", "one. part", "two.", "two."]):
        Chunk.objects.create(
            id=ordinal + 1,
            version=second.version,
            edition=2,
            ordinal=ordinal,
            page=second.page,
            start=4 * ordinal,
            end=4 * ordinal + len(text),
            text=text,
            text_hash=f"{ordinal}",
        )
    found = gather_evidence(passages(second), user=employee)
    assert [one.chunk_id for one in found] == [first.pk, second.pk]


def test_prose_brings_no_neighbours_but_a_colon_does(employee: User, collection: Collection) -> None:
    add_document(collection, "t.md", "Prose.", "You need:", "a form", "More.")
    first, second, *_rest = chunks_of("t.md")
    assert [one.text for one in gather_evidence(passages(first), user=employee)] == ["Prose."]
    assert [one.text for one in gather_evidence(passages(second), user=employee)] == ["You need:", "a form"]


def test_items_that_no_parser_marked_as_a_list_bring_their_neighbours(employee: User, collection: Collection) -> None:
    add_document(collection, "law.md", "Article 17", "(1) the name;", "(2) the term;", "(3) the pay.", "Article 18")
    chunks = chunks_of("law.md")
    assert [one.text for one in gather_evidence(passages(chunks[2]), user=employee)] == [chunk.text for chunk in chunks[1:4]]
    assert [one.text for one in gather_evidence(passages(chunks[4]), user=employee)] == ["Article 18"]


def test_no_more_than_the_best_passages_are_taken(employee: User, collection: Collection) -> None:
    add_document(collection, "long.md", *(f"Passage {number}." for number in range(20)))
    assert len(gather_evidence(passages(*chunks_of("long.md")), user=employee)) == MAX_PASSAGES


def test_are_readable_follows_deletion_and_rights(employee: User, outsider: User, collection: Collection) -> None:
    document = add_document(collection, "leave.md", "One.", "Two.")
    ids = [chunk.pk for chunk in chunks_of("leave.md")]
    assert are_readable(ids, user=employee)
    assert are_readable([], user=outsider)
    assert not are_readable(ids[:1], user=outsider)
    document.deleted_at = timezone.now()
    document.save()
    assert not are_readable(ids[:1], user=employee)
