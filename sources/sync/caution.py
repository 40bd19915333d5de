"""When many documents vanish at once a person is asked: it looks like a mistake, or like a share that is not mounted."""

FEW = 10  # as many may vanish at once from any source
VANISHED_SHARE = 0.2  # of what a source had: more than that look like a mistake, not like deletions


def is_suspicious(gone: int, *, known: int) -> bool:
    """Tell whether so many that are gone, of those known, wait for a person."""
    return gone > max(FEW, VANISHED_SHARE * known)
