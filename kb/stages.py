"""The stages of a version as its page shows them: what is done, what runs, what failed, and how long each took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kb.models import DocumentVersion

Status = DocumentVersion.Status
STAGES: tuple[tuple[str, Promise], ...] = (  # as Job.timings_ms names them, in their order
    ("parse", _("Parsed")),
    ("chunk", _("Split into passages")),
    ("embed", _("Embedded")),
    ("publish", _("Indexed")),
)
DONE_AT = {Status.UPLOADED: 0, Status.PARSED: 1, Status.CHUNKED: 2, Status.EMBEDDED: 3, Status.INDEXED: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    name: Any  # words, in the reader's language
    state: Literal["done", "running", "waiting", "failed", "never"]
    milliseconds: float | None = None
    detail: str = ""
    at: datetime | None = None


def stages_of(version: DocumentVersion, jobs: Sequence[Any]) -> list[Stage]:
    """Return the version's stages, first to last.

    Args:
        jobs: its ingest.models.Job rows, the newest first; they know how long each stage took and who is at it.
    """
    job = next((job for job in jobs if job.kind == "ingest"), None)
    timings = job.timings_ms if job else {}
    has_failed = version.status == Status.FAILED
    done = sum(name in timings for name, _words in STAGES) if has_failed else DONE_AT[Status(version.status)]
    stages = [Stage(name=_("Uploaded"), state="done", at=version.created_at)]
    for place, (name, words) in enumerate(STAGES):
        if place < done:
            stages.append(Stage(name=words, state="done", milliseconds=timings.get(name), detail=_detail(version, name)))
        elif has_failed:
            stages.append(Stage(name=words, state="failed" if place == done else "never"))
        else:
            runs = place == done and job is not None and job.state == "running"
            stages.append(
                Stage(name=words, state="running" if runs else "waiting", detail=_progress(version) if place == 0 else "")
            )
    if not has_failed:
        is_ready = version.status == Status.INDEXED
        stages.append(Stage(name=_("Ready"), state="done" if is_ready else "waiting", at=version.indexed_at))
    return stages


def _detail(version: DocumentVersion, name: str) -> str:
    if name == "parse" and version.page_count:
        if not version.is_paged:
            return ngettext("%(count)d part", "%(count)d parts", version.page_count) % {"count": version.page_count}
        return ngettext("%(count)d page", "%(count)d pages", version.page_count) % {"count": version.page_count}
    if name == "chunk" and version.chunk_count:
        return ngettext("%(count)d passage", "%(count)d passages", version.chunk_count) % {"count": version.chunk_count}
    return ""


def _progress(version: DocumentVersion) -> str:
    return f"{version.pages_done} / {version.page_count}" if version.page_count else ""
