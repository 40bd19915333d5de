"""Make examples of reading sets: sentences supported, contradicted, untold or beside the point, and questions without answer."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from evals.sets.reading_sets import Item
from language.scripts.script_fold import fold_script
from language.sentences import Span, split_sentences
from training.examples import ANSWERS, SUPPORTS, Example
from training.roughen import roughen
from training.turned import ask_otherwise, echo, invent, say_otherwise, strange_name, swap_names, turn, wrong_answer

_SHORTEST, _LONGEST = 12, 400  # characters of a sentence that is made a claim
_ROUGH = 0.25  # share of the questions that are typed in a hurry
_PARTS = 2  # other parts of its document that a question is asked of


def make_examples(items: Sequence[Item], *, seed: int) -> list[Example]:
    """Return the examples of every item, in order; each item has its own random numbers, so that others do not move them."""
    examples: list[Example] = []
    for item in items:
        rng = random.Random(f"{seed} {item.dataset} {item.question} {item.passage[:40]}")
        folded = _fold(item) if item.dataset == "drcd" and rng.random() < 0.7 else item
        examples += [_roughened(example, rng) for example in _questions(folded, rng)]
        examples += _sentences(folded, rng)
    return examples


def _fold(item: Item) -> Item:
    """Return a Chinese item in simplified characters, each for one, so that places stay."""
    return Item(
        dataset=item.dataset, question=fold_script(item.question), passage=fold_script(item.passage), group=item.group,
        answers=tuple((fold_script(text), start) for text, start in item.answers), answerable=item.answerable, title=item.title,
        written=fold_script(item.written), others=tuple(map(fold_script, item.others)),
        siblings=tuple(map(fold_script, item.siblings)), without=fold_script(item.without),
    )  # fmt: skip


def _roughened(example: Example, rng: random.Random) -> Example:
    return replace(example, question=roughen(example.question, rng)) if rng.random() < _ROUGH else example


def _questions(item: Item, rng: random.Random) -> Iterator[Example]:
    passage = item.passage
    if item.answerable and item.answers:
        places = tuple((start, start + len(text)) for text, start in item.answers)
        yield _asked(item, item.question, passage, "asked", answers=places)
    elif not item.answerable:
        yield _asked(item, item.question, passage, "asked without answer")
    if item.answerable and (without := item.without or _without_answer(item)) and rng.random() < 0.35:
        yield _asked(item, item.question, without, "answer left out")
    if item.answerable and item.siblings:
        for part in rng.sample(item.siblings, min(_PARTS, len(item.siblings))):
            yield _asked(item, item.question, part, "another part")
    elif item.answerable and item.others and rng.random() < 0.5:
        yield _asked(item, item.question, rng.choice(item.others), "another passage")
    if item.answerable and item.answers and rng.random() < 0.5:
        other = ask_otherwise(item.question, passage, rng, elsewhere=item.others)
        if other:
            yield _asked(item, other, passage, "asked for another")
    yield from _yes_or_no(item, rng)


def _without_answer(item: Item) -> str:
    """Return the passage without the sentences that hold an answer; "" where little is left, or an answer stands there too."""
    spans = split_sentences(item.passage)
    places = [(start, start + len(text)) for text, start in item.answers]
    kept = [span for span in spans if not any(span.start < end and span.end > start for start, end in places)]
    left = "".join(item.passage[span.start : span.end] + (" " if item.passage.isascii() else "") for span in kept).strip()
    return left if len(left) > 60 and not any(text in left for text, _ in item.answers) else ""


def _yes_or_no(item: Item, rng: random.Random) -> Iterator[Example]:
    held = _answer_sentence(item)
    if held is None or rng.random() < 0.7:
        return
    sentence = held.text.strip()
    turned = turn(sentence, item.passage, rng) if rng.random() < 0.5 else None
    asked = _as_question(turned or sentence)
    if asked:
        polarity = "no" if turned else "yes"
        yield _asked(item, asked, item.passage, f"yes/no: {polarity}", answers=((held.start, held.end),))


def _as_question(sentence: str) -> str:
    """Return a plain sentence as a question that wants yes or no; "" where it is not plain enough."""
    if any("\u4e00" <= char <= "\u9fff" for char in sentence):
        return (
            f"{sentence.rstrip('。')}吗？" if len(sentence) <= 50 and not sentence.startswith(("但", "而", "其中", "因此")) else ""
        )
    words = sentence.rstrip(".").split()
    auxiliaries = ("is", "are", "was", "were", "can", "could", "may", "must", "should", "will", "has", "have", "had")
    place = next((i for i, word in enumerate(words[:8]) if word in auxiliaries), 0)
    if not place or len(words) > 30 or any(word.endswith(",") for word in words[:place]):
        return ""
    first = words[0] if words[0] not in ("The", "A", "An", "It", "This", "These", "They", "In", "He", "She") else words[0].lower()
    return " ".join([words[place].capitalize(), first, *words[1:place], *words[place + 1 :]]) + "?"


def _sentences(item: Item, rng: random.Random) -> Iterator[Example]:
    if item.written:
        yield from _written(item, rng)
    held = _answer_sentence(item)
    if held is not None:
        yield from _around(item, held.text.strip(), rng)
    if not item.answerable and item.plausible:
        plausible = item.plausible[0]
        if said := echo(item.question, plausible, rng):
            yield _said(item, said, "not told", "echo of a question without answer")
        sentence = next((span.text.strip() for span in split_sentences(item.passage) if plausible in span.text), "")
        if len(sentence) >= _SHORTEST and rng.random() < 0.5:
            yield _said(item, sentence, "beside", "answers no such question")


def _around(item: Item, sentence: str, rng: random.Random) -> Iterator[Example]:
    """Make examples of the sentence that holds the answer: true in other words, and what is near it and wrong."""
    answer = item.answers[0][0]
    said = echo(item.question, answer, rng) if rng.random() < 0.5 else ""
    true = said or (sentence if rng.random() < 0.15 else say_otherwise(sentence, item.passage, rng, asked=(item.question, answer)))
    yield _said(item, true, "supported", "echo" if said else "said otherwise")
    wrong = wrong_answer(answer, item.passage, rng)
    if wrong and (said := echo(item.question, wrong, rng) or (true.replace(answer, wrong) if answer in true else "")):
        yield _said(item, said, "not told", "wrong answer")
    base = sentence if rng.random() < 0.5 else true
    swapped = swap_names(base, rng) if rng.random() < 0.35 else None
    strange = strange_name(base, item.passage, item.others, rng) if rng.random() < 0.25 else None
    turned = swapped or strange or turn(base, item.passage, rng)
    if turned and rng.random() < 0.7:
        yield _said(item, turned, "contradicted", "turned")
    chance = rng.random()
    if chance < 0.25 and item.others:
        yield _said(item, true, "untold", "another passage", passage=rng.choice(item.others))
    elif chance < 0.4 and (invented := invent(base, item.passage, rng)):
        yield _said(item, invented, "untold", "invented clause")
    elif chance < 0.7:
        yield from _beside(item, answer, rng)


def _beside(item: Item, answer: str, rng: random.Random) -> Iterator[Example]:
    """A true sentence of the passage that does not hold the answer."""
    spans = [span.text.strip() for span in split_sentences(item.passage)]
    others = [text for text in spans if answer not in text and _SHORTEST * 2 <= len(text) <= _LONGEST]
    if others:
        said = rng.choice(others)
        if rng.random() < 0.6:
            said = say_otherwise(said, item.passage, rng, asked=("", ""))
        yield _said(item, said, "beside", "another sentence")


def _written(item: Item, rng: random.Random) -> Iterator[Example]:
    """Make examples of an answer in a person's words, sentence by sentence."""
    sentences = [span.text.strip() for span in split_sentences(item.written) if _SHORTEST <= len(span.text) <= _LONGEST]
    for sentence in sentences[:4]:
        yield _said(item, sentence, "told", "written answer")
        if turned := turn(sentence, item.passage, rng):
            yield _said(item, turned, "not told", "written answer turned")
        if item.others and rng.random() < 0.5:
            yield _said(item, sentence, "untold", "another passage", passage=rng.choice(item.others))
    for first, second in list(pairwise(sentences))[:1]:
        yield _said(item, f"{first.rstrip('.')}, and {second}", "told", "two told in one")


def _answer_sentence(item: Item) -> Span | None:
    """Return the sentence of the passage that holds the first answer."""
    if not item.answers:
        return None
    start = item.answers[0][1]
    held = next((span for span in split_sentences(item.passage) if span.start <= start < span.end), None)
    return held if held and _SHORTEST <= len(held.text) <= _LONGEST else None


def _asked(item: Item, question: str, passage: str, kind: str, *, answers: tuple[tuple[int, int], ...] = ()) -> Example:
    return Example(
        task=ANSWERS, question=question, passage=passage, dataset=item.dataset, group=item.group, kind=kind, answers=answers,
    )  # fmt: skip


def _said(item: Item, sentence: str, label: str, kind: str, *, passage: str = "") -> Example:
    return Example(
        task=SUPPORTS, question=item.question, sentence=" ".join(sentence.split()), passage=passage or item.passage,
        label=label, dataset=item.dataset, group=item.group, kind=kind,
    )  # fmt: skip
