"""Parsing in a child process, seen from the worker: pages come in, faults come in the words of this package."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from ingest.errors import PassingFault, UserFault
from ingest.parsers.content import Block, Notice, Opening, ParsedPage
from ingest.parsers.media_types import EMAIL, PDF, SQL_ROW
from ingest.parsers.refusal import Refusal
from ingest.parsers.sql_row import parse_row
from kb.sandbox import ChildCrashed, ChildKilled, ChildLimited, Limits, run_child


def parse_file(path: Path, *, name: str, media_type: str, first_page: int = 1) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield an Opening, then the pages from `first_page` on as they are read, then notices.

    Raises: UserFault: the file cannot be read. PassingFault: the child was killed from outside.
    """
    if not path.is_file():
        raise UserFault("missing", str(path))
    if media_type == SQL_ROW:  # no stranger's file: Attest wrote it
        try:
            yield from (page for page in parse_row(path) if not isinstance(page, ParsedPage) or page.number >= first_page)
        except Refusal as refusal:
            raise UserFault(refusal.code, refusal.detail) from refusal
        return
    request = {
        "path": str(path),
        "name": name,
        "media_type": media_type,
        "first_page": first_page,
        "max_pages": settings.PARSE_MAX_PAGES,
    }
    limits = Limits(memory_bytes=settings.PARSE_MEMORY_BYTES, cpu_s=settings.PARSE_CPU_S)
    if media_type in (EMAIL, PDF):
        limits = replace(limits, file_bytes=settings.UPLOAD_MAX_BYTES)  # an attachment is a file in memory while it is read
    try:
        for head, body in run_child("ingest.parse_child", request, limits=limits):
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


def _page(head: dict, body: bytes) -> ParsedPage:
    return ParsedPage(
        number=head["page"],
        text=head["text"],
        blocks=tuple(Block.from_dict(row) for row in head["blocks"]),
        label=head["label"],
        width=head["width"],
        height=head["height"],
        boxes=body,
    )
