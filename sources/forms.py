"""The form of a SQL source. A stored address is never shown again."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.editable import names_of
from accounts.errors import ValuesRefused
from accounts.value_forms import ValuesForm
from sources.editable import SourceValues
from sources.errors import SourceFault
from sources.models import SqlSource
from sources.services import MAX_QUERY, MAX_TEMPLATE, clean_source


class SourceForm(ValuesForm[SqlSource]):
    """`dsn` and `dsn_variable`: where the database is, one of the two; both empty on an existing source keep its address."""

    values = SourceValues

    dsn_variable = forms.ChoiceField(
        label=_("Configured database"),
        required=False,
        help_text=_("Addresses that an administrator of this installation has set as ATTEST_SOURCE_DSN_NAME."),
    )
    dsn = forms.CharField(
        label=_("Database address"),
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "placeholder": "postgresql://reader:…@db.example:5432/shop"}),
        help_text=_("PostgreSQL or MySQL, with a read-only account. Stored encrypted and never shown again."),
    )

    class Meta:
        model = SqlSource
        fields = names_of(SourceValues)
        widgets = {
            "query": forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false", "maxlength": MAX_QUERY}),
            "text_template": forms.Textarea(attrs={"rows": 5, "maxlength": MAX_TEMPLATE}),
        }
        help_texts = {
            "name": _("Used as the prefix of document names."),
            "query": _("A single SELECT statement. Each row becomes a document."),
            "key_column": _("A column with a unique value per row that never changes, for example id."),
            "title_template": _("Write column names in braces, for example {name} ({city})."),
            "text_template": _(
                "Write column names in braces. Lines whose columns are all empty are omitted. Leave empty to list each "
                "column on its own line."
            ),
        }

    field_order = names_of(SourceValues)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted(settings.SOURCE_DSNS)
        if names or self.instance.dsn_variable:
            known = dict.fromkeys([self.instance.dsn_variable, *names] if self.instance.dsn_variable else names)
            cast(forms.ChoiceField, self.fields["dsn_variable"]).choices = [("", "—"), *((name, name) for name in known)]
            self.fields["dsn_variable"].initial = self.instance.dsn_variable
        else:
            del self.fields["dsn_variable"]
        if self.instance.sealed_dsn:
            self.fields["dsn"].help_text = _("Leave empty to keep the current address, or enter a new one to replace it.")

    def check(self, given: Mapping[str, Any]) -> None:
        collection = self.instance.collection
        row = SqlSource.objects.get(pk=self.instance.pk) if self.instance.pk else SqlSource(collection=collection)
        try:
            clean_source(row, given)
        except SourceFault as fault:
            raise self.refusal(fault) from fault

    def refusal(self, fault: SourceFault) -> ValuesRefused:
        """Return the fault as one of the field that it is about."""
        fields = {"not_select": "query", "bad_template": "title_template", "no_variable": "dsn_variable"}
        return ValuesRefused({fields.get(fault.code, "dsn"): [fault.message]})
