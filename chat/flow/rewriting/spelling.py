"""Correct typing mistakes in a question, by the words of the passages that were found for it.

Only a word that no dictionary knows is corrected, and only to one that a passage holds: what a reader may not read corrects
nothing. Chinese is mistyped by sound: 工姿 for 工资.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from language.analyzer import terms
from language.names import chinese_words
from language.scripts.script import is_chinese

_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_LEAST_LETTERS = 4
_TWO_MISTAKES = 8  # letters from which a word may have two
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LONGEST = 400  # characters of a question that is looked at


def correct_spelling(question: str, passages: Sequence[str]) -> str:
    """Return the question with its mistyped words as the passages spell them; itself where none is."""
    if len(question) > _LONGEST:
        return question
    return _correct_chinese(question, passages) if is_chinese(question) else _correct_english(question, passages)


def load_words() -> None:
    """Load what a first question loads otherwise, and waits for: the English dictionary, and how Chinese characters sound."""
    _dictionary()
    _sound("预热")


def distance(left: str, right: str, *, most: int) -> int:
    """Return how many letters are wrong, missing, too many or changed places with their neighbour; `most` + 1 for more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, start=1):
        earlier, before, row = before, row, [i, *[0] * len(right)]
        for j, other in enumerate(right, start=1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                row[j] = min(row[j], earlier[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]


def _correct_english(question: str, passages: Sequence[str]) -> str:
    held = Counter(word.lower() for text in passages for word in _WORD.findall(text) if len(word) >= _LEAST_LETTERS)
    stems = {stem for word in held for stem in terms(word)}

    def correct(match: re.Match[str]) -> str:
        word = match.group(0)
        if len(word) < _LEAST_LETTERS or (word[0].isupper() and match.start() > 0):
            return word
        if word.lower() in held or set(terms(word)) & stems or not _is_unknown(word.lower()):
            return word
        found = _nearest(word.lower(), held)
        return found.capitalize() if found and word[0].isupper() else found or word

    return _WORD.sub(correct, question)


def _nearest(word: str, held: Counter[str]) -> str:
    """Return the most frequent of the words with the fewest mistakes; empty where none is near enough."""
    most = 2 if len(word) >= _TWO_MISTAKES else 1
    near = [
        (mistakes, -count, other)
        for other, count in held.items()
        if other[0] in word[:2] and (mistakes := distance(word, other, most=most)) <= most
    ]
    return min(near)[2] if near else ""


def _is_unknown(word: str) -> bool:
    return not _dictionary().known([word, word.replace("’", "'"), re.sub(r"['’]s$|s$", "", word)])


@cache
def _dictionary() -> Any:
    from spellchecker import SpellChecker  # 40 MB, which a command that asks nothing does without

    return SpellChecker(language="en")


def _correct_chinese(question: str, passages: Sequence[str]) -> str:
    whole = "\n".join(passages)
    wrong = list(_unknown_pairs(question, whole))
    if not wrong:
        return question
    by_sound: dict[tuple[str, ...], Counter[str]] = {}
    wanted = {_sound(pair) for pair in wrong}
    for word in _words_of(whole):
        if (sound := _sound(word)) in wanted:
            by_sound.setdefault(sound, Counter())[word] += 1
    for pair in wrong:
        alike = [(-count, word) for word, count in by_sound.get(_sound(pair), Counter()).items() if set(word) & set(pair)]
        if alike:
            question = question.replace(pair, min(alike)[1])
    return question


def _unknown_pairs(question: str, passages: str) -> Iterable[str]:
    """Yield two characters side by side that are no word, that cut no word, and that stand in no passage."""
    for run in _HAN_RUN.findall(question):
        pieces = chinese_words(run)
        for left, right in pairwise(pieces):
            if len(left) == len(right) == 1 and left + right not in passages:
                yield left + right


def _words_of(text: str) -> Iterable[str]:
    return (word for run in _HAN_RUN.findall(text) for word in chinese_words(run) if len(word) == 2)


@cache
def _sound(word: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin  # 1.5 s and 55 MB, as above

    return tuple(lazy_pinyin(word))
