"""The form that describes a SQL source. An address that was typed once is never shown again."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ingest.sources.errors import SourceFault
from ingest.sources.models import SqlSource
from ingest.sources.services import SourcePlan

MAX_QUERY = 20_000
MAX_TEMPLATE = 10_000


class SourceForm(forms.ModelForm):
    """`dsn` and `dsn_variable`: where the database is, one of the two; both empty on an existing source: as it is."""

    dsn_variable = forms.ChoiceField(
        label=_("Database of the environment"),
        required=False,
        help_text=_("Addresses that an administrator of this installation has set as ATTEST_SOURCE_DSN_NAME."),
    )
    dsn = forms.CharField(
        label=_("Database address"),
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "placeholder": "postgresql://reader:…@db.example:5432/shop"}),
        help_text=_("PostgreSQL or MySQL, with an account that may only read. It is kept encrypted and not shown again."),
    )

    class Meta:
        model = SqlSource
        fields = ["name", "query", "key_column", "title_template", "text_template", "interval_minutes"]
        widgets = {
            "query": forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false", "maxlength": MAX_QUERY}),
            "text_template": forms.Textarea(attrs={"rows": 5, "maxlength": MAX_TEMPLATE}),
        }
        help_texts = {
            "name": _("The documents' names begin with it."),
            "query": _("One SELECT. Its rows become documents."),
            "key_column": _("The column that tells rows apart and never changes, such as id."),
            "title_template": _("Columns in braces, such as {name} ({city})."),
            "text_template": _("Columns in braces. Lines whose columns are all empty are left out. Empty: every column as a line."),
        }

    field_order = ["name", "dsn_variable", "dsn", "query", "key_column", "title_template", "text_template", "interval_minutes"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted(settings.SOURCE_DSNS)
        if names or self.instance.dsn_variable:
            known = dict.fromkeys([self.instance.dsn_variable, *names] if self.instance.dsn_variable else names)
            self.fields["dsn_variable"].choices = [("", "—"), *((name, name) for name in known)]
            self.fields["dsn_variable"].initial = self.instance.dsn_variable
        else:
            del self.fields["dsn_variable"]
        if self.instance.sealed_dsn:
            self.fields["dsn"].help_text = _("Kept as it is while this is empty. Type another to replace it.")

    def clean_name(self) -> str:
        """Return the name on one line, which no other source of the collection has."""
        name = " ".join(self.cleaned_data["name"].split())
        others = SqlSource.objects.filter(collection=self.instance.collection, name=name, removed_at=None).exclude(
            pk=self.instance.pk
        )
        if others.exists():
            raise forms.ValidationError(_("Another source of this collection has this name."))
        return name

    def clean_query(self) -> str:
        """Return the query, where it is not beyond measure."""
        if len(self.cleaned_data["query"]) > MAX_QUERY:
            raise forms.ValidationError(_("A query has at most %(count)d characters.") % {"count": MAX_QUERY})
        return self.cleaned_data["query"]

    def clean(self) -> dict[str, Any]:
        """One address is needed, and only one."""
        data = super().clean() or self.cleaned_data
        typed, chosen = data.get("dsn"), data.get("dsn_variable")
        if typed and chosen:
            self.add_error("dsn", _("Either choose a database or type an address."))
        if not typed and not chosen and not self.instance.sealed_dsn:
            self.add_error("dsn", _("Which database? Type its address."))
        return data

    def plan(self) -> SourcePlan:
        """Return what was filled in."""
        data = self.cleaned_data
        return SourcePlan(
            name=data["name"],
            query=data["query"],
            key_column=data["key_column"].strip(),
            title_template=data["title_template"],
            text_template=data["text_template"],
            interval_minutes=data["interval_minutes"],
            dsn=data.get("dsn") or "",
            dsn_variable=data.get("dsn_variable") or "",
        )

    def blame(self, fault: SourceFault) -> None:
        """Put a fault beside the field that it is about."""
        fields = {"not_select": "query", "bad_template": "title_template", "no_variable": "dsn_variable"}
        field = fields.get(fault.code, "dsn")
        self.add_error(field if field in self.fields else None, fault.message)
