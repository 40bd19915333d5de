"""`manage.py calibrate DIR …`: fit the model that says whether the evidence holds the answer."""

import json
import tempfile
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from chat.judge.calibration import calibration_path, shipped_text
from chat.judge.sufficiency import READING
from evals.datasets import BadDataset, read_questions
from evals.evaluation.apart import is_apart, run_apart
from evals.evaluation.report import open_index, spread
from evals.fitting.calibration import Example, as_table, calibrate, describe, read_examples
from evals.fitting.trained_reader import refit_reading, shift_reading
from kb.index.engine import get_engine
from retrieval.encoding.opening import open_encoder


class Command(BaseCommand):
    help = "Fit the sufficiency model to folders of documents and questions with and without an answer; show what it reaches."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folders", nargs="+", metavar="DIR[:WEIGHT]", help="a set, and how much it counts (1; 0: only judged)")
        parser.add_argument("--limit", type=int, help="at most so many questions of each set, evenly from the whole set")
        parser.add_argument("--keep", type=Path, help="index below this folder, and find it indexed the next time")
        parser.add_argument(
            "--write",
            type=Path,
            help="write the models to this file (default: the installation's own, used from the next start on)",
        )
        parser.add_argument("--reading", action="store_true", help="only fit what the trained reader adds; the other models stay")
        parser.add_argument(
            "--refuse",
            type=float,
            metavar="SHARE",
            help="only move the reader's part to refuse this share of what has an answer",
        )
        parser.add_argument("--judged", type=Path, help="write the cross-validated probabilities here, for bench/curves.py")
        parser.add_argument("--examples", type=Path, help="only write what the questions of one set show to this file, do not fit")

    def handle(
        self,
        *,
        folders: list[str],
        limit: int | None,
        keep: Path | None,
        write: Path | None,
        judged: Path | None,
        examples: Path | None,
        reading: bool,
        refuse: float | None,
        **options: object,
    ) -> None:
        try:
            weights = dict(_read_weight(folder) for folder in folders)
            for folder in weights:
                read_questions(folder, limit=1)
            if examples is not None and is_apart():
                _write_examples(next(iter(weights)), limit=limit, out=examples)
                return
        except (BadDataset, ValueError) as error:
            raise CommandError(str(error)) from error
        sets = {folder.name: _examples_apart(folder, limit=limit, keep=keep) for folder in weights}
        encoder = open_encoder(settings.EMBEDDER).fingerprint
        shares = {folder.name: weight for folder, weight in weights.items()}
        try:
            if reading or refuse is not None:
                fitted = _refit(encoder, sets, shares, refuse=refuse)
            else:
                fitted = calibrate(sets, weights=shares, encoder=encoder)
        except ValueError as error:
            raise CommandError(str(error)) from error
        probabilities = fitted.pop("judged")
        if READING in fitted:
            fitted[READING]["cross_validated"] = {name: describe(pairs) for name, pairs in probabilities.items()}
        path = write or calibration_path(encoder, home=settings.ATTEST_HOME)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(fitted, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        if judged is not None:
            judged.write_text(json.dumps(probabilities), encoding="utf-8")
        self.stdout.write(as_table(fitted[READING] | {"models": fitted["models"]} if READING in fitted else fitted))


def _refit(
    encoder: str, sets: Mapping[str, list[Example]], weights: Mapping[str, float], *, refuse: float | None
) -> dict[str, Any]:
    """Raises: ValueError: this encoder has no calibration whose reading could be fitted anew, or the sets teach none."""
    own = calibration_path(encoder, home=settings.ATTEST_HOME)
    text = own.read_text(encoding="utf-8") if own.exists() else shipped_text(encoder)
    if text is None:
        raise ValueError("this encoder has no calibration yet: run manage.py calibrate without --reading first")
    if refuse is not None:
        return shift_reading(json.loads(text), sets, refused=refuse)
    return refit_reading(json.loads(text), sets, weights=weights)


def _read_weight(argument: str) -> tuple[Path, float]:
    folder, colon, weight = argument.rpartition(":")
    return (Path(folder), float(weight)) if colon else (Path(argument), 1.0)


def _write_examples(folder: Path, *, limit: int | None, out: Path) -> None:
    call_command("migrate", verbosity=0)
    engine = get_engine()
    collection, user, names = open_index(folder, engine)
    questions = spread(read_questions(folder), limit)
    found = [
        example
        for question in tqdm(questions, desc=folder.name)
        for example in read_examples(question, collection=collection, user=user, engine=engine, names=names)
    ]
    out.write_text(json.dumps([asdict(example) for example in found]), encoding="utf-8")


def _examples_apart(folder: Path, *, limit: int | None, keep: Path | None) -> list[Example]:
    """Read a set in a process with an index of its own."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        arguments = ["calibrate", str(folder.resolve()), "--examples", file.name, *(["--limit", str(limit)] if limit else [])]
        if code := run_apart(arguments, keep=keep / folder.name if keep else None):
            raise CommandError(f"{folder} could not be measured; see above.", returncode=code)
        return [Example(**row) for row in json.loads(Path(file.name).read_text(encoding="utf-8"))]
