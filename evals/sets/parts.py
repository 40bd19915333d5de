"""Which sources of the reading sets are trained on, which choose and calibrate the weights, and which are reported."""

import hashlib

TRAINED, CHOSEN, REPORTED = "trained", "chosen", "reported"
_REPORTED = 0.25  # of the sources of each set
_CHOSEN = (0.57, 0.64)


def part_of(dataset: str, source: str) -> str:
    """Return the part of a source (an article, a document): by a hash of its name, so the same for everybody."""
    place = hashlib.sha256(f"{dataset} {source}".encode()).digest()[0] / 256
    if place < _REPORTED:
        return REPORTED
    return CHOSEN if _CHOSEN[0] <= place < _CHOSEN[1] else TRAINED
