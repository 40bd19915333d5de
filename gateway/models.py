"""Language models, the routes to them, and the calls made of them, as rows."""

import os
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gateway.hosts import may_see_key, model_rules, read_origin
from gateway.ports import GenerationOptions, Usage
from gateway.routing.models import CollectionChoice
from gateway.sealing import seal, unseal
from gateway.spending.models import Budget, Spending
from kb.models import Collection
from language.answer_types import AnswerType
from outbound.errors import HostRefused, HostUnknown

__all__ = ["Budget", "CollectionChoice", "ModelCall", "Route", "RouteFallback", "ServedModel", "Spending"]
ENVIRONMENT = "environment"  # name of the row that LLM_BASE_URL and its like fill


def check_address(value: str) -> None:
    """Judge an address that was typed. A name that nobody knows yet may stand: the server may come later, and is judged then.

    Raises: ValidationError: no http or https address with a host, one that holds a password or a query, or one that leads to this
        machine without the operator's leave.
    """
    origin = read_origin(value)
    if origin is None or any(mark in value for mark in "@?# \\\t\r\n"):
        raise ValidationError(_("Enter an address such as http://127.0.0.1:8100/v1, without a key."))
    _scheme, host, port = origin
    try:
        model_rules().find_addresses(host, port)
    except HostUnknown:
        return
    except HostRefused as refused:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        message = _(
            "This address points to the machine that runs Attest, or to one that only that machine can reach. To allow "
            "it, an administrator of this installation sets ATTEST_MODEL_HOSTS=%(place)s."
        )
        raise ValidationError(message % {"place": place}) from refused


def unbound_key_sentence(variable: str) -> str:
    """Return what to do where a variable's key may not go to an address."""
    message = _(
        "The key in %(variable)s is not allowed for this address. To allow it, an administrator of this installation sets ATTEST_MODEL_KEY_ORIGINS=%(variable)s=https://host:port."
    )
    return message % {"variable": variable}


class ServedModelQuerySet(models.QuerySet["ServedModel"]):
    def usable(self) -> "ServedModelQuerySet":
        return self.filter(is_enabled=True)


class ServedModel(models.Model):
    """A model behind an OpenAI-compatible address."""

    is_held = False  # set on what a service returns: part of the change is tried first

    class Style(models.TextChoices):
        MARKERS = "markers", _("Markers in text")
        STRUCTURED = "structured", _("JSON schema")

    name = models.CharField(_("Name"), max_length=60, unique=True)
    base_url = models.CharField(_("Address"), max_length=300, validators=[check_address])
    served_name = models.CharField(_("Model name on the server"), max_length=200, blank=True)
    lora_name = models.CharField(_("LoRA adapter"), max_length=200, blank=True)
    sealed_key = models.TextField(blank=True, editable=False)
    key_variable = models.CharField(_("Key variable"), max_length=100, blank=True)
    context_tokens = models.PositiveIntegerField(_("Context window"), default=8192, validators=[MinValueValidator(512)])
    max_answer_tokens = models.PositiveIntegerField(_("Maximum answer length"), default=700, validators=[MinValueValidator(16)])
    temperature = models.FloatField(_("Temperature"), default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)])
    extra = models.JSONField(_("Additional options"), default=dict, blank=True)  # such as {"top_p": 0.9}
    style = models.CharField(_("Citation format"), max_length=12, choices=Style.choices, default=Style.MARKERS)
    is_external = models.BooleanField(_("External model"), default=False)
    price_in = models.DecimalField(_("Price per million input tokens"), max_digits=10, decimal_places=4, default=Decimal(0))
    price_out = models.DecimalField(_("Price per million output tokens"), max_digits=10, decimal_places=4, default=Decimal(0))
    weight = models.PositiveIntegerField(_("Weight"), default=100, validators=[MinValueValidator(1), MaxValueValidator(10_000)])
    first_token_timeout_s = models.FloatField(_("First token timeout (seconds)"), default=30.0, validators=[MinValueValidator(0.1)])
    total_timeout_s = models.FloatField(_("Total timeout (seconds)"), default=180.0, validators=[MinValueValidator(0.1)])
    max_concurrent = models.PositiveIntegerField(_("Concurrent answers"), default=64, validators=[MinValueValidator(1)])
    is_enabled = models.BooleanField(_("In use"), default=True)
    is_offered = models.BooleanField(_("Owners may choose it for their collections"), default=False)
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

    def clean(self) -> None:
        """Raises: ValidationError: the key in the variable is not for this server."""
        if self.key_variable and not may_see_key(self.key_variable, self.base_url):
            raise ValidationError({"key_variable": unbound_key_sentence(self.key_variable)})

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
        """Return the key for a request. Raises: ValueError: it was sealed under another secret, or is not for this server."""
        if not self.key_variable:
            return unseal(self.sealed_key)
        if not may_see_key(self.key_variable, self.base_url):
            raise ValueError(f"the key in {self.key_variable} is not bound to this address (ATTEST_MODEL_KEY_ORIGINS)")
        return os.environ.get(self.key_variable, "")

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

    @property
    def has_price(self) -> bool:
        return bool(self.price_in or self.price_out)

    def price_of(self, usage: Usage) -> Decimal:
        """Return what the tokens cost, in the currency that the prices are in."""
        return (self.price_in * usage.prompt_tokens + self.price_out * usage.completion_tokens) / 1_000_000


class Route(models.Model):
    """Which models write which answers. Routes are read in order; the first whose conditions all hold is taken."""

    is_held = False  # set on what a service returns: the change is tried first

    class Complexity(models.TextChoices):
        SIMPLE = "simple", _("Simple")
        COMPLEX = "complex", _("Complex")

    class Language(models.TextChoices):
        EN = "en", _("English")
        ZH = "zh", _("Chinese")

    name = models.CharField(_("Name"), max_length=60, unique=True)
    position = models.PositiveIntegerField(_("Order"), default=10)
    collections = models.ManyToManyField(Collection, verbose_name=_("Collections"), blank=True, related_name="+")
    question_classes = models.JSONField(_("Question types"), default=list, blank=True)
    complexity = models.CharField(_("Complexity"), max_length=10, choices=Complexity.choices, blank=True)
    language = models.CharField(_("Language"), max_length=5, choices=Language.choices, blank=True)
    primaries = models.ManyToManyField(ServedModel, verbose_name=_("Models"), related_name="routes")  # share by weight
    canary = models.ForeignKey(
        ServedModel, verbose_name=_("Canary model"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    canary_percent = models.PositiveIntegerField(_("Canary share (%)"), default=0, validators=[MaxValueValidator(100)])
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
        constraints = [models.UniqueConstraint(fields=["route", "position"], name="gateway_one_fallback_a_position")]

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
        indexes = [models.Index(fields=["model", "state", "finished_at"], name="gateway_call_by_state")]
        verbose_name = _("model call")
        verbose_name_plural = _("model calls")

    def __str__(self) -> str:
        return f"{self.model_id} {self.state}"


def question_classes() -> list[tuple[str, Any]]:
    """Return the kinds of question that a route may ask for, with their names."""
    return [
        (AnswerType.PERSON, _("Person")),
        (AnswerType.DATE, _("Date")),
        (AnswerType.AMOUNT, _("Amount of money")),
        (AnswerType.PERCENT, _("Percentage")),
        (AnswerType.NUMBER, _("Count")),
        (AnswerType.DURATION, _("Duration")),
        (AnswerType.PLACE, _("Place")),
        (AnswerType.YES_NO, _("Yes or no")),
        (AnswerType.OTHER, _("Other")),
    ]
