"""The reconciler: looks for what might be left of a purged document, in files, tables, index and caches, and counts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from audit.models import Fact
from chat.models import Turn
from ingest.documents.held import held_among
from kb.index.engine import Engine
from kb.models import Chunk, ChunkEmbedding, Document, DocumentVersion, Page, ReadingFault
from kb.storage import original_path
from vault.kept import is_kept

AT_ONCE = 500  # parameters of a query


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`left`: what was looked for → how much of it is there; `files`: a version's primary key → "removed" or "shared"."""

    left: dict[str, int]
    files: dict[int, str]

    @property
    def is_clean(self) -> bool:
        return not any(self.left.values())

    @classmethod
    def of(cls, document: Document, *, engines: Sequence[Engine]) -> "Findings":
        """Look everywhere anew. A file that another document has, too, is that one's, and does not count."""
        versions = list(document.versions.all())
        keys = [version.pk for version in versions]
        own = [version for version in versions if not has_other_owner(version)]
        chunks = Chunk.objects.filter(version__in=keys)
        left = {
            "originals": sum(is_kept(_original(version)) for version in own),
            "page_pictures": sum(len(list(pictures_of(version).glob("*"))) for version in own),
            "pages": Page.objects.filter(version__in=keys).count(),
            "passages": chunks.count(),
            "vectors": ChunkEmbedding.objects.filter(chunk__in=chunks).count(),
            "reading_faults": ReadingFault.objects.filter(document=document).count(),
            "index_rows": sum(engine.writer.count_rows_of(keys) for engine in engines),
        }
        return cls(left=left, files={one.pk: "removed" if one in own else "shared" for one in versions})


def has_other_owner(version: DocumentVersion) -> bool:
    """Whether another document has the very same file: one that is not purged, nor about to be."""
    others = Document.objects.exclude(pk=version.document_id).filter(versions__sha256=version.sha256)
    if others.filter(purge=None).exists():
        return True
    return any(held_among(others.filter(purge__finished_at=None)))  # its purge had begun, and then it was held


def pictures_of(version: DocumentVersion) -> Path:
    """Return the folder of a file's page pictures."""
    return Path(settings.CACHE_ROOT) / "pages" / version.sha256


def count_quoting(document: Document) -> dict[str, int]:
    """Return how many receipts and turns of conversations still show passages of it: they go by rules of their own."""
    facts = Fact.objects.filter(kind="document_uid", value=str(document.uid), event__action__startswith="question.")
    receipts = list({str(uid) for uid in facts.values_list("event__uid", flat=True)})
    parts = (receipts[start : start + AT_ONCE] for start in range(0, len(receipts), AT_ONCE))
    return {"receipts": len(receipts), "turns": sum(Turn.objects.filter(receipt__in=part).count() for part in parts)}


def _original(version: DocumentVersion) -> Path:
    return original_path(f"{version.sha256[:2]}/{version.sha256}")
