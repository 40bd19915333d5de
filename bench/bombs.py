"""`python -m bench.bombs [--json FILE]`: how long the sandbox takes over files made to swell, and what it holds meanwhile.

Goal: each is read or refused within 60 s, and no child beyond its limit of memory (1 GiB by default).
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import django

from bench.harness.process_tree import measure
from bench.material.made_bombs import pdf_of_pages, pdf_of_stream, pptx_of_slides, xlsx_of_rows
from bench.report import Measure, add_json_option, publish

GOAL_S = 60.0
BOMBS: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
    ("20,000 pages of one stream", "a.pdf", lambda: pdf_of_pages(20_000)),
    ("10,000 pages of one stream", "a.pdf", lambda: pdf_of_pages(10_000)),
    ("a stream of 1 GiB of spaces", "a.pdf", lambda: pdf_of_stream(1024)),
    ("a stream of 1 GiB of words", "a.pdf", lambda: pdf_of_stream(1024, b"(a) Tj ")),
    ("1,000,000 rows", "a.xlsx", lambda: xlsx_of_rows(1_000_000)),
    ("5,000 slides", "a.pptx", lambda: pptx_of_slides(5000)),
)


def read(path: Path) -> tuple[str, float, int]:
    """Return (what became of the file, seconds, most bytes that its child held when a page came)."""
    from ingest.errors import UserFault
    from ingest.parsers.content import ParsedPage
    from ingest.parsers.formats.detect import detect_type
    from ingest.parsers.refusal import Refusal
    from ingest.stages.parsing import parse_file

    started, pages, peak = time.monotonic(), 0, 0
    try:
        with path.open("rb") as stream:
            media_type = detect_type(stream, name=path.name)
        for item in parse_file(path, name=path.name, media_type=media_type):
            if isinstance(item, ParsedPage):
                pages += 1
                if pages % 100 == 1:
                    peak = max(peak, measure(os.getpid()).memory_bytes)
    except (UserFault, Refusal) as error:
        return f"refused: {error.code}", time.monotonic() - started, peak
    return f"{pages} pages", time.monotonic() - started, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    django.setup()
    measures = []
    own = measure(os.getpid()).memory_bytes
    with TemporaryDirectory() as folder:
        for what, name, make in BOMBS:
            path = Path(folder) / name
            path.write_bytes(make())
            outcome, seconds, peak = read(path)
            sys.stderr.write(f"{what}: {outcome}\n")
            measures.append(Measure(name=f"{what}: {outcome}", value=round(seconds, 2), unit="s", goal=GOAL_S))
            if peak:
                held = round((peak - own) / 2**20)
                measures.append(Measure(name=f"{what}: memory of the child", value=held, unit="MiB"))
    publish(measures, out=arguments.out)


if __name__ == "__main__":
    main()
