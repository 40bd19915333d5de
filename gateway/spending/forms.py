"""The form of a budget."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.value_forms import ValuesForm
from gateway.spending.budgets import BudgetValues, clean_budget
from gateway.spending.models import Budget


class BudgetForm(ValuesForm[Budget]):
    """For whom, how much a month, and what happens then."""

    values = BudgetValues

    group = forms.ModelChoiceField(
        label=_("Group"),
        queryset=Group.objects.order_by("name"),
        required=False,
        help_text=_("What its members spend together."),
    )
    person = forms.CharField(label=_("Person"), required=False, max_length=150, help_text=_("The user name."))

    class Meta:
        model = Budget
        fields = ["kind", "group", "person", "amount", "warn_percent", "stops"]
        widgets = {"kind": forms.RadioSelect}
        help_texts = {
            "amount": _("In the currency of the models’ prices. Counted in calendar months."),
            "warn_percent": _("From this percentage on, this page shows a warning and the system admins get an email."),
            "stops": _("After that, questions are answered with quotes from the documents or by models that cost nothing."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.TypedChoiceField, self.fields["kind"]).choices = Budget.Kind.choices
        if self.instance.pk and self.instance.person:
            self.initial["person"] = self.instance.person.username

    def value_of(self, name: str) -> Any:
        value = self.cleaned_data[name]
        if name == "group":
            return value.name if value else ""
        return value

    def check(self, given: Mapping[str, Any]) -> None:
        clean_budget(Budget.objects.get(pk=self.instance.pk) if self.instance.pk else Budget(), given)
