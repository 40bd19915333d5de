"""How faithful is verification? True sentences must pass, and each with one fact turned must not.

From the visible sets' answers and quotes: the sentences of the evidence that hold a true answer, word for word, lightly reworded
and freely paraphrased (`evals/altering/paraphrasing.py`), are held against their passage among seven others. Then one fact at a
time is corrupted, in half of the cases in a sentence that was reworded or paraphrased: number, date, unit, name, negation,
subject, an invented clause, the marker. Goal: at least 95 % of the corrupted withheld (a wrong marker: corrected), at most 5 % of
the true.

    python -m evals.faithfulness [--data DIR] [--limit N] [--json FILE]
"""

import argparse
import json
import os
import platform
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from chat.types import Evidence, VerdictKind
from chat.verify import ScoreTexts, Verifier
from evals.altering.corruption import CORRUPTIONS, corrupt
from evals.altering.paraphrasing import PARAPHRASES, paraphrase
from evals.altering.rewording import reword
from evals.evidence import evidence_of
from language.sentences import split_sentences

SETS = ("squad2-a", "cmrc-a", "rgb-en-a", "rgb-zh-a", "handbook", "policy-zh")
PASSAGES = 8  # given with each sentence, its own among them
SEED = 20260101
MARKER = "marker"  # the corruption that leaves the sentence and names another passage
TRUE_KINDS = ("verbatim", "reworded", *PARAPHRASES)
_BRACKETED = re.compile(r"[\[［【]\d")  # a note's mark that would read as a citation


@dataclass(frozen=True, slots=True)
class Truth:
    """A sentence that is true by its passage."""

    dataset: str
    sentence: str
    passage: str
    title: str
    others: tuple[str, ...]  # passages of the same set
    asked: tuple[str, str] = ("", "")  # the question that the sentence answers, and the answer

    def evidence(self, order: random.Random) -> tuple[list[Evidence], int]:
        """Return the passages as they would be given to a model, and the marker of the right one."""
        texts = [(self.title, self.passage), *(("", other) for other in self.others)]
        order.shuffle(texts)
        pieces = [evidence_of(marker, text, title=title, uid=str(marker)) for marker, (title, text) in enumerate(texts, start=1)]
        return pieces, next(piece.marker for piece in pieces if piece.text == self.passage)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What verification said of one sentence."""

    dataset: str
    kind: str  # of TRUE_KINDS, or the corruption
    is_right: bool
    reason: str
    sentence: str


def read_truths(data: Path, *, limit: int) -> list[Truth]:
    """Return true sentences from the sets that are there, at most `limit` from each."""
    truths: list[Truth] = []
    for name in SETS:
        folder = data / name
        if (folder / "queries.jsonl").exists():
            found = list(dict.fromkeys(_truths_of(name, folder)))
            random.Random(SEED).shuffle(found)
            truths += found[:limit]
    return truths


def _truths_of(name: str, folder: Path) -> Iterator[Truth]:
    corpus = {row["_id"]: row for row in _rows(folder / "corpus.jsonl")}
    passages = {key: _passages(row["text"]) for key, row in corpus.items()}
    flat = [text for texts in passages.values() for text in texts]
    rng = random.Random(SEED)
    for query in _rows(folder / "queries.jsonl"):
        if not query["answerable"]:
            continue
        for key in query["relevant"][:2]:
            row = corpus.get(key)
            if row is None:
                continue
            for text in passages[key]:
                sentence = _sentence_with(text, [query["quote"]] if query.get("quote") else query["answers"])
                if sentence:
                    others = tuple(other for other in rng.sample(flat, min(len(flat), PASSAGES + 2)) if other != text)[
                        : PASSAGES - 1
                    ]
                    answer = next((answer for answer in query["answers"] if answer in sentence), "")
                    # The sets of RGB ask what a passage alone need not say: which year it speaks of.
                    asked = ("", "") if name.startswith("rgb") else (query["text"], answer)
                    yield Truth(name, sentence, text, row["title"], others, asked)
                    break


def _passages(text: str, size: int = 1200) -> list[str]:
    """Cut a long document at blank lines into passages of about `size` characters."""
    passages, current = [], ""
    for paragraph in text.split("\n\n"):
        if current and len(current) + len(paragraph) > size:
            passages.append(current)
            current = ""
        current += ("\n\n" if current else "") + paragraph
    return [*passages, current] if current.strip() else passages


def _sentence_with(text: str, answers: Sequence[str]) -> str:
    for span in split_sentences(text):
        if 12 <= len(span.text) <= 400 and not _BRACKETED.search(span.text) and any(answer in span.text for answer in answers):
            return " ".join(span.text.split())
    return ""


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def forms_of(truth: Truth, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield a true sentence in each form (TRUE_KINDS), then with each corruption that applies to it, each with its kind."""
    forms = {"verbatim": truth.sentence}
    reworded = reword(truth.sentence, rng)
    if reworded and reworded != truth.sentence:
        forms["reworded"] = reworded
    free: list[str] = []
    for kind in PARAPHRASES:
        said = paraphrase(kind, truth.sentence, truth.passage, rng, asked=truth.asked)
        free += said
        forms |= {f"{kind}:{place}": text for place, text in enumerate(said)}
    for kind, text in forms.items():
        yield kind.partition(":")[0], text
    for kind in CORRUPTIONS:
        reworded_forms = [*free, forms.get("reworded", truth.sentence)]
        base = rng.choice(reworded_forms) if rng.random() < 0.5 else truth.sentence
        wrong_text = truth.sentence if kind == MARKER else corrupt(kind, base, truth.passage, rng)
        if wrong_text:
            yield kind, wrong_text


def measure(truths: Sequence[Truth], *, score_texts: ScoreTexts) -> list[Outcome]:
    """Verify each true sentence word for word, reworded, and with each corruption that applies to it."""
    outcomes: list[Outcome] = []
    for position, truth in enumerate(truths):
        rng = random.Random(SEED + position)
        evidence, marker = truth.evidence(rng)
        verifier = Verifier(evidence, score_texts=score_texts)
        for kind, text in forms_of(truth, rng):
            if kind == MARKER:
                wrong = rng.choice([piece.marker for piece in evidence if piece.marker != marker]) if len(evidence) > 1 else 0
                verdict = verifier.verify(f"{text} [{wrong}]").verdict
                is_right = verdict.kind != VerdictKind.SUPPORTED or text in next(e.text for e in evidence if e.marker == wrong)
            else:
                verdict = verifier.verify(f"{text} [{marker}]").verdict
                is_right = (verdict.kind != VerdictKind.WITHHELD) is (kind in TRUE_KINDS)
            outcomes.append(Outcome(truth.dataset, kind, is_right, verdict.reason, text))
    return outcomes


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures in the contract's form."""
    shares: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        is_true = outcome.kind in TRUE_KINDS
        language = "zh" if outcome.dataset in ("cmrc-a", "rgb-zh-a", "policy-zh") else "en"
        names = [
            f"{outcome.kind}",
            f"{outcome.kind}.{language}",
            "true" if is_true else "corrupted",
            f"{'true' if is_true else 'corrupted'}.{language}",
        ]
        for name in names:
            shares[name].append(outcome.is_right)
    measures = []
    for name, rights in sorted(shares.items()):
        is_true = name.split(".")[0] in ("true", *TRUE_KINDS)
        right = sum(rights) / len(rights)
        value, goal = (1 - right, 0.05) if is_true else (right, 0.95)
        measures.append(
            {
                "name": f"{'withheld_true' if is_true else 'caught'}.{name}",
                "value": round(value, 4), "unit": "share",
                "goal": goal,
                "met": value <= goal if is_true else value >= goal, "count": len(rights), "peers": {}, "ratio": {},
            }
        )  # fmt: skip
    return {"machine": platform.platform(), "date": datetime.now(UTC).isoformat(timespec="seconds"), "measures": measures}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how faithful verification is.")
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--limit", type=int, default=400, help="true sentences from each set")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", type=int, default=0, help="print so many failures of each kind")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    django.setup()
    from kb.index.engine import Engine  # after Django's set-up

    truths = read_truths(options.data, limit=options.limit)
    if not truths:
        sys.exit(f"No evaluation data at {options.data}")
    engine = Engine(embedder=settings.EMBEDDER, root=settings.INDEX_ROOT)
    outcomes = measure(truths, score_texts=engine.score_texts)
    figures = report(outcomes)
    _print(figures, outcomes, show=options.show)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _print(figures: dict[str, Any], outcomes: Sequence[Outcome], *, show: int) -> None:
    for measure_ in figures["measures"]:
        sys.stdout.write(
            f"{measure_['name']:32} {measure_['value']:.3f}  of {measure_['count']}{'' if measure_['met'] else '   goal missed'}\n"
        )
    shown: Counter[str] = Counter()
    for outcome in outcomes:
        key = f"{outcome.dataset}.{outcome.kind}"
        if not outcome.is_right and shown[key] < show:
            shown[key] += 1
            sys.stdout.write(f"{key} ({outcome.reason}): {outcome.sentence}\n")


if __name__ == "__main__":
    main()
