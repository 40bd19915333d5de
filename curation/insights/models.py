"""What insights are made of: sums by day, so that a page costs the same after a million questions. No word, no name."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kb.models import Document

ALL = 0  # as a collection


class DayCount(models.Model):
    """How often something came of a day's questions, of one collection or of all."""

    day = models.DateField()
    collection = models.BigIntegerField(default=ALL)  # primary key; not an address, which may be taken by another one later
    kind = models.CharField(max_length=12)  # "outcome", "origin", "language", "model", "rating", "certainty", "stage"
    key = models.CharField(max_length=80)  # "answered"; of a certainty its tenth; of a stage "search|100", with its bucket in ms
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("count of a day")
        verbose_name_plural = _("counts of days")
        constraints = [models.UniqueConstraint(fields=["collection", "day", "kind", "key"], name="curation_one_count")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.key}: {self.count}"


class DocumentUse(models.Model):
    """How often answers cited a document."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="use")
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = _("use of a document")
        verbose_name_plural = _("uses of documents")

    def __str__(self) -> str:
        return f"{self.document_id}: {self.count}"


class InsightReading(models.Model):
    """The one row of how far the audit was read."""

    ONLY = 1

    sequence = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"read up to {self.sequence}"
