"""Fitting the projection of an encoder's token vectors, and keeping it beside the encoder.

The leading eigenvectors of the token vectors' second moment, not centred, since inner products are what late interaction
compares; and the deviation of each projected dimension, which sets the 16 levels.

Some models give every token much the same direction: two random tokens of multilingual-e5-small have a cosine of .8. Kept, it
leads all others, whatever is compared scores near 1, and every threshold of closeness is met. So it is left out where it is strong.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.tokens import Projection

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
NAME = "token_projection.npz"  # in the encoder's folder
STRONG = 0.1  # mean cosine of two random tokens, from which what they share is left out; all-MiniLM-L6-v2 has .03


def fit_projection(vectors: Floats, dimension: int) -> tuple[Floats, Floats]:
    """Return matrix [encoder dimension, dimension] float16 and deviation [dimension] float16.

    Args:
        vectors: [tokens, encoder dimension], as `SentenceEncoder.token_vectors` gives them.
        dimension: even, at most the encoder's.
    Raises: ValueError: another dimension, or fewer tokens than it.
    """
    if dimension % 2 or not 0 < dimension <= vectors.shape[1]:
        raise ValueError(f"{dimension} is not an even number up to {vectors.shape[1]}.")
    if len(vectors) < dimension:
        raise ValueError(f"{len(vectors)} token vectors do not give {dimension} dimensions.")
    unit = vectors.astype(np.float64) / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    common = unit.mean(axis=0)
    if common @ common > STRONG:
        unit -= np.outer(unit @ common, common / (common @ common))
    values, columns = np.linalg.eigh(unit.T @ unit / len(unit))
    matrix = columns[:, np.argsort(values)[::-1][:dimension]].astype(np.float16)
    projected = Projection(matrix.astype(np.float32), np.ones(dimension, np.float32)).project(vectors.astype(np.float32))
    return matrix, np.sqrt((projected**2).mean(axis=0)).astype(np.float16)


def save_projection(folder: Path, matrix: Floats, deviation: Floats) -> Path:
    """Keep a projection in the encoder's folder, whole or not at all. Raises: OSError."""
    path, temporary = folder / NAME, folder / f"{NAME}.tmp"
    with temporary.open("wb") as stream:
        np.savez_compressed(stream, matrix=matrix, deviation=deviation)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    return path


def read_projection(folder: Path) -> Projection | None:
    """Return the projection kept in an encoder's folder, None where none was fitted. Raises: OSError, ValueError."""
    path = folder / NAME
    if not path.is_file():
        return None
    with np.load(path) as arrays:
        return Projection(arrays["matrix"].astype(np.float32), arrays["deviation"].astype(np.float32))
