"""What was spent, by day; and the budgets that it is held against."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

NOBODY = 0  # as a person: Attest itself, which asks golden questions
NOWHERE = 0  # as a collection: before anything was searched, or found


class Spending(models.Model):
    """Sums of a day's calls. Keys, not names: of who and what is deleted the sums stay."""

    day = models.DateField()
    model = models.CharField(max_length=60)  # name of its row, as receipts name it
    person = models.BigIntegerField(default=NOBODY)
    collection = models.BigIntegerField(default=NOWHERE)  # that the best passage came from
    calls = models.PositiveIntegerField(default=0)
    uncounted = models.PositiveIntegerField(default=0)  # of them those whose tokens the server did not tell
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=16, decimal_places=6, default=Decimal(0))

    class Meta:
        verbose_name = _("spending of a day")
        verbose_name_plural = _("spending of days")
        constraints = [models.UniqueConstraint(fields=["day", "model", "person", "collection"], name="gateway_one_spending")]
        indexes = [models.Index(fields=["person", "day"], name="gateway_spending_person")]

    def __str__(self) -> str:
        return f"{self.day} {self.model}: {self.cost}"


class Budget(models.Model):
    """How much may be spent in a calendar month: by all, by the members of a group together, or by one person."""

    class Kind(models.TextChoices):
        INSTALLATION = "installation", _("The whole installation")
        GROUP = "group", _("A group")
        PERSON = "person", _("A person")

    kind = models.CharField(_("Applies to"), max_length=12, choices=Kind.choices)
    group = models.ForeignKey(
        "auth.Group", verbose_name=_("Group"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    person = models.ForeignKey(
        "accounts.User", verbose_name=_("Person"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    amount = models.DecimalField(
        _("Amount per month"), max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    warn_percent = models.PositiveSmallIntegerField(
        _("Warn at (%)"), default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    stops = models.BooleanField(_("Stop when it is spent"), default=True)
    # Of which months, as "2026-11", people have been told.
    warned_for = models.CharField(max_length=7, blank=True, editable=False)
    exhausted_for = models.CharField(max_length=7, blank=True, editable=False)

    class Meta:
        ordering = ["kind", "pk"]
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.CheckConstraint(
                name="gateway_budget_subject",
                condition=Q(kind="installation", group=None, person=None)
                | Q(kind="group", group__isnull=False, person=None)
                | Q(kind="person", group=None, person__isnull=False),
            ),
            models.UniqueConstraint(fields=["kind"], condition=Q(kind="installation"), name="gateway_one_budget_of_all"),
            models.UniqueConstraint(fields=["group"], condition=Q(kind="group"), name="gateway_one_budget_a_group"),
            models.UniqueConstraint(fields=["person"], condition=Q(kind="person"), name="gateway_one_budget_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_name}".strip()

    @property
    def subject_name(self) -> str:
        """Return the name of the group, or the user name of the person; "" of the installation."""
        if self.group is not None:
            return self.group.name
        return self.person.username if self.person is not None else ""
