"""Metrics of golden questions, counted in the transaction that ends their run."""

from metrics.instruments import Counter, Observation

GOLDEN = Counter(name="attest_golden_questions", about="Golden questions asked by what came of them", labels=("verdict",))
WORSE = Counter(name="attest_golden_worse", about="Golden questions that no longer pass, after a change or at night")
INSTRUMENTS = (GOLDEN, WORSE)


def measure_run(*, passed: int, failed: int, errors: int, worse: int) -> list[Observation]:
    """Return what a run adds that ends now. `worse`: questions that passed in the run before; 0 for one before a change."""
    counts = {"passed": passed, "failed": failed, "error": errors}
    found = [GOLDEN.add(verdict, amount=count) for verdict, count in counts.items() if count]
    return [*found, WORSE.add(amount=worse)] if worse else found
