"""What a word is."""

import concurrent.futures
import tempfile
from pathlib import Path

import pytest

from language.analyzer import Analyzer, get_analyzer, terms
from language.dates import find_dates
from language.names import _tagger, tag_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The employees' leaves", ["employe", "leav"]),
        ("costs $1,234.50 or 21.75%", ["cost", "1234.50", "1234", "50", "21.75", "21", "75"]),
        ("Form 10-K and RC4-128", ["form", "10k", "10", "k", "rc4-128", "rc4", "128"]),
        ("part ABC-123/4", ["part", "abc123/4", "abc", "123", "4"]),
        ("ＡＢＣ１２３　Ｌｅａｖｅ", ["abc123", "leav"]),
        ("Straße ÉCOLE", ["strass", "école"]),
        ("sales of FY2022 in A4", ["sale", "fy2022", "2022", "a4"]),
        ("", []),
        ("?!… — 。，", []),
        ("the of and", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_chinese_is_cut_into_words_and_their_parts() -> None:
    cut = terms("北京大学的研究生什么时候毕业？")
    assert {"北京", "大学", "北京大学", "研究生", "毕业"} <= set(cut)
    assert "的" not in cut


def test_mixed_text_keeps_both_scripts() -> None:
    assert {"java", "手册", "1.8"} <= set(terms("Java开发手册1.8"))


def test_a_word_without_end_is_dropped() -> None:
    assert terms("a" * 100_000 + " leave") == ["leav"]


def test_it_is_the_same_in_every_thread() -> None:
    text = "Employees earned annual leave. 员工累计工作已满10年。" * 20
    analyzer = Analyzer()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(analyzer.terms, [text] * 32))
    assert all(result == terms(text) for result in results)


def test_loading_the_dictionary_leaves_no_file_in_the_shared_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Analyzer().terms("年休假")
    assert list(tmp_path.iterdir()) == []


def test_pairs_are_neighbouring_chinese_characters() -> None:
    assert Analyzer().pairs("带薪年假 leave days 天数") == ["_带薪", "_薪年", "_年假", "_天数"]
    assert Analyzer().pairs("假") == Analyzer().pairs("annual leave") == []


@pytest.mark.parametrize(("one", "other"), [("GPT-4", "gpt4"), ("10-K", "10K"), ("MU_5735", "MU5735"), ("1,234.5", "1234.5")])
def test_two_ways_of_writing_a_code_or_number_meet(one: str, other: str) -> None:
    assert terms(other)[0] in terms(one)


def test_versions_and_ranges_keep_their_hyphens() -> None:
    assert "v1.2-3" in terms("v1.2-3")
    assert "2021-2022" in terms("2021-2022赛季")


@pytest.mark.parametrize("written", ["2023-01-05", "2023/1/5", "2023.1.5", "January 5, 2023", "Jan. 5th 2023", "5 January 2023"])
def test_a_date_is_one_term_in_whatever_form(written: str) -> None:
    assert {"2023-01-05", "2023-01"} <= set(terms(f"on {written}."))


@pytest.mark.parametrize("written", ["２０２３年１月５日", "2023 年 1 月 5 日", "二〇二三年一月五日", "二零二三年一月五号"])
def test_a_chinese_date_is_the_same_term(written: str) -> None:
    assert {"2023-01-05", "2023-01"} <= set(terms(f"于{written}发布"))


@pytest.mark.parametrize("written", ["2023-13-05", "1.2023.1.5", "2023/1-5", "12023年1月5日", "may 5", "page 3 of 2023"])
def test_what_is_no_date_gives_none(written: str) -> None:
    assert list(find_dates(written)) == []


def test_chinese_numerals_count_to_thirty_one() -> None:
    assert list(find_dates("二〇一九年十二月三十一日")) == ["2019-12", "2019-12-31", "2019"]
    assert list(find_dates("二〇一九年十月二十日")) == ["2019-10", "2019-10-20", "2019"]


def test_traditional_and_simplified_are_one_word() -> None:
    assert terms("發佈年度報告") == terms("发布年度报告")
    assert Analyzer().pairs("報告") == ["_报告"]


def test_words_that_ask_are_distinguished_from_those_that_name_the_subject() -> None:
    analyzer = Analyzer()
    assert [analyzer.is_asking(term) for term in ("时间", "地点", "破产", "year")] == [True, True, False, False]


def test_a_run_without_a_known_word_takes_no_time_in_its_square() -> None:
    assert len(terms("年" * 50_000)) == 50_000


def test_names_are_tagged_over_the_analyzers_dictionary() -> None:
    """One of their own takes a second and 66 MiB in every process that answers."""
    assert tag_words("张伟在北京工作") == [("张伟", "nr"), ("在", "p"), ("北京", "ns"), ("工作", "vn")]
    assert _tagger().tokenizer is get_analyzer()._segmenter()
