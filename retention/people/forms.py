"""What an auditor fills in to have a person's data erased."""

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.people.erasing import LONGEST_REASON


class FindForm(forms.Form):
    person = forms.CharField(label=_("User name"), max_length=150)


class EraseForm(forms.Form):
    reason = forms.CharField(label=_("Reason, without the person's name"), max_length=LONGEST_REASON)
    with_account = forms.BooleanField(label=_("Close the account and remove the names from it"), required=False, initial=True)
    confirmation = forms.CharField(label=_("Enter the user name to confirm"), max_length=150)
