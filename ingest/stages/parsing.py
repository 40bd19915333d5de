"""Parse in a child process, from the worker's side: receive pages, and translate errors into those of this package."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from ingest.errors import PassingFault, UserFault
from ingest.parsers.content import Block, Notice, Opening, ParsedPage
from ingest.parsers.formats.registry import BY_TYPE, PDF, SQL_ROW
from ingest.parsers.plain.sql_row import parse_row
from ingest.parsers.refusal import Refusal
from kb.sandbox.parent import ChildCrashed, ChildKilled, ChildLimited, Limits, run_child

OCR_MEMORY_BYTES = 1536 << 20  # address space of the process that reads pictures; 650 MB of it are used
WALL_S = 6 * 3600.0  # 1,500 scanned pages
IDLE_S = 600.0  # some scanned pages come together, and the machine may be busy


def parse_file(path: Path, *, name: str, media_type: str, first_page: int = 1) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield an Opening, then the pages from `first_page` on as they are read, then notices.

    Raises: UserFault: the file cannot be read. PassingFault: the child was killed from outside.
    """
    if not path.is_file():
        raise UserFault("missing", str(path))
    if media_type == SQL_ROW.media_type:  # no stranger's file: Attest wrote it
        yield from _read_row(path, first_page=first_page)
        return
    request = {
        "path": str(path),
        "name": name,
        "media_type": media_type,
        "first_page": first_page,
        "max_pages": settings.PARSE_MAX_PAGES,
        "ocr": settings.OCR,
    }
    try:
        for head, body in run_child("ingest.stages.parse_child", request, limits=_limits_for(path, media_type=media_type)):
            if "page" in head:
                yield _page(head, body)
            elif "opening" in head:
                yield Opening(**head["opening"])
            elif "notice" in head:
                yield Notice(**{**head["notice"], "pages": tuple(head["notice"]["pages"])})
            else:
                raise UserFault(head.get("refused", "damaged"), head.get("detail", ""))
    except ChildLimited as error:
        raise UserFault("too_complex" if error.limit == "output" else "too_slow", str(error)) from error
    except ChildCrashed as error:
        raise UserFault("damaged", str(error)) from error
    except ChildKilled as error:
        raise PassingFault(str(error)) from error


def _read_row(path: Path, *, first_page: int) -> Iterator[Opening | ParsedPage | Notice]:
    try:
        with path.open("rb") as stream:
            yield from (page for page in parse_row(stream) if not isinstance(page, ParsedPage) or page.number >= first_page)
    except Refusal as refusal:
        raise UserFault(refusal.code, refusal.detail) from refusal


def _limits_for(path: Path, *, media_type: str) -> Limits:
    # A PDF is mapped: it lies in the child's address space, and takes no memory of it.
    mapped = path.stat().st_size if media_type == PDF.media_type else 0
    limits = Limits(
        memory_bytes=settings.PARSE_MEMORY_BYTES + mapped,
        helper_bytes=max(0, OCR_MEMORY_BYTES - settings.PARSE_MEMORY_BYTES),
        cpu_s=settings.PARSE_CPU_S,
        wall_s=WALL_S,
        idle_s=IDLE_S,
    )
    chosen = BY_TYPE.get(media_type)
    if chosen is not None and chosen.holds_files:
        return replace(limits, file_bytes=settings.UPLOAD_MAX_BYTES)  # an attachment is a file in memory while it is read
    return limits


def _page(head: dict[str, Any], body: bytes) -> ParsedPage:
    return ParsedPage(
        number=head["page"],
        text=head["text"],
        blocks=tuple(Block.from_dict(row) for row in head["blocks"]),
        label=head["label"],
        width=head["width"],
        height=head["height"],
        boxes=body,
    )
