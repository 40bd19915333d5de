"""The one analyzer: what a word is, for the corpus index and for rank-bm25 alike.

NFKC (folds full-width forms), case folding, simplified characters for traditional ones, unicode words, English stems (Snowball),
jieba's search mode for Chinese. Numbers, dates and codes are kept whole besides their parts: "21.75"; "10-K", which is "10K";
"5 January 2023", which is "2023-01-05".
"""

import ast
import hashlib
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import Stemmer

from language import dates, raised
from language.dates import find_dates
from language.raised import fold_compatibility
from language.scripts import script_fold
from language.scripts.script_fold import fold_script

# Lucene's English list, plus the words that questions are made of: they say nothing about the subject.
_ENGLISH = """
a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was
will with what which who whom whose when where why how do does did i my me we our us you your he his she her its been
being am were from has have had can could should would shall may might must about than so
"""
# Function words and question words; content words that happen to be frequent stay.
_CHINESE = """
的 了 是 在 和 与 及 或 吗 呢 吧 啊 也 都 而 且 被 把 将 让 其 之 所 着 过 地 得 就 对 从 到 为 以 于 并 等 这 那
什么 哪 哪些 哪个 谁 如何 怎么 怎样 多少 为什么 请问
"""
# What a Chinese question asks for: the passage that answers holds a date or a place, seldom these words. (English asks with stop
# words; its nouns of this kind, "year", "name", "type", made no difference.)
_ASKING = """
时间 时候 日期 地点 哪里 哪儿 哪年 哪一年 何时 何地 哪天 分别 叫 叫做 有 几 几个 几月 几号 类型 数量 名字 名称 什么样 哪种 哪位
原因 为何 介绍 一下 个 位 种 主要 包括 属于 具体 关于 一个 可以 进行 年 月 日
"""
STOPWORDS = frozenset(_ENGLISH.split())
STOPWORDS_ZH = frozenset(_CHINESE.split())
ASKING_WORDS = frozenset(_ASKING.split())

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
# A run of Han; or a word with inner joints ("10-k", "21.75", "o'neil"); `_` counts as a joint.
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:[.,:/\-_'’&+][^\W_{_HAN}]+)*[%+#]*")
_PARTS = re.compile(r"[^\W_]+")
_HAN_RUN = re.compile(rf"[{_HAN}]")
_DIGIT = re.compile(r"\d")
_POSSESSIVE = re.compile(r"['’]s$")
_GLUED_YEAR = re.compile(r"[a-z]{1,3}((?:19|20)\d\d)")  # "FY2022" is about 2022
_CODE_HYPHEN = re.compile(r"(?<=[^\W\d_])[-_](?=\d)|(?<=\d)[-_](?=[^\W\d_])")  # a matter of taste: "GPT-4", "GPT4"
_GROUPED_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
MAX_RUN_CHARACTERS = 1000  # cut at once: jieba takes time in the square of a run without a known word (200,000 characters: 110 s)
MAX_TERM_CHARACTERS = 64  # longer ones are noise (hashes, broken text) and only swell the dictionary


class Analyzer:
    """Cuts text into terms. Thread-safe: jieba's dictionary is loaded once, stemmers are per thread (PyStemmer is not safe)."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._lock = threading.Lock()
        self._jieba: Any = None

    @cached_property
    def fingerprint(self) -> str:
        """Digest of what decides how words are cut: an index of another one is cut anew (comments and line breaks do not count)."""
        modules = (sys.modules[__name__], dates, raised, script_fold)
        parts = [ast.dump(ast.parse(Path(str(module.__file__)).read_bytes())) for module in modules]
        parts += [version(package) for package in ("jieba", "PyStemmer")]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def terms(self, text: str) -> list[str]:
        """Return the terms of `text` in their order, repeated as often as they occur; last its dates in one form."""
        return list(self._terms(_fold(text)))

    def pairs(self, text: str) -> list[str]:
        """Return the Chinese characters that stand side by side in `text`, each two after a "_".

        No term begins with a "_", so that pairs and terms never meet. Pairs find words that the dictionary cuts otherwise in the
        question than in the text. (Pairs of English words help the keyword leg alone: squad2-a .893 to .902 in nDCG@10; after
        reranking .935 to .936 there, and .721 to .714 on scifact-a.)
        """
        runs = (match.group() for match in _TOKEN.finditer(_fold(text)))
        return [f"_{run[at : at + 2]}" for run in runs if _HAN_RUN.match(run) for at in range(len(run) - 1)]

    def is_asking(self, term: str) -> bool:
        """Tell whether a term of a query says what is asked for rather than what it is about."""
        return term in ASKING_WORDS

    def _terms(self, text: str) -> Iterator[str]:
        for match in _TOKEN.finditer(text):
            token = match.group()
            if _HAN_RUN.match(token):
                yield from self._chinese(token)
            else:
                yield from self._words(token)
        yield from find_dates(text)

    def _words(self, token: str) -> Iterator[str]:
        if _GROUPED_NUMBER.fullmatch(token):
            token = token.replace(",", "")  # 1,234.5 and 1234.5 are one number
        token = _POSSESSIVE.sub("", token)
        parts = _PARTS.findall(token)
        if len(parts) == 1:
            yield from self._word(parts[0])
            return
        if _DIGIT.search(token) and len(token) <= MAX_TERM_CHARACTERS:
            yield _CODE_HYPHEN.sub("", token.rstrip("%+#"))
        for part in parts:
            yield from self._word(part)

    def _word(self, word: str) -> Iterator[str]:
        if word in STOPWORDS or len(word) > MAX_TERM_CHARACTERS:
            return
        yield word if _DIGIT.search(word) else self._stemmer().stemWord(word)
        if year := _GLUED_YEAR.fullmatch(word):
            yield year.group(1)

    def _chinese(self, run: str) -> Iterator[str]:
        for start in range(0, len(run), MAX_RUN_CHARACTERS):
            for word in self._segmenter().cut_for_search(run[start : start + MAX_RUN_CHARACTERS]):
                if word not in STOPWORDS_ZH:
                    yield word

    def _stemmer(self) -> Any:
        stemmer = getattr(self._local, "stemmer", None)
        if stemmer is None:
            stemmer = self._local.stemmer = Stemmer.Stemmer("english")
        return stemmer

    def _segmenter(self) -> Any:
        if self._jieba is None:
            with self._lock:
                if self._jieba is None:
                    self._jieba = _load_jieba()
        return self._jieba


def _fold(text: str) -> str:
    """Return the text without what tells two ways of writing the same word apart: width, case, traditional characters."""
    return fold_script(fold_compatibility(text).casefold())


def _load_jieba() -> Any:
    """Load jieba's dictionary (about 1 s) without its cache file: that lies at a fixed name in the shared temporary folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 imports pkg_resources and has unescaped patterns
        import jieba

    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter


@cache
def get_analyzer() -> Analyzer:
    """Return the process's analyzer."""
    return Analyzer()


def terms(text: str) -> list[str]:
    """Return the terms of `text`; see `Analyzer.terms`."""
    return get_analyzer().terms(text)
