"""Versions of the rules that answers are written by. What comes with a release is version 0, and has no row."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PromptVersion(models.Model):
    """A text of rules. Never changed: another text is another version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CANARY = "canary", _("For a share of the questions")
        ACTIVE = "active", _("In use")
        RETIRED = "retired", _("Retired")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=40)  # chat.flow.writing.prompting.name_rules: "answer.en"
    number = models.PositiveIntegerField()  # 1, 2, 3 … of that name
    text = models.TextField()
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    share = models.PositiveSmallIntegerField(default=0)  # percent, of a canary
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-number"]
        verbose_name = _("prompt version")
        verbose_name_plural = _("prompt versions")
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="curation_prompt_number"),
            models.UniqueConstraint(fields=["name"], condition=Q(state="active"), name="curation_one_active_prompt"),
            models.UniqueConstraint(fields=["name"], condition=Q(state="canary"), name="curation_one_canary_prompt"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
