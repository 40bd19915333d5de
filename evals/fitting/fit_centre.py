"""Fit means and token projection of the second bundled model: `python -m evals.fitting.fit_centre FILE … [--sample 200]`.

Each FILE is JSON Lines of {"question": …, "passages": […]}, of general knowledge and free to use, English and Chinese; the kept
means were made from ClapNQ and DRCD (put in simplified characters). Writes retrieval/projections/NAME.npz (see
retrieval/encoding/centre.py).
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from language.scripts.script_fold import fold_script
from retrieval.encoding.centre import PASSAGE, QUERY, han_share
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.fitting import fit_projection
from retrieval.encoding.opening import MULTILINGUAL_NAME
from retrieval.encoding.packed.model import PackedModel
from retrieval.encoding.packed.model_file import find_model_file

DIMENSION = 128  # of token vectors
Pairs = list[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--sample", type=int, default=200, help="pairs of each language")
    parser.add_argument("--out", type=Path, default=Path("retrieval/projections"))
    options = parser.parse_args()
    file = find_model_file()
    if file is None:
        parser.error("the package with the second model is not installed")
    pairs = [pair for path in options.files for pair in read_pairs(path)]
    encoder = SentenceEncoder(model=PackedModel(file), name=MULTILINGUAL_NAME, projection=None)
    means = np.zeros((2, 2, encoder.dimension), np.float32)
    for is_han in (False, True):
        chosen = spread([pair for pair in pairs if (han_share(pair[1]) > 0.5) == is_han], options.sample)
        vectors = [encoder.embed_query(question).dense for question, _ in chosen]
        means[QUERY, int(is_han)] = np.stack([np.frombuffer(vector, np.float32) for vector in vectors]).mean(axis=0)
        passages = encoder.embed_passages([passage[:800] for _, passage in chosen])
        means[PASSAGE, int(is_han)] = np.stack([np.frombuffer(one.dense, np.float32) for one in passages]).mean(axis=0)
        print(f"{'Chinese' if is_han else 'English'}: {len(chosen)} questions and passages")
    # Its token vectors are used for what the first model cannot read.
    chinese = spread([pair for pair in pairs if han_share(pair[1]) > 0.5], options.sample)
    tokens = np.concatenate(list(encoder.token_vectors([passage[:400] for _, passage in chinese])))
    matrix, deviation = fit_projection(tokens, DIMENSION)
    print(f"{len(tokens)} tokens, {DIMENSION} dimensions")
    out = options.out / f"{MULTILINGUAL_NAME}.npz"
    np.savez_compressed(out, means=means.astype(np.float16), matrix=matrix, deviation=deviation)


def read_pairs(path: Path) -> Pairs:
    """Return each question with its first passage; a passage is taken once."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    seen: dict[str, str] = {}
    for row in rows:
        if row["passages"] and row["question"] and row.get("train", True):  # else it is not for weights that are published
            seen.setdefault(fold_script(row["passages"][0]), fold_script(row["question"]))
    return [(question, passage) for passage, question in seen.items()]


def spread(pairs: Pairs, count: int) -> Pairs:
    """Return at most so many, evenly from all."""
    return [pairs[number * len(pairs) // count] for number in range(count)] if len(pairs) > count else pairs


if __name__ == "__main__":
    main()
