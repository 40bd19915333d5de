"""What a word is."""

import concurrent.futures
import tempfile
from pathlib import Path

import pytest

from retrieval.analyzer import Analyzer, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The employees' leaves", ["employe", "leav"]),
        ("costs $1,234.50 or 21.75%", ["cost", "1234.50", "1234", "50", "21.75", "21", "75"]),
        ("Form 10-K and RC4-128", ["form", "10-k", "10", "k", "rc4-128", "rc4", "128"]),
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


def test_pairs_are_neighbouring_terms_and_chinese_characters() -> None:
    assert Analyzer().pairs("The annual leave of employees") == ["annual_leav", "leav_employe"]
    assert Analyzer().pairs("带薪年假 leave days 天数") == ["_带薪", "_薪年", "_年假", "leav_day", "_天数"]
    assert Analyzer().pairs("假") == Analyzer().pairs("leave") == []
