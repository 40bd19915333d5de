"""Language models and the routes to them, as an admin keeps them, and the calls that were made of them."""

import os
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.answer_types import AnswerType
from chat.llm.sealing import seal, unseal
from chat.ports import GenerationOptions, Usage
from kb.models import Collection

ENVIRONMENT = "environment"  # name of the row that LLM_BASE_URL and its like fill


def check_address(value: str) -> None:
    """Raises: ValidationError: no http or https address with a host, or one that holds a password or a query."""
    scheme, _colon, rest = value.partition("://")
    host = rest.partition("/")[0]
    if scheme not in ("http", "https") or not host or any(mark in value for mark in "@?# \t\n"):
        raise ValidationError(_("Give an address such as http://127.0.0.1:8100/v1, without a key in it."))


class ServedModelQuerySet(models.QuerySet["ServedModel"]):
    def usable(self) -> "ServedModelQuerySet":
        return self.filter(is_enabled=True)


class ServedModel(models.Model):
    """A model behind an OpenAI-compatible address."""

    class Style(models.TextChoices):
        MARKERS = "markers", _("Markers in the text")
        STRUCTURED = "structured", _("JSON by a schema")

    name = models.CharField(_("Name"), max_length=60, unique=True)
    base_url = models.CharField(_("Address"), max_length=300, validators=[check_address])
    served_name = models.CharField(_("Name at the server"), max_length=200, blank=True)
    lora_name = models.CharField(_("LoRA adapter"), max_length=200, blank=True)
    sealed_key = models.TextField(blank=True, editable=False)
    key_variable = models.CharField(_("Key from a variable"), max_length=100, blank=True)
    context_tokens = models.PositiveIntegerField(_("Context"), default=8192, validators=[MinValueValidator(512)])
    max_answer_tokens = models.PositiveIntegerField(_("Longest answer"), default=700, validators=[MinValueValidator(16)])
    temperature = models.FloatField(_("Temperature"), default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)])
    extra = models.JSONField(_("Further options"), default=dict, blank=True)  # such as {"top_p": 0.9}
    style = models.CharField(_("How it cites"), max_length=12, choices=Style.choices, default=Style.MARKERS)
    is_external = models.BooleanField(_("Outside the company"), default=False)
    price_in = models.DecimalField(_("Price of a million tokens read"), max_digits=10, decimal_places=4, default=Decimal(0))
    price_out = models.DecimalField(_("Price of a million tokens written"), max_digits=10, decimal_places=4, default=Decimal(0))
    weight = models.PositiveIntegerField(_("Weight"), default=100, validators=[MinValueValidator(1), MaxValueValidator(10_000)])
    first_token_timeout_s = models.FloatField(_("Seconds to the first word"), default=30.0, validators=[MinValueValidator(0.1)])
    total_timeout_s = models.FloatField(_("Seconds to the end"), default=180.0, validators=[MinValueValidator(0.1)])
    max_concurrent = models.PositiveIntegerField(_("Answers at once"), default=64, validators=[MinValueValidator(1)])
    is_enabled = models.BooleanField(_("In use"), default=True)
    # Counters, which outlive the rows of the single calls.
    calls_total = models.PositiveBigIntegerField(default=0, editable=False)
    failures_total = models.PositiveBigIntegerField(default=0, editable=False)
    prompt_tokens_total = models.PositiveBigIntegerField(default=0, editable=False)
    completion_tokens_total = models.PositiveBigIntegerField(default=0, editable=False)
    cost_total = models.DecimalField(max_digits=16, decimal_places=6, default=Decimal(0), editable=False)
    changed_at = models.DateTimeField(auto_now=True)  # by a person or a seed; what failed before says nothing any more

    objects = ServedModelQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("language model")
        verbose_name_plural = _("language models")

    def __str__(self) -> str:
        return self.name

    @property
    def requested_name(self) -> str:
        """What a request names: a server knows an adapter as a model of its own."""
        return self.lora_name or self.served_name

    @property
    def is_from_environment(self) -> bool:
        return self.name == ENVIRONMENT

    def set_key(self, key: str) -> None:
        self.sealed_key = seal(key)

    def read_key(self) -> str:
        """Return the key for a request. Raises: ValueError: it was sealed under another secret."""
        return os.environ.get(self.key_variable, "") if self.key_variable else unseal(self.sealed_key)

    def without_key(self, message: str) -> str:
        """Return what a server said without the key in it: some repeat the one that they refuse."""
        try:
            key = self.read_key()
        except ValueError:
            return message
        return message.replace(key, "…") if key else message

    def options(self) -> GenerationOptions:
        return GenerationOptions(
            max_tokens=self.max_answer_tokens,
            temperature=self.temperature,
            first_token_timeout_s=self.first_token_timeout_s,
            total_timeout_s=self.total_timeout_s,
            extra=self.extra,
        )

    def price_of(self, usage: Usage) -> Decimal:
        """Return what the tokens cost, in the currency that the prices are in."""
        return (self.price_in * usage.prompt_tokens + self.price_out * usage.completion_tokens) / 1_000_000


class Route(models.Model):
    """Which models write which answers. Routes are read in order; the first whose conditions all hold is taken."""

    class Complexity(models.TextChoices):
        SIMPLE = "simple", _("Simple")
        COMPLEX = "complex", _("Complex")

    class Language(models.TextChoices):
        EN = "en", _("English")
        ZH = "zh", _("Chinese")

    name = models.CharField(_("Name"), max_length=60, unique=True)
    position = models.PositiveIntegerField(_("Position"), default=10)
    collections = models.ManyToManyField(Collection, verbose_name=_("Collections"), blank=True, related_name="+")
    question_classes = models.JSONField(_("Kinds of question"), default=list, blank=True)
    complexity = models.CharField(_("Complexity"), max_length=10, choices=Complexity.choices, blank=True)
    language = models.CharField(_("Language"), max_length=5, choices=Language.choices, blank=True)
    primaries = models.ManyToManyField(ServedModel, verbose_name=_("Models"), related_name="routes")  # share by weight
    canary = models.ForeignKey(
        ServedModel, verbose_name=_("Canary"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    canary_percent = models.PositiveIntegerField(_("Share of the canary in %"), default=0, validators=[MaxValueValidator(100)])
    fallbacks = models.ManyToManyField(ServedModel, through="RouteFallback", related_name="+")
    is_enabled = models.BooleanField(_("In use"), default=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("route")
        verbose_name_plural = _("routes")

    def __str__(self) -> str:
        return self.name

    @property
    def question_class_labels(self) -> list[Any]:
        names = dict(question_classes())
        return [names.get(name, name) for name in self.question_classes]

    @property
    def holds_always(self) -> bool:
        return not (self.collections.all() or self.question_classes or self.complexity or self.language)


class RouteFallback(models.Model):
    """Who is asked next where a route's models fail."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="steps")
    model = models.ForeignKey(ServedModel, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["route", "position"], name="chat_one_fallback_a_position")]

    def __str__(self) -> str:
        return f"{self.route} {self.position}"


class ModelCall(models.Model):
    """One answer asked of a model: a place in its queue, then the memory that its circuit breaker reads."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        ENDED = "ended", _("Ended early")  # by the reader, or for a reason that says nothing about the server

    model = models.ForeignKey(ServedModel, on_delete=models.CASCADE, related_name="calls")
    user = models.CharField(max_length=40, blank=True)  # whom the queue is fair to
    state = models.CharField(max_length=8, choices=State.choices)
    is_probe = models.BooleanField(default=False)  # the one that tries a suspended model again
    error_code = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()  # a process that has not finished it by then is dead
    finished_at = models.DateTimeField(null=True)
    first_token_ms = models.FloatField(null=True)
    total_ms = models.FloatField(null=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["model", "state", "finished_at"], name="chat_call_by_state")]
        verbose_name = _("call of a model")
        verbose_name_plural = _("calls of models")

    def __str__(self) -> str:
        return f"{self.model_id} {self.state}"


def question_classes() -> list[tuple[str, Any]]:
    """Return the kinds of question that a route may ask for, with their names."""
    return [
        (AnswerType.PERSON, _("A person")),
        (AnswerType.DATE, _("A date")),
        (AnswerType.AMOUNT, _("An amount of money")),
        (AnswerType.PERCENT, _("A percentage")),
        (AnswerType.NUMBER, _("How many")),
        (AnswerType.DURATION, _("How long")),
        (AnswerType.PLACE, _("A place")),
        (AnswerType.YES_NO, _("Yes or no")),
        (AnswerType.OTHER, _("Anything else")),
    ]
