"""What a worker does with a source, in processes that tests kill (tests.ingest.process)."""

import os
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from audit.chain.verification import verify_chain
from kb.models import Collection, Document
from sources.connectors.folder import connector
from sources.models import Source, SourceItem
from sources.sync.running import run_due
from sources.sync.services import create_source, start_source

ROOT = Path(os.environ["ATTEST_HOME"]).parent / "srv"


def add_source() -> None:
    settings.SOURCE_FOLDERS = [str(ROOT)]
    user = User.objects.create_user(username="kim", role=User.Role.KNOWLEDGE_ADMIN)
    collection = Collection.objects.create(name="Share", slug="share")
    source = create_source(
        collection=collection, user=user, name="Share", kind="folder", options={"path": str(ROOT)}, interval_minutes=0
    )
    start_source(source, user=user)


def sync() -> int:
    """Run the source to its end, whoever has died with it."""
    settings.SOURCE_FOLDERS, connector.PAGE_ITEMS = [str(ROOT)], 4
    now = timezone.now()
    Source.objects.update(wanted_at=now, lease_expires_at=None, leased_by="", may_delete_many=True)
    count = 0
    while run_due(only=Source.objects.get().pk):
        count += 1
        source = Source.objects.get()
        if source.run_id is None or count > 20:
            break
    return count


def source_state() -> dict[str, object]:
    source = Source.objects.get()
    runs = [run.counts for run in source.runs.order_by("pk")]
    totals = Counter({name: sum(counts.get(name, 0) for counts in runs) for name in ("new", "changed", "deleted", "moved")})
    return {
        "names": sorted(Document.objects.live().values_list("name", flat=True)),
        "versions": sorted(Document.objects.live().values_list("name", "versions__number")),
        "items": sorted(SourceItem.objects.values_list("name", "state")),
        "narrowed": sorted(Document.objects.live().filter(is_narrowed=True).values_list("name", flat=True)),
        "totals": dict(totals),
        "error": source.error_code,
        "step": source.step,
        "chain": verify_chain().is_intact,
    }


SOURCE_COMMANDS = {"add_source": add_source, "sync": sync, "source_state": source_state}
