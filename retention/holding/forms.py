"""What an auditor fills in to hold something, and to let go of it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.looking.matching import midnight
from retention.holding.services import LONGEST_NAME, LONGEST_REASON

DAY = {"type": "date"}
AREA = {"rows": 3, "spellcheck": "false"}


class HoldForm(forms.Form):
    name = forms.CharField(label=_("Name of the hold"), max_length=LONGEST_NAME)
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    people = forms.CharField(label=_("People"), required=False, widget=forms.Textarea(attrs=AREA))
    documents = forms.CharField(label=_("Documents"), required=False, widget=forms.Textarea(attrs=AREA))
    conversations = forms.CharField(label=_("Conversations"), required=False, widget=forms.Textarea(attrs=AREA))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))

    def period(self) -> dict[str, datetime | None]:
        """Return the days as moments in the reader's time zone, the last one whole."""
        values: dict[str, Any] = self.cleaned_data
        since, until = values["since"], values["until"]
        return {
            "since": midnight(since) if since else None,
            "until": midnight(until + timedelta(days=1)) - timedelta(microseconds=1) if until else None,
        }


class ReleaseForm(forms.Form):
    reason = forms.CharField(label=_("Why is it released?"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))
