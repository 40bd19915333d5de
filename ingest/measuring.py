"""Metrics of ingestion."""

from django.db.models import Count, Sum

from ingest.models import Job
from kb.models import DocumentVersion
from metrics.instruments import Counter, Gauge, Histogram, Observation
from metrics.tallies import set_gauge

JOB_BOUNDS_S = (0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

JOBS_FINISHED = Counter(name="attest_jobs_finished", about="Jobs that ended, by what became of them", labels=("kind", "outcome"))
JOB = Histogram(
    name="attest_job_seconds", about="From a job's first start to its end", labels=("kind", "outcome"), bounds=JOB_BOUNDS_S
)
VERSIONS = Gauge(name="attest_document_versions", about="Document versions by status; counted by the minute", labels=("status",))
CHUNKS = Gauge(name="attest_chunks", about="Passages of all versions; counted by the minute")
INSTRUMENTS = (JOBS_FINISHED, JOB, VERSIONS, CHUNKS)


def measure_end(job: Job) -> list[Observation]:
    """Return what a job that has ended adds."""
    found = [JOBS_FINISHED.add(job.kind, job.state)]
    if job.started_at and job.finished_at:
        found.append(JOB.observe((job.finished_at - job.started_at).total_seconds(), job.kind, job.state))
    return found


def count_library() -> int:
    """Count versions and passages, for /metrics, which itself counts nothing. Returns: how many versions."""
    statuses = DocumentVersion.objects.order_by().values_list("status").annotate(versions=Count("pk"), passages=Sum("chunk_count"))
    rows = list(statuses)
    set_gauge(VERSIONS, {(status,): versions for status, versions, _passages in rows})
    set_gauge(CHUNKS, {(): sum(passages for _status, _versions, passages in rows)})
    return sum(versions for _status, versions, _passages in rows)
