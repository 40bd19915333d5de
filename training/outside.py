"""Read sets of claims with evidence that a folder may hold beside the shared data; docs/judge.md says where they are from."""

import csv
from collections.abc import Iterator
from pathlib import Path

from evals.sets.reading_sets import read_rows
from training.examples import SUPPORTS, Example

LICENCES = {
    "fm2": "Apache-2.0 (google-research/fool-me-twice) over CC BY-SA text",
    "fever-symmetric": "CC BY-SA 3.0 (TalSchuster/FeverSymmetric)",
    "conjnli": "MIT (swarnaHub/ConjNLI) over CC BY-SA text",
}
_CONJNLI = {"entailment": "told", "contradiction": "contradicted", "neutral": "untold"}


def read_outside(folder: Path) -> list[Example]:
    """Return the examples of every set that is there."""
    return [*_fm2(folder), *_fever(folder), *_conjnli(folder)]


def _fm2(folder: Path) -> Iterator[Example]:
    for part in ("fm2-train", "fm2-dev", "fm2-test"):
        for row in read_rows(folder / part):
            gold = [piece["text"] for piece in row["gold_evidence"]]
            others = [piece["text"] for piece in row["retrieved_evidence"] if piece["text"] not in gold][:4]
            text = f"{row['wikipedia_page']}. " + " ".join([*others[:2], *gold, *others[2:]])
            yield _claim("fm2", row["wikipedia_page"], row["text"], text, "told" if row["label"] == "SUPPORTS" else "not told")
            if others:
                beside = f"{row['wikipedia_page']}. " + " ".join(others)
                yield _claim("fm2", row["wikipedia_page"], row["text"], beside, "untold", kind="evidence left out")


def _fever(folder: Path) -> Iterator[Example]:
    for part in ("fever-symmetric-dev", "fever-symmetric-test"):
        for row in read_rows(folder / part):
            label = {"SUPPORTS": "told", "REFUTES": "contradicted"}.get(row["gold_label"])
            if label:
                yield _claim("fever-symmetric", row["id"], _tidy(row["claim"]), _tidy(row["evidence"]), label)


def _conjnli(folder: Path) -> Iterator[Example]:
    path = folder / "conjnli-train.tsv"
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for premise, claim, label in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if label in _CONJNLI:
                yield _claim("conjnli", premise[:60], claim, premise, _CONJNLI[label])


def _claim(dataset: str, group: str, text: str, evidence: str, label: str, *, kind: str = "claim") -> Example:
    return Example(
        task=SUPPORTS, question="", sentence=text, passage=evidence, label=label, dataset=dataset, group=group, kind=kind
    )


def _tidy(text: str) -> str:
    for old, new in (
        (" ,", ","),
        (" .", "."),
        (" 's", "'s"),
        ("-LRB- ", "("),
        (" -RRB-", ")"),
        (" ;", ";"),
        ("`` ", '"'),
        (" ''", '"'),
    ):
        text = text.replace(old, new)
    return text
