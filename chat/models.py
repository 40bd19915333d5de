"""Conversations, kept per user: the questions asked and the answers as they were shown."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Max, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gateway.models import ModelCall, Route, RouteFallback, ServedModel
from kb.models import Collection
from vault.fields import SealedJSONField, SealedTextField

__all__ = ["Conversation", "Feedback", "ModelCall", "Route", "RouteFallback", "ServedModel", "Turn"]


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User | AnonymousUser) -> "ConversationQuerySet":
        """A conversation is its owner's alone; auditors read receipts, not conversations."""
        return self.filter(user=user) if user.is_authenticated and user.is_active else self.none()

    def kept(self) -> "ConversationQuerySet":
        """Not archived; pinned ones first."""
        pinned_first = F("pinned_at").desc(nulls_last=True)
        return self.filter(archived_at=None, is_incognito=False).order_by(pinned_first, "-updated_at", "-pk")

    def archived(self) -> "ConversationQuerySet":
        """Put away, the last one first."""
        return self.exclude(archived_at=None).exclude(is_incognito=True).order_by("-archived_at", "-pk")


class Conversation(models.Model):
    """A thread of questions."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = SealedTextField(max_length=200, blank=True)
    collection = models.ForeignKey(Collection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # None: all
    files = models.OneToOneField(  # what holds the files that were attached to it: chat.conversations.files
        Collection, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversation"
    )
    within = models.JSONField(default=dict, blank=True)  # to what of it the questions are narrowed: chat.conversations.where.Where
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    is_incognito = models.BooleanField(default=False)  # in no list, and gone after a day: chat.conversations.incognito

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["user", "-updated_at"], name="chat_conversations_of")]
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")

    def __str__(self) -> str:
        return self.title


class ChatRules(models.Model):
    """The one row of what the installation allows who asks."""

    ONLY = 1

    allows_incognito = models.BooleanField(default=False)
    allows_files = models.BooleanField(default=True)

    def __str__(self) -> str:
        return "rules of asking"


class SharedConversationQuerySet(models.QuerySet["SharedConversation"]):
    def open_to(self, user: User | AnonymousUser) -> "SharedConversationQuerySet":
        """Whoever is signed in and has the link, while it is not revoked and whoever shared it is not shut out."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.filter(revoked_at=None, conversation__user__is_active=True)


class SharedConversation(models.Model):
    """A link by which colleagues read a conversation, as it was then; each of them with their own rights of now."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="shares")
    last_turn = models.PositiveBigIntegerField()  # key of the newest turn that is shared: what was asked later is not
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = SharedConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("shared conversation")
        verbose_name_plural = _("shared conversations")
        constraints = [
            models.UniqueConstraint(fields=["conversation"], condition=Q(revoked_at=None), name="chat_one_live_share"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation} {self.uid}"


class TurnQuerySet(models.QuerySet["Turn"]):
    def newest_attempts(self) -> "TurnQuerySet":
        """The last attempt at each question, of all attempts in this set."""
        # One pass over the set: a subquery for each row took SQLite 33 s of a conversation of 10,000 questions.
        last = self.order_by().values("conversation", "position").annotate(last=Max("pk"))
        return self.filter(pk__in=last.values("last"))

    def with_feedback(self) -> list["Turn"]:
        """Read the turns with what their owner thought of each answer, in two queries however many there are."""
        turns = list(self)
        rated = Feedback.objects.filter(receipt__in=[turn.receipt for turn in turns if turn.receipt])
        found = {feedback.receipt: feedback for feedback in rated}
        for turn in turns:
            turn.feedback = found.get(turn.receipt)
        return turns


class Turn(models.Model):
    """A question and its answer. Asking again makes a new turn with the same `position`; the newest is shown."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")  # asked, the stream has not begun
        STREAMING = "streaming", _("Answering")
        ANSWERED = "answered", _("Answered")
        REFUSED = "refused", _("Not in the documents")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    position = models.PositiveIntegerField()  # 0, 1, 2 … in the conversation
    attempt = models.PositiveIntegerField(default=1)  # 2 after the first "regenerate"
    question = SealedTextField()
    asked_as = models.CharField(
        max_length=64, blank=True, db_index=True
    )  # the same for who asks the same: chat.conversations.often
    rewritten = SealedTextField(blank=True)  # the stand-alone form of a follow-up
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    answer = SealedJSONField(default=dict, blank=True)  # chat.types.Answer.as_dict(): the contract's JSON
    error_code = models.CharField(max_length=60, blank=True)
    receipt = models.CharField(max_length=36, blank=True)  # uid of the audit event
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)  # of the process that answers; stale: it has died
    # While it is answered, for the other processes: the number of the last event, and {"status", "answer"} as released so far.
    reached = models.PositiveIntegerField(default=0)
    progress = SealedJSONField(default=dict, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ["position", "attempt"]
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [models.UniqueConstraint(fields=["conversation", "position", "attempt"], name="chat_one_attempt")]

    def __str__(self) -> str:
        return self.question[:60]

    @cached_property
    def feedback(self) -> "Feedback | None":
        """What its owner thought of the answer."""
        return Feedback.objects.filter(receipt=self.receipt).first() if self.receipt else None


class WrittenAnswer(models.Model):
    """Under which key a model's text can be found again (chat.flow.writing.cache). The text itself is in the receipt."""

    key = models.CharField(max_length=64, unique=True)  # sha256 of all that the text was written from
    receipt = models.CharField(max_length=36)  # uid of the audit event
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("cached answer")
        verbose_name_plural = _("cached answers")

    def __str__(self) -> str:
        return f"{self.key[:12]} {self.receipt}"


class Feedback(models.Model):
    """What whoever asked thought of an answer. One an answer, by its receipt: API answers have no turn."""

    class Rating(models.TextChoices):
        HELPFUL = "helpful", _("Helpful")
        UNHELPFUL = "unhelpful", _("Not helpful")

    class Reason(models.TextChoices):
        WRONG_SOURCE = "wrong_source", _("Wrong source")
        OUT_OF_DATE = "out_of_date", _("Out of date")
        INCOMPLETE = "incomplete", _("Incomplete")
        NOT_MY_QUESTION = "not_my_question", _("Not my question")

    receipt = models.CharField(max_length=36, unique=True)  # uid of the audit event
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    rating = models.CharField(max_length=10, choices=Rating.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)  # of an unhelpful one
    comment = SealedTextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")

    def __str__(self) -> str:
        return f"{self.rating} {self.receipt}"
