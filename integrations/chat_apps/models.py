"""Chat programs, whose messages are answered; their people; and the questions that they sent."""

import uuid

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.sign_in.sealing import seal, unseal
from chat.models import Conversation, Turn
from kb.models import Collection
from vault.fields import SealedTextField

_PURPOSE = b"attest: secrets of chat programs"


class ChatApp(models.Model):
    """One program, or one workspace of it. `uid` stands in the address that it calls."""

    class Kind(models.TextChoices):
        GENERIC = "generic", _("Any program (signed webhook)")
        SLACK = "slack", "Slack"
        TEAMS = "teams", _("Microsoft Teams (outgoing webhook)")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=80, unique=True)
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind.choices)
    sealed_secret = models.TextField(blank=True, editable=False)  # by which it signs
    sealed_token = models.TextField(blank=True, editable=False)  # with which it is answered
    reply_url = models.CharField(
        _("Answers are sent to"), max_length=300, blank=True, validators=[URLValidator(schemes=["https", "http"])]
    )  # of Slack its interface
    collections = models.ManyToManyField(Collection, verbose_name=_("Collections"), blank=True, related_name="+")  # none: all
    posts_openly = models.BooleanField(_("Post answers publicly in the channel"), default=False)
    is_enabled = models.BooleanField(_("In use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("chat program")
        verbose_name_plural = _("chat programs")

    def __str__(self) -> str:
        return self.name

    def set_secret(self, secret: str) -> None:
        self.sealed_secret = seal(secret, purpose=_PURPOSE) if secret else ""

    def set_token(self, token: str) -> None:
        self.sealed_token = seal(token, purpose=_PURPOSE) if token else ""

    def read_secret(self) -> str:
        """Raises: ValueError: it was sealed under another key of the installation."""
        return unseal(self.sealed_secret, purpose=_PURPOSE) if self.sealed_secret else ""

    def read_token(self) -> str:
        """Raises: ValueError: as `read_secret`."""
        return unseal(self.sealed_token, purpose=_PURPOSE) if self.sealed_token else ""


class ChatPerson(models.Model):
    """Who somebody of a chat program is here."""

    app = models.ForeignKey(ChatApp, on_delete=models.CASCADE, related_name="people")
    external_id = models.CharField(max_length=120)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "external_id"], name="integrations_one_chat_person")]

    def __str__(self) -> str:
        return f"{self.external_id} in {self.app_id}"


class ChatMessage(models.Model):
    """A question that was taken: written before it is acknowledged, so that it is answered whatever dies."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    app = models.ForeignKey(ChatApp, on_delete=models.CASCADE, related_name="messages")
    event_id = models.CharField(max_length=120)  # as the program numbers it: twice is once
    person = models.ForeignKey(ChatPerson, null=True, on_delete=models.CASCADE, related_name="+")
    question = SealedTextField()
    reply_to = models.JSONField(default=dict)  # channel, thread, response address: as its kind needs
    turn = models.ForeignKey(Turn, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "event_id"], name="integrations_one_chat_message")]

    def __str__(self) -> str:
        return self.event_id
