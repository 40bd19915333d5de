"""What a run counts, and what it keeps of that after each step, so that the figures are right after a kill."""

from django.db.models import F

from sources.sync.models import Source, SourceItem, SourceRun

# listed: items of this run's pages; moved: other folder or name; rights: items whose readers there changed; held: gone there, and
# kept here until somebody agrees; failed and left_out: items that are so at its end.
COUNTS = ("listed", "new", "changed", "moved", "rights", "deleted", "held", "failed", "left_out")


def add_counts(source: Source, **more: int) -> None:
    """Add to the figures of the run under way, in the caller's transaction."""
    if source.run_id is None or not any(more.values()):
        return
    run = SourceRun.objects.select_for_update().filter(pk=source.run_id).first()
    if run is None:
        return
    run.counts = {name: run.counts.get(name, 0) + more.get(name, 0) for name in COUNTS}
    run.save(update_fields=["counts"])
    if more.get("listed"):
        Source.objects.filter(pk=source.pk).update(listed=F("listed") + more["listed"])


def state_counts(source: Source) -> dict[str, int]:
    """Return how many items failed and how many are left out now."""
    rows = SourceItem.objects.filter(source=source)
    states = SourceItem.State
    return {"failed": rows.filter(state=states.FAILED).count(), "left_out": rows.filter(state=states.LEFT_OUT).count()}
