"""The reviewers' desk: a case for each question that was concluded, and what reviewers said of it.

Cases are taken out of the audit (`reviews.desk.intake`) so that queues filter them by indexes; what was asked and answered stays
there alone. Each review is an event of the audit, too.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.models import Event
from vault.fields import SealedTextField


class Verdict(models.TextChoices):
    CORRECT = "correct", _("Correct")
    WRONG = "wrong", _("Wrong")
    UNSUPPORTED = "unsupported", _("Not supported by its sources")
    BESIDE = "beside", _("Beside the point")
    SHOULD_REFUSE = "should_refuse", _("Should have been refused")
    LEAK = "leak", _("Discloses what it should not")


class Case(models.Model):
    """A concluded question, as queues and filters see it."""

    class State(models.TextChoices):
        OPEN = "open", _("To be reviewed")
        SECOND = "second", _("Awaiting a second reviewer")
        DONE = "done", _("Reviewed")

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="case")
    sequence = models.PositiveBigIntegerField(unique=True)  # of the event
    at = models.DateTimeField()
    person_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=12)  # "answered", "refused", "stopped"
    model = models.CharField(max_length=200, blank=True)
    probability = models.FloatField(null=True)  # that the evidence held an answer
    withheld = models.PositiveIntegerField(default=0)  # sentences
    rating = models.CharField(max_length=12, blank=True)  # "helpful", "unhelpful"
    guard = models.CharField(max_length=7, blank=True)  # of the guards that it met, the strictest mode: "block", "monitor"
    is_sampled = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True)  # of the last review
    is_disputed = models.BooleanField(default=False)  # the two reviewers differ
    assigned_to = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="review_cases")
    due_at = models.DateTimeField(null=True, blank=True)
    has_documents = models.BooleanField(default=False)  # its CaseDocuments say all that the answer rests on
    escalated_at = models.DateTimeField(null=True, blank=True)  # since when it is somebody's who looks after what is overdue

    class Meta:
        indexes = [
            models.Index(fields=["state", "-sequence"], name="case_state"),
            models.Index(fields=["is_sampled", "state", "-sequence"], name="case_sampled"),
            models.Index(fields=["outcome", "state", "-sequence"], name="case_outcome"),
            models.Index(fields=["rating", "state", "-sequence"], name="case_rating"),
            models.Index(fields=["-sequence"], condition=models.Q(withheld__gt=0), name="case_withheld"),
            models.Index(fields=["due_at"], condition=~models.Q(state="done"), name="case_due"),
            models.Index(fields=["-sequence"], condition=~models.Q(guard=""), name="case_guard"),
            models.Index(fields=["probability"], name="case_probability"),
            models.Index(fields=["person_id", "-sequence"], name="case_person"),
        ]

    def __str__(self) -> str:
        return f"case {self.sequence}"


class CaseCollection(models.Model):
    """A collection whose documents an answer rests on; of a refusal, one that was searched."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="collections")
    slug = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "case"], name="case_collection_once")]

    def __str__(self) -> str:
        return self.slug


class CaseDocument(models.Model):
    """A document that the receipt names, there or not: whoever may not read it does not review the answer."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="documents")
    document = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "document"], name="case_document_once")]

    def __str__(self) -> str:
        return str(self.document)


class Review(models.Model):
    """What one reviewer said of one answer; never changed."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reviews")
    number = models.PositiveSmallIntegerField()  # 1, or 2: the second sign-off
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    reason = models.CharField(max_length=300, blank=True)
    comment = SealedTextField(blank=True)
    correction = SealedTextField(blank=True)
    sentences = models.JSONField(default=dict)  # position of a sentence, from 0 → verdict
    was_blind = models.BooleanField(default=False)  # made without seeing the first
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="review_number_once"),
            models.UniqueConstraint(fields=["case", "by"], name="review_person_once"),
        ]

    def __str__(self) -> str:
        return f"review {self.number} of {self.case_id}"


class DeskRules(models.Model):
    """The single row of what the desk does by itself, and how far it has read the audit."""

    sample_percent = models.PositiveSmallIntegerField(default=5)  # of the answers of a collection without a rate of its own
    second_percent = models.PositiveSmallIntegerField(default=10)  # of answers found correct that a second person sees, too
    is_blind = models.BooleanField(default=True)
    due_days = models.PositiveSmallIntegerField(default=5)
    escalate_days = models.PositiveSmallIntegerField(default=0)  # after the due day; 0: never
    escalate_to = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # None: marked alone
    taken_in = models.PositiveBigIntegerField(default=0)  # sequence of the last event that was read

    def __str__(self) -> str:
        return "rules of the desk"


class SampleRate(models.Model):
    """The share of a collection's answers that is drawn for review."""

    slug = models.CharField(max_length=100, unique=True)
    percent = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.slug}: {self.percent} %"
