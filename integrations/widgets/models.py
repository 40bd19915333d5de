"""Widgets, the sessions that they opened, and the tokens that opened them."""

import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.sign_in.sealing import seal, unseal
from chat.models import Conversation
from kb.models import Collection

_PURPOSE = b"attest: secrets of widgets"


class Widget(models.Model):
    """One widget: where it may stand, what it asks, whom it lets in. `uid` is public: it stands in the host's pages."""

    class Language(models.TextChoices):
        READERS = "", _("The reader’s language")
        EN = "en", _("English")
        ZH = "zh-hans", _("Simplified Chinese")

    class Signing(models.TextChoices):
        SECRET = "HS256", _("A shared secret (HS256)")
        PUBLIC_KEY = "EdDSA", _("The site’s public key (EdDSA, Ed25519)")

    class MatchBy(models.TextChoices):
        USERNAME = "username", _("User name")
        EMAIL = "email", _("Email address")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=80, unique=True)
    title = models.CharField(_("Title"), max_length=80)
    origins = models.JSONField(_("Allowed sites"), default=list)  # such as "https://intranet.example"
    collections = models.ManyToManyField(Collection, verbose_name=_("Collections"), blank=True, related_name="+")  # none: all
    accent = models.CharField(
        _("Color"), max_length=7, default="#0b6350", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Enter it as #rrggbb."))]
    )
    language = models.CharField(_("Language"), max_length=7, choices=Language.choices, blank=True)
    signing = models.CharField(_("Tokens are signed with"), max_length=5, choices=Signing.choices, default=Signing.SECRET)
    sealed_secret = models.TextField(blank=True, editable=False)
    public_key = models.TextField(_("Public key"), blank=True)  # PEM, of EdDSA
    match_by = models.CharField(_("Users are recognised by"), max_length=8, choices=MatchBy.choices, default=MatchBy.USERNAME)
    guest = models.ForeignKey(  # asks where the host vouches for nobody
        "accounts.ServiceAccount",
        verbose_name=_("Visitors without a token ask as"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    is_enabled = models.BooleanField(_("In use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")

    def __str__(self) -> str:
        return self.name

    def set_secret(self, secret: str) -> None:
        self.sealed_secret = seal(secret, purpose=_PURPOSE) if secret else ""

    def verification_key(self) -> str:
        """Return what tokens are checked with. Raises: ValueError: the secret was sealed under another key of the installation."""
        return self.public_key if self.signing == self.Signing.PUBLIC_KEY else unseal(self.sealed_secret, purpose=_PURPOSE)


class SpentToken(models.Model):
    """A token that has opened a session: it opens no second one. Kept until it would have ended anyway."""

    widget = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="+")
    jti = models.CharField(max_length=100)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["widget", "jti"], name="integrations_one_use")]

    def __str__(self) -> str:
        return self.jti


class WidgetSession(models.Model):
    """A visitor who was let in, for an hour at most. The browser has the key, the row its hash."""

    widget = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="sessions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_guest = models.BooleanField(default=False)
    key_hash = models.CharField(max_length=64, unique=True)
    origin = models.CharField(max_length=300)
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"session {self.pk} of widget {self.widget_id}"
