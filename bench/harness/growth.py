"""Pictures of how latency, memory and the cost of a document grow with the corpus."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Curves = Mapping[str, Sequence[tuple[int, float]]]


def draw_growth(pictures: Mapping[str, tuple[str, Curves]], *, folder: Path, machine: str) -> list[Path]:
    """Write a picture a name; return their paths.

    Args:
        pictures: by name, the label of the vertical axis and the curves: points (chunks, value), both axes logarithmic.
    """
    import matplotlib

    matplotlib.use("Agg")  # no display
    folder.mkdir(parents=True, exist_ok=True)
    return [_draw(folder / f"retrieval-{name}.png", label, curves, machine) for name, (label, curves) in pictures.items()]


def _draw(path: Path, label: str, curves: Curves, machine: str) -> Path:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4.2), dpi=110)
    for name, points in curves.items():
        if points:
            style: dict[str, Any] = {"linestyle": "--", "alpha": 0.8} if name.startswith("peer: ") else {"linewidth": 2}
            axes.plot(*zip(*points, strict=True), marker="o", markersize=4, label=name.removeprefix("peer: "), **style)
    axes.set(xscale="log", yscale="log", xlabel="chunks", ylabel=label)
    axes.grid(alpha=0.25, which="both")
    axes.legend(frameon=False, fontsize=8)
    axes.set_title(machine, fontsize=8, color="grey")
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)
    return path
