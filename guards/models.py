"""The rows of guards. What they found is in the audit alone."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.models import Collection


class GuardQuerySet(models.QuerySet["Guard"]):
    def ruled_by(self, user: User) -> "GuardQuerySet":
        """Those that this user may change: a knowledge admin all, others those of the collections that they run."""
        if not user.is_active:
            return self.none()
        return self if user.is_knowledge_admin else self.filter(collection__in=Collection.objects.manageable_by(user))

    def in_use(self) -> "GuardQuerySet":
        return self.exclude(mode=Guard.Mode.OFF).filter(Q(collection=None) | Q(collection__in=Collection.objects.live()))


class Guard(models.Model):
    """One rule: what it looks for, where, and what follows."""

    class Kind(models.TextChoices):
        WORDS = "words", _("Words")
        PATTERNS = "patterns", _("Patterns")
        TOPICS = "topics", _("Topics that are not answered")
        ONLY_TOPICS = "only_topics", _("Nothing but these topics")
        PERSONAL = "personal", _("Personal data")
        PLANTED = "planted", _("Planted instructions")
        LLAMA_GUARD = "llama_guard", _("Llama Guard")
        CLASSIFIER = "classifier", _("A language model with a policy")

    class Side(models.TextChoices):
        QUESTION = "question", _("Questions")
        PASSAGES = "passages", _("Passages found")
        ANSWER = "answer", _("Answers")

    class Mode(models.TextChoices):
        OFF = "off", _("Off")
        MONITOR = "monitor", _("Monitor")
        BLOCK = "block", _("Block")

    class Language(models.TextChoices):
        ANY = "", _("Every language")
        EN = "en", _("English")
        ZH = "zh", _("Chinese")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=80, unique=True)
    kind = models.CharField(_("Looks for"), max_length=12, choices=Kind.choices)
    side = models.CharField(_("In"), max_length=8, choices=Side.choices, default=Side.QUESTION)
    mode = models.CharField(_("Mode"), max_length=7, choices=Mode.choices, default=Mode.MONITOR)
    language = models.CharField(_("Language"), max_length=2, choices=Language.choices, blank=True)
    collection = models.ForeignKey(
        Collection, verbose_name=_("Collection"), null=True, blank=True, on_delete=models.CASCADE, related_name="guards"
    )  # None: all
    terms = models.TextField(_("Rules"), blank=True)  # one a line; of a classifier its policy
    threshold = models.FloatField(_("How near a topic must be"), default=0.45)  # in [0, 1], of topics alone
    model = models.CharField(_("Model"), max_length=60, blank=True)  # of classifiers: a language model by its name
    message_en = models.CharField(_("What the reader is told, in English"), max_length=500, blank=True)
    message_zh = models.CharField(_("What the reader is told, in Chinese"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GuardQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("guard")
        verbose_name_plural = _("guards")

    def __str__(self) -> str:
        return self.name

    @property
    def rules(self) -> tuple[str, ...]:
        """The lines that say something; what begins with # is a comment."""
        lines = (line.strip() for line in self.terms.splitlines())
        return tuple(line for line in lines if line and not line.startswith("#"))

    @property
    def blocks(self) -> bool:
        return self.mode == self.Mode.BLOCK
