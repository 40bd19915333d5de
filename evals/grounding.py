"""How well does a check tell grounded sentences from others?

On texts with people's labels (the folder `grounding`), each checked as `POST /api/v1/check` checks it; on sentences of a small real
model (`real-model-sentences`), held against their evidence likewise; and on sentences made by rules (`evals/sets/made.py`).

    python -m evals.grounding --data DIR [--sets NAME,NAME] [--limit 60] [--save FILE] [--json FILE]
    python -m evals.grounding --data DIR --from FILE    # figures again from what --save wrote: nothing is checked

The 95 % intervals draw the sources again (`evals/intervals.py`). The trained judge by itself: `evals/judge_alone.py`.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from evals.intervals import interval
from evals.metrics import auroc, withheld_at
from evals.sets.labelled import LONE, SETS, Label, Labelled, in_turns, read_labelled, read_rows
from evals.sets.made import CHINESE, ENGLISH, read_made

if TYPE_CHECKING:
    from evals.checked import Outcome, Sentence

REAL = "real-model-sentences"
MADE_FROM = 7  # true sentences of each set, of which others are made
CAUGHT = 0.9  # share of the false that a threshold of the score is to catch
Measure = Callable[[Sequence["Outcome"]], float | None]


def read_items(data: Path, name: str, *, limit: int | None) -> list[Labelled]:
    """Return the texts of one set."""
    if name in (ENGLISH, CHINESE):
        return read_made(data, name, limit=MADE_FROM)
    return read_labelled(data, name, limit=limit) if name != REAL else list(_read_real(data))


def _read_real(data: Path) -> Iterator[Labelled]:
    for number, row in enumerate(read_rows(data / REAL / "sentences")):
        passages = tuple(f"{piece['title']}\n{piece['text']}" for piece in row["evidence"])
        text = row["sentence"]
        label = Label(start=0, end=len(text), is_true=row["should"] == "shown")
        yield Labelled(
            key=f"{REAL}:{number}", dataset=REAL, source=row["question"], level="sentence", passages=passages,
            question=row["question"], text=text, labels=(label,),
        )  # fmt: skip


def figures(outcomes: Sequence["Outcome"]) -> dict[str, Any]:
    """Return what verdicts and scores of one set come to, each figure with its interval."""
    measures: dict[str, Measure] = {
        "false_caught": false_caught,
        "true_withheld": true_withheld,
        "macro_f1": macro_f1,
        "auroc": _auroc,
        "true_withheld_at_90": withheld_at_90,
    }
    found: dict[str, Any] = {
        "n": len(outcomes),
        "false": sum(not one.is_true for one in outcomes),
        "sources": len({one.source for one in outcomes}),
    }
    for name, measure in measures.items():
        bounds, value = interval(outcomes, lambda one: one.source, measure), measure(outcomes)
        found[name] = {
            "value": None if value is None else round(value, 3),
            "interval": [round(bound, 3) for bound in bounds] if bounds else None,
        }
    return found


def answers(checked: Sequence[tuple[Labelled, Sequence["Sentence"]]]) -> dict[str, Any]:
    """Return what becomes of answers in which nobody found anything wrong: their sentences withheld, and answers left empty."""
    good = [
        [one for one in sentences if one.verdict != "framing"]
        for item, sentences in checked
        if item.is_complete and all(label.is_true for label in item.labels)
    ]
    said, emptied = [one for claims in good for one in claims], [all(one.verdict == "withheld" for one in c) for c in good if c]
    return {
        "good": len(good),
        "sentences_withheld": _share(sum(one.verdict == "withheld" for one in said), len(said)),
        "emptied": _share(sum(emptied), len(emptied)),
    }


def false_caught(outcomes: Sequence["Outcome"]) -> float | None:
    """Framing catches nothing."""
    return _share(sum(one.said == "withheld" for one in outcomes if not one.is_true), sum(not one.is_true for one in outcomes))


def true_withheld(outcomes: Sequence["Outcome"]) -> float | None:
    """Framing shows nothing either."""
    return _share(sum(one.said != "shown" for one in outcomes if one.is_true), sum(one.is_true for one in outcomes))


def macro_f1(outcomes: Sequence["Outcome"]) -> float | None:
    """Return the mean of F1 of the supported and of the unsupported."""
    shown = [one for one in outcomes if one.said == "shown"]
    right, leaked = sum(one.is_true for one in shown), sum(not one.is_true for one in shown)
    true, false = sum(one.is_true for one in outcomes), sum(not one.is_true for one in outcomes)
    if not true or not false:
        return None
    caught, lost = false - leaked, true - right
    pairs = ((right, lost, leaked), (caught, leaked, lost))
    return sum(2 * hit / (2 * hit + missed + wrong) if hit else 0.0 for hit, missed, wrong in pairs) / 2


def _auroc(outcomes: Sequence["Outcome"]) -> float | None:
    return auroc([one.score for one in outcomes if one.is_true], [one.score for one in outcomes if not one.is_true])


def withheld_at_90(outcomes: Sequence["Outcome"]) -> float | None:
    true, false = [one.score for one in outcomes if one.is_true], [one.score for one in outcomes if not one.is_true]
    return withheld_at(CAUGHT, true=true, false=false)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default=",".join((*SETS, REAL, ENGLISH, CHINESE)))
    parser.add_argument("--limit", type=int, default=60, help="answers or claims of each set (default: %(default)s)")
    parser.add_argument("--in-turns", action="store_true", help="texts with something unsupported in turn with others")
    parser.add_argument("--from", dest="saved", type=Path)
    parser.add_argument(
        "--save", type=Path, help="verdicts, scores and traits, one JSON object a text; what it holds is not checked again"
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    django.setup()
    results: dict[str, Any] = {}
    kept = read_saved(options.saved or options.save)
    for name in options.sets.split(","):
        items = read_items(options.data, name, limit=None if options.saved or options.in_turns else options.limit)
        if options.in_turns and not options.saved:
            items = in_turns(items)[: options.limit]
        checked = (
            [(item, kept[item.key]) for item in items if item.key in kept]
            if options.saved
            else check_all(items, kept, options.save)
        )
        if checked:
            results[name] = measure(checked)
            sys.stdout.write(f"{name}: {json.dumps(results[name])}\n")
            sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def read_saved(path: Path | None) -> dict[str, tuple["Sentence", ...]]:
    """Return checked texts by their key; none where there is no file yet. Scores are those of the present model."""
    from chat.verify.likelihood import model_for  # after Django's set-up
    from evals.checked import of_line, rescored

    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {line["key"]: rescored(of_line(line), lambda traits: model_for(traits).probability(traits)) for line in lines}


def check_all(
    items: Sequence[Labelled], kept: Mapping[str, Sequence["Sentence"]], save: Path | None
) -> list[tuple[Labelled, Sequence["Sentence"]]]:
    """Check the texts that are not kept yet, and keep them."""
    from chat.flow.dependencies import configured_dependencies  # after Django's set-up
    from evals.checked import check_labelled, to_line

    dependencies, found = configured_dependencies(), []
    for item in items:
        sentences = kept.get(item.key) or check_labelled(item, dependencies)
        found.append((item, sentences))
        if save and item.key not in kept:
            with save.open("a", encoding="utf-8") as file:
                file.write(json.dumps(to_line(item, sentences)) + "\n")
    return found


def measure(checked: Sequence[tuple[Labelled, Sequence["Sentence"]]]) -> dict[str, Any]:
    """Return the figures of one set."""
    from evals.checked import outcomes_of

    outcomes = [one for item, sentences in checked for one in outcomes_of(item, sentences)]
    return figures(outcomes) | ({"answers": answers(checked)} if checked[0][0].level != LONE else {})


if __name__ == "__main__":
    main()
