from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from ingest.documents.deletion import delete_collection, delete_document
from ingest.errors import LeaseLost, UploadRefused
from ingest.models import Job
from ingest.queue.leases import claim_job
from ingest.services import cancel_version, retry_version
from kb.models import Collection, Document, DocumentVersion, Page
from metrics.models import Tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_job(collection):
    def make(name, *, state="waiting", status="uploaded", **fields):
        document = Document.objects.create(collection=collection, name=name, title=name)
        version = DocumentVersion.objects.create(
            document=document, number=1, sha256="a" * 64, size=2048, media_type="text/plain", storage_path="a", status=status
        )
        return Job.objects.create(version=version, state=state, **fields)

    return make


def test_the_queue_shows_what_runs_waits_failed_and_how_long_it_took(client, knowledge_admin, make_job):
    make_job("running.txt", state="running", started_at=timezone.now())
    make_job("waiting.txt")
    failed = make_job("failed.txt", state="failed", status="failed", finished_at=timezone.now(), last_error="pdfium error 3")
    failed.version.error_code = "damaged"
    failed.version.save()
    make_job("done.txt", state="done", status="indexed", finished_at=timezone.now(), timings_ms={"parse": 1234.0, "embed": 80.4})
    client.force_login(knowledge_admin)
    text = client.get(reverse("ingest:queue")).content.decode()

    assert all(name in text for name in ("running.txt", "waiting.txt", "failed.txt", "done.txt"))
    assert "The file is damaged and cannot be opened." in text
    assert "pdfium error 3" in text
    assert "1.23" in text and "0.08" in text
    fragment = client.get(reverse("ingest:queue"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "waiting.txt" in fragment


def test_what_was_tried_again_and_done_is_not_among_the_failed(client, knowledge_admin, make_job):
    job = make_job("again.txt", state="failed", status="indexed", finished_at=timezone.now(), last_error="pdfium error 3")
    Job.objects.create(version=job.version, state="done", finished_at=timezone.now())
    client.force_login(knowledge_admin)

    assert "pdfium error 3" not in client.get(reverse("ingest:queue")).content.decode()


def test_a_cancelled_document_stays_in_the_list_and_can_be_tried_again(client, knowledge_admin, make_job):
    job = make_job("a.txt")
    Page.objects.create(version=job.version, number=1, text="half of it")
    client.force_login(knowledge_admin)
    assert client.post(reverse("ingest:cancel", args=[job.version.uid])).status_code == 302
    job.refresh_from_db()
    version = DocumentVersion.objects.get()

    assert job.state == Job.State.CANCELLED
    assert (version.status, version.error_code, version.pages.count()) == ("failed", "cancelled", 0)
    assert claim_job() is None
    assert Event.objects.filter(action="document.cancelled").count() == 1
    assert "Processing was cancelled." in client.get(reverse("ingest:queue")).content.decode()
    assert client.post(reverse("ingest:retry", args=[version.uid]), {"back": "queue"}).url == reverse("ingest:queue")
    assert claim_job() is not None


def test_the_worker_of_a_cancelled_job_may_write_no_more(knowledge_admin, make_job):
    job = make_job("a.txt")
    lease = claim_job(job_id=job.pk)
    cancel_version(job.version, user=knowledge_admin)

    with pytest.raises(LeaseLost), lease.fenced():
        pass


def test_what_is_done_cannot_be_cancelled(knowledge_admin, make_job):
    job = make_job("a.txt", state="done", status="indexed")
    with pytest.raises(UploadRefused) as refused:
        cancel_version(job.version, user=knowledge_admin)

    assert refused.value.code == "not_running"
    with pytest.raises(UploadRefused):
        retry_version(job.version, user=knowledge_admin)


def test_the_queue_is_filtered_by_name_collection_and_state(client, knowledge_admin, make_job):
    make_job("running.txt", state="running", started_at=timezone.now())
    make_job("waiting.txt")
    failed = make_job("failed.txt", state="failed", status="failed", finished_at=timezone.now() - timedelta(days=8))
    failed.version.document.collection = Collection.objects.create(name="Other", slug="other")
    failed.version.document.save()
    client.force_login(knowledge_admin)

    def shown(**query):
        text = client.get(reverse("ingest:queue"), query, headers={"HX-Request": "true"}).content.decode()
        return {name for name in ("running.txt", "waiting.txt", "failed.txt") if name in text}

    assert shown() == {"running.txt", "waiting.txt", "failed.txt"}  # what failed a week ago too
    assert shown(q="WAIT") == {"waiting.txt"}
    assert shown(collection="other") == {"failed.txt"}
    assert shown(show="open") == {"running.txt", "waiting.txt"}
    assert shown(show="failed") == {"failed.txt"}
    assert shown(show="nonsense", collection="nonsense") == {"running.txt", "waiting.txt", "failed.txt"}


def test_what_is_rebuilt_is_counted_not_listed(client, knowledge_admin, make_job):
    for number in range(3):
        make_job(f"long-list-{number}.txt", kind="rebuild", status="indexed")
    client.force_login(knowledge_admin)
    text = client.get(reverse("ingest:queue")).content.decode()
    assert "long-list" not in text
    assert "3 documents are waiting for the index rebuild." in text


@pytest.mark.parametrize("way", ["one version", "the document", "the collection"])
def test_however_a_job_is_cancelled_it_is_counted_and_its_worker_may_write_no_more(way, collection, knowledge_admin, make_job):
    job = make_job("a.txt")
    lease = claim_job(job_id=job.pk)
    if way == "one version":
        cancel_version(job.version, user=knowledge_admin)
    elif way == "the document":
        delete_document(job.version.document, user=knowledge_admin)
    else:
        delete_collection(collection, confirmation=collection.name, user=knowledge_admin)
    job.refresh_from_db()
    assert (job.state, job.leased_by, job.lease_expires_at) == (Job.State.CANCELLED, "", None)
    assert Tally.objects.get(name="attest_jobs_finished").labels == '["ingest", "cancelled"]'
    with pytest.raises(LeaseLost), lease.fenced():
        pass
