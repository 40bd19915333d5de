"""Golden questions: what a collection must go on answering, the runs that ask them, and what came of each."""

import hashlib
import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.models import Collection


class GoldenQuestionQuerySet(models.QuerySet["GoldenQuestion"]):
    def manageable_by(self, user: User | AnonymousUser) -> "GoldenQuestionQuerySet":
        """Those of the collections that this user runs: its answers may tell all that lies there."""
        return self.filter(collection__in=Collection.objects.manageable_by(user))

    def in_use(self) -> "GoldenQuestionQuerySet":
        return self.filter(is_active=True)


class GoldenQuestion(models.Model):
    """A question with what its answer must tell and cite, or that it must be refused."""

    class Origin(models.TextChoices):
        WRITTEN = "written", _("Written")
        FILE = "file", _("From a file")
        REVIEW = "review", _("From a review")
        ANSWER = "answer", _("From an approved answer")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="golden_questions")
    question = models.TextField()
    digest = models.CharField(max_length=64, editable=False)  # of the question, by which it stands in its collection once
    is_refusal = models.BooleanField(default=False)
    facts = models.JSONField(default=list, blank=True)  # [["6 hours", "six hours"], …]: of each list one must be told
    documents = models.JSONField(default=list, blank=True)  # names: each must be cited
    note = models.TextField(blank=True)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.WRITTEN)
    source = models.CharField(max_length=64, blank=True)  # receipt of the reviewed answer, or the approved answer
    is_active = models.BooleanField(default=True)  # one that a reviewer suggests waits for whoever runs the collection
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = GoldenQuestionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("golden question")
        verbose_name_plural = _("golden questions")
        constraints = [models.UniqueConstraint(fields=["collection", "digest"], name="curation_one_golden_question")]

    def __str__(self) -> str:
        return self.question[:60]


def digest_of(question: str) -> str:
    """Return what a question is recognised by, however its words are spaced and cased."""
    return hashlib.sha256(" ".join(question.split()).casefold().encode()).hexdigest()


class GoldenRunQuerySet(models.QuerySet["GoldenRun"]):
    def manageable_by(self, user: User | AnonymousUser) -> "GoldenRunQuerySet":
        return self.filter(collection__in=Collection.objects.manageable_by(user))


class GoldenRun(models.Model):
    """All golden questions of a collection, asked once. The row is the queue of record: a worker leases it."""

    class Cause(models.TextChoices):
        ASKED = "asked", _("Started by hand")
        CHANGED = "changed", _("After a change")
        NIGHTLY = "nightly", _("Nightly")
        HELD = "held", _("Before a change")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="golden_runs")
    cause = models.CharField(max_length=8, choices=Cause.choices)
    changes = models.JSONField(default=list, blank=True)  # of a run after a change: "documents", "rights", "words" …
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    questions = models.PositiveIntegerField(default=0)
    passed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    held = models.ForeignKey("curation.HeldChange", null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    conditions = models.JSONField(default=dict, blank=True)  # what the answers were made with
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = GoldenRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("golden run")
        verbose_name_plural = _("golden runs")
        indexes = [
            models.Index(fields=["state", "lease_until"], name="curation_run_due"),
            models.Index(fields=["collection", "-id"], name="curation_run_newest"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.collection_id}"

    @property
    def is_green(self) -> bool:
        return self.state == self.State.DONE and not (self.failed or self.errors)


class GoldenResult(models.Model):
    """What came of one question in one run, with what was expected of it then."""

    class Verdict(models.TextChoices):
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Not passed")
        ERROR = "error", _("No answer")

    run = models.ForeignKey(GoldenRun, on_delete=models.CASCADE, related_name="results")
    golden = models.ForeignKey(GoldenQuestion, null=True, on_delete=models.SET_NULL, related_name="results")
    digest = models.CharField(max_length=64)  # of the question: what makes results of two runs one row
    question = models.TextField()
    expected = models.JSONField(default=dict)  # is_refusal, facts, documents
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    misses = models.JSONField(default=list, blank=True)  # [{"code": "fact", "value": "6 hours | six hours"}]
    answer = models.JSONField(default=dict, blank=True)  # the contract's JSON, cut to what may be read before it is shown
    receipt = models.CharField(max_length=36, blank=True)
    took_ms = models.FloatField(null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("result of a golden question")
        verbose_name_plural = _("results of golden questions")
        constraints = [models.UniqueConstraint(fields=["run", "digest"], name="curation_one_result")]

    def __str__(self) -> str:
        return f"{self.verdict}: {self.question[:60]}"
