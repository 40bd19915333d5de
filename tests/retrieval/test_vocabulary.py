"""The words of a collection work on the question alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retrieval.search import search
from retrieval.types import Hit, SearchConfig, WordWeights
from retrieval.vocabulary import (
    MAX_LINES,
    MAX_READINGS,
    MAX_WORDS,
    BadVocabulary,
    find_groups,
    in_words_of,
    read_vocabulary,
    readings,
)
from tests.retrieval.builders import EVERYTHING, PROJECTION, WordEncoder, make_entry, make_reader, make_writer

TEXT = """
PTO = paid time off =  annual   leave
五险一金＝社会保险
护卫者
IT = information technology
"""
PTO = ("PTO", "paid time off", "annual leave")
INSURANCE = ("五险一金", "社会保险")


def named(query: str, *texts: str) -> tuple[tuple[str, ...], ...]:
    """The groups that a question names, of one collection's words or several's."""
    return find_groups(query, [read_vocabulary(text) for text in texts or (TEXT,)])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("How much PTO do I get?", (PTO,)),
        ("paid time off", (PTO,)),
        ("ＰＴＯ", (PTO,)),
        ("laptop or PTOs", ()),
        ("五險一金怎么交", (INSURANCE,)),
        ("《护卫者》的主演", (("护卫者",),)),
        ("五险", ()),
        ("Is it PTO?", (PTO,)),
        ("PTO in IT", (PTO, ("IT", "information technology"))),
        ("annual  leave", (PTO,)),
        ("annual\nleave", (PTO,)),
        ("PTO是什么，有多少天PTO", (PTO,)),
        ("", ()),
        ("？！", ()),
    ],
)
def test_a_word_that_the_query_names_brings_its_group(query: str, expected: tuple[tuple[str, ...], ...]) -> None:
    assert named(query) == expected


@pytest.mark.parametrize(
    "text", ["x" * 61, "a = " + "字" * 61, "word\n" * (MAX_LINES + 1), "=".join(f"w{n}" for n in range(MAX_WORDS + 1))]
)
def test_what_is_too_long_is_refused(text: str) -> None:
    with pytest.raises(BadVocabulary):
        read_vocabulary(text)


def test_a_text_without_the_questions_words_is_found_by_a_synonym(tmp_path: Path) -> None:
    make_writer(tmp_path).publish([make_entry(1, "annual leave accrues"), make_entry(2, "parking permits")])
    assert find(tmp_path, "PTO") == []
    assert find(tmp_path, "PTO", also=named("PTO")) == [1]


def find(folder: Path, query: str, **config: Any) -> list[int]:
    """By words alone."""
    wanted = replace(SearchConfig(use_dense=False, use_rerank=False), **config)
    index = make_reader(folder).snapshot()
    result = search(query, scope=EVERYTHING, config=wanted, index=index, embedder=WordEncoder(), projection=PROJECTION)
    return [hit.chunk_id for hit in result.hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("How much PTO do I get?", ["How much paid time off do I get?", "How much annual leave do I get?"]),
        ("annual leave in ＩＴ", ["PTO in ＩＴ", "annual leave in information technology", "paid time off in ＩＴ"]),
        ("五險一金怎么交", ["社会保险怎么交"]),
        ("《护卫者》的主演", []),
        ("parking", []),
        ("PTO and PTO", ["paid time off and paid time off", "annual leave and annual leave"]),
    ],
)
def test_a_question_is_read_in_every_word_that_means_the_same(query: str, expected: list[str]) -> None:
    first, *others = readings(query, named(query))
    assert (first, others) == (query, expected)


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("1号楼 = 总部大楼", "21号楼在哪", []),
        ("IT部 = 信息技术部门", "credit部门", []),
        ("社保 = 社会保险", "旅行社保险怎么买", []),
        ("社保 = 社会保险", "社保怎么交，交社保吗", ["社会保险怎么交，交社会保险吗"]),
        ("年假 = 年休假", "美国学年假日", []),
        ("年假 = 年休假", "累计工作满10年有多少天年假", ["累计工作满10年有多少天年休假"]),  # cut as 天年, 假
        ("保险 = 保障", "社会保险费怎么交", ["社会保障费怎么交"]),
        ("云梯计划 = 高空项目", "云梯计划谁负责", ["高空项目谁负责"]),
        ("年假 = annual leave", "how many年假days", ["how many annual leave days"]),
        (
            "PTO = annual leave\nleave = absence",
            "annual leave and leave",
            ["PTO and leave", "annual leave and absence", "PTO and absence"],
        ),
        ("PTO = Annual Leave = annual leave = vacation", "PTO now", ["Annual Leave now", "vacation now"]),
        ("ＩＴ = information technology", "IT rules, not it", ["information technology rules, not it"]),
        ("C++ = cpp", "Is C++ allowed?", ["Is cpp allowed?"]),
        (".NET = dotnet", "ASP.NET and .NET", ["ASP dotnet and dotnet"]),
        ("R&D = research", "r&d budget (R&D)", ["research budget (research)"]),
        ("パ = パート", "ﾊﾟとは", ["パートとは"]),
        ("café = coffee", "cafe\u0301 rules", ["coffee rules"]),
        ("Straße = road", "STRASSE 😀 straße", ["road 😀 road"]),
        ("istanbul = Konstantiniyye", "İstanbul office", ["Konstantiniyye office"]),
    ],
)
def test_words_are_found_at_their_edges_in_any_writing(text: str, query: str, expected: list[str]) -> None:
    assert list(readings(query, named(query, text))[1:]) == expected


def test_two_meanings_of_a_word_are_one_group_and_the_evidence_decides() -> None:
    groups = named("How much PTO?", "PTO = power take-off", "PTO = paid time off")
    assert groups == (("PTO", "power take-off", "paid time off"),)
    assert in_words_of("How much PTO?", groups, ["Paid time off: 20 days", "The power take-off"]) == "How much paid time off?"


def test_a_question_does_not_change_its_language() -> None:
    groups = named("社保怎么交", "社保 = social insurance = 社会保险")
    assert "social insurance怎么交" in readings("社保怎么交", groups)
    assert in_words_of("社保怎么交", groups, ["Social insurance is paid", "社会保险费"]) == "社会保险怎么交"


def test_readings_stay_few() -> None:
    text = "\n".join(f"w{line} = " + " = ".join(f"{letter}{line}" for letter in "abcdefgh") for line in range(6))
    query = "w0 w1 w2 w3 w4 w5"
    found = readings(query, named(query, text))
    assert len(found) == len({*found}) == MAX_READINGS
    assert found[0] == query


@pytest.mark.parametrize(
    ("query", "texts", "expected"),
    [
        ("How much PTO?", ["Parking", "Annual leaves accrue"], "How much annual leave?"),
        ("How much PTO?", ["Annual leave accrues", "PTO is paid"], "How much PTO?"),
        ("How much PTO?", ["Leave the building; the annual report"], "How much PTO?"),
        ("How much PTO?", ["Parking"], "How much PTO?"),
        ("五險一金怎么交", ["本公司为员工缴纳社会保险费"], "社会保险怎么交"),
        ("Is it PTO?", [], "Is it PTO?"),
        ("How much PTO?", ["Staff who take time off for jury duty are paid", "Annual leave is 20 days"], "How much annual leave?"),
        ("Who runs IT?", ["The IT helpdesk", "For information on new technology"], "Who runs IT?"),
    ],
)
def test_a_question_is_put_in_the_words_of_what_was_found(query: str, texts: list[str], expected: str) -> None:
    assert in_words_of(query, named(query), texts) == expected


def test_a_word_counts_where_a_passage_holds_all_of_it(tmp_path: Path) -> None:
    """jieba cuts 云梯计划 in two, and every second passage holds one half."""
    texts = ["云梯很高", "年度计划已经发布", "云梯计划的负责人是王敏", "计划采购云梯三架，云梯另行验收，计划另报"]
    make_writer(tmp_path).publish([make_entry(number, text) for number, text in enumerate(texts, start=1)])
    query = "云梯计划谁负责"
    also = named(query, "云梯计划")
    assert find(tmp_path, query, also=also, word_weights=WordWeights(pairs=0.0))[0] == 3
    assert find(tmp_path, "PTO", also=(("PTO", "云梯计划"),)) == [3, 4]  # 4 holds both halves, though apart
    assert find(tmp_path, "PTO", also=(("PTO", "云梯计划"),), word_weights=WordWeights(whole=0.0)) == []


def test_halves_of_a_word_bring_nothing_and_synonyms_do_not_add_up(tmp_path: Path) -> None:
    texts = ["paid parking", "time off", "paid time off", "annual leave accrues", "annual leave, also called paid time off"]
    make_writer(tmp_path).publish([make_entry(number, text) for number, text in enumerate(texts, start=1)])
    assert {*find(tmp_path, "PTO", also=(PTO,))} == {3, 4, 5}
    assert find(tmp_path, "PTO", also=(PTO,))[-1] == 5


def test_a_word_of_stop_words_alone_is_looked_for_nowhere(tmp_path: Path) -> None:
    make_writer(tmp_path).publish([make_entry(1, "it is"), make_entry(2, "information technology")])
    assert find(tmp_path, "IT", also=named("IT")) == [2]


def test_the_encoder_reads_the_question_in_the_other_words(tmp_path: Path) -> None:
    make_writer(tmp_path).publish([make_entry(1, "annual leave accrues"), make_entry(2, "parking permits")])
    index = make_reader(tmp_path).snapshot()

    def nearest(also: tuple[tuple[str, ...], ...]) -> Hit:
        config = SearchConfig(use_keyword=False, also=also)
        result = search("PTO accrues", scope=EVERYTHING, config=config, index=index, embedder=WordEncoder(), projection=PROJECTION)
        return result.hits[0]

    alone, explained = nearest(()), nearest((PTO,))
    assert explained.chunk_id == alone.chunk_id == 1
    assert explained.dense_score > alone.dense_score + 0.1
    assert explained.rerank_score > alone.rerank_score + 0.1


def test_a_reranker_is_asked_in_the_words_of_the_passages(tmp_path: Path) -> None:
    make_writer(tmp_path).publish([make_entry(1, "annual leave accrues")])
    asked: list[str] = []

    class Listening:
        name = "listening"

        def score(self, query: str, texts: Sequence[str]) -> list[float | None]:
            asked.append(query)
            return [1.0] * len(texts)

    search(
        "How much PTO?",
        scope=EVERYTHING,
        config=SearchConfig(also=(PTO,)),
        index=make_reader(tmp_path).snapshot(),
        embedder=WordEncoder(),
        projection=PROJECTION,
        reranker=Listening(),
        read_texts=lambda chunk_ids: dict.fromkeys(chunk_ids, "annual leave accrues"),
    )
    assert asked == ["How much annual leave?"]
