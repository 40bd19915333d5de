"""What a collection's vocabulary gives: questions whose names are replaced by made-up words, which a vocabulary then explains.

Nobody has written real abbreviations for the sets, so they are made: a name that the documents use becomes a word that nothing and
nobody has ever read, as an employee's "PTO" is to an encoder. The question as it was first asked says what can be reached; where
the name itself is the only other word of its group, reaching it is no more than putting it back.
"""

import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from evals.datasets import Question
from evals.evaluation.ranking import DEPTH, WORDS, Figures, Search, judge, mean_figures
from retrieval.types import SearchConfig

# Two to four capitalised words; what stands between Chinese title or quotation marks.
_NAME = re.compile(r"\b(?:[A-Z][a-z]+ ){1,3}[A-Z][a-z]+\b|(?<=《)[^《》]{2,20}(?=》)|(?<=“)[^“”，。]{2,10}(?=”)")
_SYLLABLES = ("ba", "do", "fi", "gu", "ke", "lo", "mi", "nu", "ra", "sa", "ti", "vo", "xe", "zu")
FULL = SearchConfig(limit=DEPTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A question of a set, asked with a made-up word for a name."""

    question: Question
    text: str
    word: str
    name: str
    others: tuple[str, ...]  # names of the same documents that are none of it: what a careless vocabulary adds


def rename(questions: Iterable[Question], texts: Iterable[str]) -> list[Renamed]:
    """Return the questions that use a name of these texts, each with the longest one replaced. The same every time."""
    names = sorted({name for text in texts for name in _NAME.findall(text)})
    chance = random.Random(1)
    found = []
    for question in questions:
        used = [name for name in names if name in question.text]
        if not used:
            continue
        name, word = max(used, key=len), "".join(chance.choices(_SYLLABLES, k=4)).capitalize()
        others = [other for other in chance.sample(names, min(3, len(names))) if other != name][:2]
        text = question.text.replace(name, word)
        found.append(Renamed(question=question, text=text, word=word, name=name, others=tuple(others)))
    return found


def measure_vocabulary(cases: Sequence[Renamed], search: Search, *, progress: Callable[[int], object]) -> dict[str, Figures]:
    """Return the figures of each way to ask, by its name."""
    rows: dict[str, list[Figures]] = {}
    for case in cases:
        for name, text, config in _ways(case):
            rows.setdefault(name, []).append(judge(case.question, search(text, config)))
        progress(1)
    return {name: mean_figures(figures) for name, figures in rows.items()}


def _ways(case: Renamed) -> list[tuple[str, str, SearchConfig]]:
    explained = ((case.word, case.name),)
    ways = [
        ("as first asked", case.question.text, FULL),
        ("made-up word", case.text, FULL),
        ("explained", case.text, replace(FULL, also=explained)),
        ("to the keyword leg alone", case.text, replace(FULL, also=explained, use_readings=False)),
        ("to the encoder alone", case.text, replace(FULL, also=explained, word_weights=replace(WORDS, whole=0.0))),
    ]
    for count in (1, 2):
        group = (case.word, *case.others[:count], case.name)  # the true one is read last
        ways.append((f"and {count} wrong besides", case.text, replace(FULL, also=(group,))))
    return ways
