"""What an auditor fills in to have data go."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kb.models import Collection
from retention.models import RetentionRule


class RuleForm(forms.Form):
    """Numbers out of their range are refused by `retention.rules.changing`, for every caller."""

    kind = forms.ChoiceField(label=_("What"), choices=RetentionRule.Kind.choices)
    collection = forms.ModelChoiceField(
        label=_("Collection"),
        queryset=Collection.objects.filter(is_private=False).order_by("name"),
        required=False,
        empty_label=_("All other collections"),
    )
    days = forms.IntegerField(
        label=_("Days"), required=False, help_text=_("Leave empty to keep it indefinitely in this collection.")
    )
