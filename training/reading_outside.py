"""Read sets of questions that a folder may hold beside the shared data; docs/judge.md says where they are from."""

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from evals.sets.reading_sets import Item, read_rows
from training.spaced import write_spaced, write_tokens

LICENCES = {
    "qamr": "MIT (uwnlp/qamr) over Wikipedia (CC BY-SA) and Wikinews (CC BY)",
    "qed": "CC BY-SA 3.0 (google-research-datasets/QED), Wikipedia by way of Natural Questions",
    "cmrc-trial": "CC BY-SA 4.0 (ymcui/cmrc2018)",
    "xquad": "CC BY-SA 4.0 (deepmind/xquad)",
}
# Articles of XQuAD whose English is in no part of SQuAD 2.0: the others would show what squad2-a measures.
_XQUAD_APART = (
    "American_Broadcasting_Company", "Apollo_program", "Chloroplast", "Doctor_Who", "Genghis_Khan", "Kenya", "Martin_Luther",
    "Newcastle_upon_Tyne", "Nikola_Tesla", "Super_Bowl_50", "Teacher", "United_Methodist_Church", "Victoria_and_Albert_Museum",
)  # fmt: skip
_PER_SENTENCE = 3  # questions of a sentence of QAMR: people wrote fifteen, many alike
_SENTENCES = 4  # of a passage made of QAMR's
_LONGEST_ANSWER = 12  # tokens


def read_outside_items(folder: Path) -> list[Item]:
    """Return the questions of every set that is there."""
    return [*_qamr(folder), *_qed(folder), *_cmrc(folder), *_xquad(folder)]


def _qamr(folder: Path) -> Iterator[Item]:
    """Questions about single sentences: passages are made of a few sentences, of one document where it has more."""
    if not (folder / "qamr-sentences.tsv").exists():
        return
    tokens = dict(line.rstrip("\n").split("\t") for line in (folder / "qamr-sentences.tsv").open(encoding="utf-8"))
    asked: dict[str, list[tuple[str, list[int]]]] = defaultdict(list)
    for part in ("qamr-dev.tsv", "qamr-test.tsv"):
        for row in csv.reader((folder / part).open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE):
            answers = [row[6], *(judged.partition(":")[2] for judged in row[7:9])]
            places = list(map(int, row[6].split()))
            agreed = sum(bool(set(places) & set(map(int, answer.split()))) for answer in answers)
            is_whole = places[-1] - places[0] == len(places) - 1
            if agreed == len(answers) and is_whole and len(places) <= _LONGEST_ANSWER and "Wiki1k" in row[0]:
                asked[row[0]].append((row[5], places))
    keys = sorted(tokens)
    rng = random.Random(7)
    for key in sorted(asked):
        document = ":".join(key.split(":")[:3])
        near = [other for other in keys if other.startswith(document + ":") and other != key]
        others = rng.sample(near, min(len(near), _SENTENCES - 1))
        others += rng.sample(keys, _SENTENCES - 1 - len(others))
        for question, places in rng.sample(asked[key], min(_PER_SENTENCE, len(asked[key]))):
            yield _of_sentences(key, [tokens[other] for other in others if other != key], tokens[key], question, places, rng)


def _of_sentences(key: str, others: list[str], sentence: str, question: str, places: list[int], rng: random.Random) -> Item:
    chosen = rng.sample(others, rng.randint(1, len(others)))
    at = rng.randint(0, len(chosen))
    texts = [write_tokens(other.split())[0] for other in chosen]
    written, where = write_tokens(sentence.split())
    texts.insert(at, written)
    begin = sum(len(text) + 1 for text in texts[:at])
    start, end = where[places[0]][0] + begin, where[places[-1]][1] + begin
    passage = " ".join(texts)
    return Item(
        dataset="qamr", question=question, passage=passage, group=":".join(key.split(":")[:3]),
        answers=((passage[start:end], start),), without=" ".join(texts[:at] + texts[at + 1 :]),
    )  # fmt: skip


def _qed(folder: Path) -> Iterator[Item]:
    for row in read_rows(folder / "qed-dev"):
        answers = row["annotation"].get("answer") or []
        if len(answers) != 1:
            continue
        place = answers[0]["paragraph_reference"]
        text, start, end = write_spaced(row["paragraph_text"], place["start"], place["end"])
        if end > start:
            yield Item(
                dataset="qed", question=f"{row['question_text'].strip()}?", passage=text, group=row["title_text"],
                title=row["title_text"], answers=((text[start:end], start),),
            )  # fmt: skip


def _cmrc(folder: Path) -> Iterator[Item]:
    path = folder / "cmrc-trial.json"
    if not path.exists():
        return
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                found = [(answer["text"], paragraph["context"].find(answer["text"])) for answer in asked["answers"]]
                answers = tuple((text, start) for text, start in found if text and start >= 0)
                if answers:
                    yield Item(
                        dataset="cmrc-trial", question=asked["question"], passage=paragraph["context"],
                        group=paragraph["context"][:40], answers=answers,
                    )  # fmt: skip


def _xquad(folder: Path) -> Iterator[Item]:
    """The same questions in two languages, so that each may be asked of the other's passage."""
    paths = [folder / f"xquad-{language}.json" for language in ("en", "zh")]
    if not all(path.exists() for path in paths):
        return
    english, chinese = (json.loads(path.read_text(encoding="utf-8"))["data"] for path in paths)
    for articles in zip(english, chinese, strict=True):
        if articles[0]["title"] not in _XQUAD_APART:
            continue
        for pair in zip(*(article["paragraphs"] for article in articles), strict=True):
            for asked in zip(*(paragraph["qas"] for paragraph in pair), strict=True):
                for question in asked:
                    for paragraph, one in zip(pair, asked, strict=True):
                        answer = one["answers"][0]
                        yield Item(
                            dataset="xquad", question=question["question"], passage=paragraph["context"],
                            group=articles[0]["title"],
                            answers=((answer["text"], answer["answer_start"]),),
                        )  # fmt: skip
