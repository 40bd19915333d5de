"""What a benchmark prints and writes: the contract's JSON, one row a measure."""

import json
import os
import platform
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of ours, and the same of the peers in the same run. Lower is better where `unit` is of time, memory or files."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    peers: dict[str, float] = field(default_factory=dict)

    @property
    def _less_is_better(self) -> bool:
        return self.unit in ("ms", "s", "MB", "MiB", "files")

    def as_dict(self) -> dict[str, object]:
        met = None if self.goal is None else (self.value <= self.goal if self._less_is_better else self.value >= self.goal)
        ratio = {
            peer: round(value / self.value if self._less_is_better else self.value / value, 2)
            for peer, value in self.peers.items()
            if value and self.value
        }
        return {**asdict(self), "met": met, "ratio": ratio}


def machine() -> str:
    """Return processor, cores and memory of this machine in words."""
    try:
        names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    except OSError:
        names = []
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores, {memory:.0f} GiB"


def add_json_option(parser: ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, dest="out", help="write the figures to this file")


def publish(measures: Sequence[Measure], *, out: Path | None, show: Callable[[str], None] = print) -> None:
    """Show a line a measure, and write the contract's JSON where `out` is given."""
    rows = [measure.as_dict() for measure in measures]
    for measure in measures:
        peers = "".join(f"; {peer} {value:g}" for peer, value in measure.peers.items())
        show(f"{measure.name}: {measure.value:g} {measure.unit}, goal {measure.goal}{peers}")
    if out is not None:
        report = {"machine": machine(), "date": datetime.now(UTC).isoformat(timespec="seconds"), "measures": rows}
        out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
