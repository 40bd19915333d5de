"""The curves of sufficiency as pictures: what is separated, and what a threshold costs.

manage.py calibrate FOLDER … --judged judged.json
bench/curves.py judged.json docs/images
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import precision_recall_curve, roc_curve

DEFAULT_THRESHOLD = 0.5  # chat.judge.sufficiency's, which needs Django set up

Judged = Mapping[str, Sequence[tuple[float, bool]]]
_SIZE, _DPI = (5.6, 4.4), 110
_STEPS = [step / 100 for step in range(101)]


def draw_curves(judged: Judged, *, folder: Path) -> list[Path]:
    """Write three pictures into `folder`; return their paths.

    Args:
        judged: of each set, the cross-validated probabilities with whether there was an answer; a set of one kind is left out.
    """
    import matplotlib

    matplotlib.use("Agg")  # no display
    judged = {name: pairs for name, pairs in judged.items() if len({held for _, held in pairs}) == 2}
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _draw(folder / "sufficiency-roc.png", judged, _add_roc, labels=("unanswerable, let through", "answerable, let through")),
        _draw(folder / "sufficiency-precision.png", judged, _add_precision, labels=("recall of the answerable", "precision")),
        _draw(folder / "sufficiency-refusals.png", judged, _add_refusals, labels=("answerable, refused", "unanswerable, refused")),
    ]


def _draw(path: Path, judged: Judged, add: Any, *, labels: tuple[str, str]) -> Path:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=_SIZE, dpi=_DPI)
    for name, pairs in judged.items():
        add(axes, name, [float(held) for _, held in pairs], [probability for probability, _ in pairs])
    axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)
    return path


def _add_roc(axes: Any, name: str, held: list[float], probabilities: list[float]) -> None:
    false, true, _ = roc_curve(held, probabilities)
    axes.plot(false, true, label=name)


def _add_precision(axes: Any, name: str, held: list[float], probabilities: list[float]) -> None:
    precision, recall, _ = precision_recall_curve(held, probabilities)
    axes.plot(recall, precision, label=name)


def _add_refusals(axes: Any, name: str, held: list[float], probabilities: list[float]) -> None:
    """What is refused at every threshold; a dot at the default."""
    shares = [_refused(held, probabilities, step) for step in _STEPS]
    (line,) = axes.plot([right for right, _ in shares], [wrong for _, wrong in shares], label=name)
    axes.plot(*_refused(held, probabilities, DEFAULT_THRESHOLD), "o", color=line.get_color())


def _refused(held: list[float], probabilities: list[float], threshold: float) -> tuple[float, float]:
    """Return the shares below a threshold, of the answerable and of the unanswerable."""
    pairs = list(zip(held, probabilities, strict=True))
    parts = [[probability < threshold for is_held, probability in pairs if bool(is_held) == kind] for kind in (True, False)]
    return sum(parts[0]) / len(parts[0]), sum(parts[1]) / len(parts[1])


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the curves of sufficiency.")
    parser.add_argument("judged", type=Path, help="what manage.py calibrate --judged wrote")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    options = parser.parse_args()
    drawn = draw_curves(json.loads(options.judged.read_text(encoding="utf-8")), folder=options.folder)
    sys.stdout.write("".join(f"{path}\n" for path in drawn))


if __name__ == "__main__":
    main()
