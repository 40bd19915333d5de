"""Answers that somebody approved, and the questions they are given to."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from curation.gaps.models import Gap
from kb.models import Collection


def only_leads(row: dict[str, Any]) -> bool:
    """Tell whether a checked sentence says nothing by itself: a heading, or a line that ends with a colon."""
    if row["verdict"] != "framing":
        return False
    return bool(row["reason"] == "heading" or (row["reason"] == "lead" and row["text"].rstrip("*_ ").endswith((":", "："))))


class ApprovedAnswerQuerySet(models.QuerySet["ApprovedAnswer"]):
    def manageable_by(self, user: User | AnonymousUser) -> "ApprovedAnswerQuerySet":
        return self.filter(collection__in=Collection.objects.manageable_by(user))


class ApprovedAnswer(models.Model):
    """An answer as somebody wrote it, with what checking found for each sentence."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        WITHDRAWN = "withdrawn", _("Withdrawn: its sources say otherwise")
        RETIRED = "retired", _("Retired")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="approved_answers")
    gap = models.ForeignKey(Gap, null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    # [{"text", "prefix", "verdict", "reason", "markers"}]: markers from 1 into `citations`
    sentences = models.JSONField(default=list)
    citations = models.JSONField(default=list)  # chat.types.Citation.as_dict(); cut to what may be read before it is shown
    checked_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    approver = models.CharField(max_length=200, blank=True)  # their name then
    approved_at = models.DateTimeField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ApprovedAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("approved answer")
        verbose_name_plural = _("approved answers")
        indexes = [models.Index(fields=["collection", "state"], name="curation_answer_state")]

    def __str__(self) -> str:
        return f"answer {self.pk} of {self.collection_id}"

    @property
    def holds(self) -> bool:
        """Whether every sentence is borne out by a source, or only leads to one that is ("The rules are:")."""
        return any(row["markers"] for row in self.sentences) and all(row["markers"] or only_leads(row) for row in self.sentences)

    @property
    def chunk_ids(self) -> list[int]:
        """In the order of the markers."""
        return [int(row["chunk_id"]) for row in sorted(self.citations, key=lambda row: int(row["marker"]))]


class ApprovedQuestion(models.Model):
    """A question that an answer is given to, and to those that mean the same. The first is the answer's title."""

    answer = models.ForeignKey(ApprovedAnswer, on_delete=models.CASCADE, related_name="questions")
    text = models.TextField()
    vector = models.BinaryField(default=b"")
    encoder = models.CharField(max_length=80, blank=True)  # fingerprint; "": not embedded yet

    class Meta:
        ordering = ["pk"]
        verbose_name = _("question of an approved answer")
        verbose_name_plural = _("questions of approved answers")

    def __str__(self) -> str:
        return self.text[:60]
