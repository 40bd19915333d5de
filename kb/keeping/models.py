"""What keeps documents in order: tags, and passages that were switched off or corrected."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Tag(models.Model):
    """A word by which the documents of one collection are grouped."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey("kb.Collection", on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("tag"), max_length=60)
    folded = models.CharField(max_length=120, editable=False, db_index=True)  # as it is compared: name.casefold()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["collection", "folded"], name="kb_one_tag_name")]

    def __str__(self) -> str:
        return self.name


class PassageChange(models.Model):
    """Somebody who runs a collection takes a passage out of the answers, or corrects what was read there.

    It holds for every passage of the document that reads the same, in this version and in later ones.
    """

    class Kind(models.TextChoices):
        OFF = "off", _("Switched off")
        CORRECTED = "corrected", _("Corrected")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document = models.ForeignKey("kb.Document", on_delete=models.CASCADE, related_name="passage_changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    original_text = models.TextField()  # as it was read, and still stands on the page
    original_hash = models.CharField(max_length=64)  # Chunk.text_hash of that
    corrected_text = models.TextField(blank=True)  # of a corrected one
    reason = models.TextField()
    version_number = models.PositiveIntegerField()  # in which it was first changed, and where in it
    page_number = models.PositiveIntegerField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_by_name = models.CharField(max_length=300)  # as citations name them, also when the account is gone
    made_at = models.DateTimeField(auto_now_add=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)  # None: it holds

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("change of a passage")
        verbose_name_plural = _("changes of passages")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "original_hash"], condition=Q(lifted_at=None), name="kb_one_change_of_a_passage"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} passage of document {self.document_id}"
