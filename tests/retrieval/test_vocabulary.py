"""The words of a collection work on the question alone."""

from pathlib import Path

import pytest

from retrieval.search import search
from retrieval.types import SearchConfig
from retrieval.vocabulary import MAX_LINES, BadVocabulary, read_vocabulary
from tests.retrieval.builders import EVERYTHING, PROJECTION, WordEncoder, make_entry, make_reader, make_writer

TEXT = """
PTO = paid time off =  annual   leave
五险一金＝社会保险
护卫者
"""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("How much PTO do I get?", ("PTO", "paid time off", "annual leave")),
        ("paid time off", ("PTO", "paid time off", "annual leave")),
        ("ＰＴＯ", ("PTO", "paid time off", "annual leave")),
        ("laptop or PTOs", ()),
        ("五險一金怎么交", ("五险一金", "社会保险")),
        ("《护卫者》的主演", ("护卫者",)),
        ("五险", ()),
    ],
)
def test_a_word_that_the_query_names_brings_its_group(query: str, expected: tuple[str, ...]) -> None:
    assert read_vocabulary(TEXT).find(query) == expected


@pytest.mark.parametrize("text", ["x" * 61, "a = " + "字" * 61, "word\n" * (MAX_LINES + 1)])
def test_what_is_too_long_is_refused(text: str) -> None:
    with pytest.raises(BadVocabulary):
        read_vocabulary(text)


def test_a_text_without_the_questions_words_is_found_by_a_synonym(tmp_path: Path) -> None:
    make_writer(tmp_path).publish([make_entry(1, "annual leave accrues"), make_entry(2, "parking permits")])
    index = make_reader(tmp_path).snapshot()

    def find(*also: str) -> list[int]:
        config = SearchConfig(use_dense=False, use_rerank=False, also=also)
        result = search("PTO", scope=EVERYTHING, config=config, index=index, embedder=WordEncoder(), projection=PROJECTION)
        return [hit.chunk_id for hit in result.hits]

    assert find() == []
    assert find(*read_vocabulary(TEXT).find("PTO")) == [1]
