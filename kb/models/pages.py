"""Pages of a version, and what readers saw misread on them."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.models.documents import Document, DocumentVersion


class Page(models.Model):
    """The text of one page (or, where the format has none, of one stretch of about 8,000 characters) and where it stands."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()  # physical, from 1
    label = models.CharField(max_length=40, blank=True)  # as printed ("iv", "A-3")
    text = models.TextField(blank=True)
    width = models.FloatField(default=0)  # points
    height = models.FloatField(default=0)
    boxes = models.BinaryField(default=bytes)  # kb.viewing.boxes.pack(): which characters stand where
    blocks = models.JSONField(default=list)  # [{"kind", "start", "end", "level"?, "heading_path"}], in reading order

    class Meta:
        ordering = ["version", "number"]
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="kb_page_number")]

    def __str__(self) -> str:
        return f"page {self.number} of {self.version_id}"


class ReadingFaultQuerySet(models.QuerySet["ReadingFault"]):
    def visible_to(self, user: User | AnonymousUser) -> "ReadingFaultQuerySet":
        """Those about live documents of collections that this user may change."""
        return self.filter(document__in=Document.objects.manageable_by(user))

    def still_open(self) -> "ReadingFaultQuerySet":
        """Not done."""
        return self.filter(state=ReadingFault.State.OPEN)


class ReadingFault(models.Model):
    """What a reader saw on a page that was not read as it stands there. It goes with the page."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="reading_faults")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="reading_faults")
    note = models.TextField(_("What is wrong?"))
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ReadingFaultQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("reading fault")
        verbose_name_plural = _("reading faults")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "reported_by"], condition=Q(state="open"), name="kb_one_open_fault_of_a_person_on_a_page"
            )
        ]

    def __str__(self) -> str:
        return f"reading fault {self.uid}"
