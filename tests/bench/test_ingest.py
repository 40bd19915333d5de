"""The parts of the ingestion benchmark that need no installation: files, the peer, what a process tree uses."""

import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from bench import ingest
from bench.harness.bare_encoder import model_folder
from bench.harness.process_tree import find_workers, measure, read_children
from bench.ingest import run_json, take_pages
from bench.ingesting.big_files import make_pdf, make_text
from bench.ingesting.small_files import write_documents
from bench.report import Measure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with PDFs of three and of two pages."""
    (tmp_path / "pdfs").mkdir()
    for name, pages in (("a.pdf", 3), ("b.pdf", 2)):
        canvas = Canvas(str(tmp_path / "pdfs" / name))
        for number in range(1, pages + 1):
            canvas.drawString(72, 700, f"Page {number} of {name} tells of leave that is earned by the hour.")
            canvas.showPage()
        canvas.save()
    return tmp_path / "pdfs"


def pages_of(path: Path) -> int:
    return len(PdfReader(path).pages)


def test_a_limit_takes_the_first_pages_of_each_file(folder: Path, tmp_path: Path) -> None:
    assert [pages_of(path) for path in take_pages(folder, None, tmp_path)] == [3, 2]
    cut = take_pages(folder, 2, tmp_path)
    assert [path.name for path in cut] == ["a.pdf", "b.pdf"]
    assert [pages_of(path) for path in cut] == [2, 2]


def test_the_long_pdf_repeats_the_folders_pages(folder: Path, tmp_path: Path) -> None:
    make_pdf(folder, tmp_path / "long.pdf", pages=9)
    reader = PdfReader(tmp_path / "long.pdf")
    assert len(reader.pages) == 9
    assert "Page 3 of a.pdf" in reader.pages[7].extract_text()


def test_the_long_text_is_as_long_as_asked_and_begins_with_its_words(tmp_path: Path) -> None:
    words = make_text(tmp_path / "long.txt", megabytes=1)
    text = (tmp_path / "long.txt").read_text()
    assert 1_000_000 <= len(text) < 1_010_000
    assert words in text.partition("\n")[0]


def test_small_documents_are_all_different(tmp_path: Path) -> None:
    texts = {path.read_text() for path in write_documents(tmp_path, 30)}
    assert len(texts) == 30


def test_plain_langchain_reads_splits_embeds_and_indexes(folder: Path) -> None:
    done = run_json("bench.harness.plain_langchain", model_folder(), *map(str, sorted(folder.glob("*.pdf"))))
    assert (done["pages"], done["chunks"]) == (5, 5)
    steps = done["parse_s"] + done["split_s"] + done["embed_s"] + done["index_s"]
    assert 0 < steps == pytest.approx(done["seconds"], rel=0.01)


def test_a_process_is_measured_with_its_children() -> None:
    program = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(80 << 20); print(1, flush=True); input()'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(read_children()[process.pid]) == 1
        usage = measure(process.pid)
        workers = find_workers(process.pid)
        process.communicate(b"\n")
    assert usage.memory_bytes > 80 * 2**20
    assert 3 <= usage.open_files < 20
    assert workers == []  # none of Celery's below it


def test_memory_and_files_are_met_from_below() -> None:
    assert Measure(name="growth", value=10, unit="MB", goal=60).as_dict()["met"] is True
    assert Measure(name="files", value=9, unit="files", goal=8).as_dict()["met"] is False


def test_an_unknown_part_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "folder", "--parts", "small,nothing"])
    with pytest.raises(SystemExit):
        ingest.main()
    assert "unknown parts: nothing" in capsys.readouterr().err
