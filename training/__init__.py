"""Train the judge (`retrieval.judging`) on a CPU. `python -m training --help`; what to train it on says docs/judge.md."""
