"""What reviewers fill in."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from reviews.desk.judging import LONGEST, LONGEST_REASON, MOST_SENTENCES
from reviews.models import Verdict

PREFIX = "sentence-"


class ReviewForm(forms.Form):
    verdict = forms.ChoiceField(label=_("Verdict"), choices=Verdict.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, required=False)
    comment = forms.CharField(label=_("Comment"), max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    correction = forms.CharField(
        label=_("How it should read"), max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def sentences(self) -> dict[int, str]:
        """Return the verdicts of single sentences, by their positions from 0."""
        return read_sentences(self.data)


def read_sentences(data: Mapping[str, Any]) -> dict[int, str]:
    given = {name.removeprefix(PREFIX): value for name, value in data.items() if name.startswith(PREFIX) and value}
    return {int(place): str(value) for place, value in given.items() if place.isdecimal() and int(place) < MOST_SENTENCES}


class RulesForm(forms.Form):
    """Numbers out of their ranges are refused by `reviews.desk.rules`, for every caller."""

    sample_percent = forms.IntegerField(label=_("Answers drawn for review, in percent"))
    second_percent = forms.IntegerField(label=_("Second review of answers found correct, in percent"))
    due_days = forms.IntegerField(label=_("Days until a review is due"))
    escalate_days = forms.IntegerField(label=_("Overdue reviews are escalated after days (0: never)"))
    escalate_to = forms.ModelChoiceField(
        label=_("Escalated reviews go to"),
        queryset=User.objects.filter(role=User.Role.AUDITOR, is_active=True),
        required=False,
        empty_label=_("Nobody: they are marked"),
    )
    is_blind = forms.BooleanField(label=_("The second reviewer does not see the first review"), required=False)


class AssignForm(forms.Form):
    to = forms.ModelChoiceField(
        label=_("Reviewer"), queryset=User.objects.filter(role__in=User.GUARDED, is_active=True), required=False
    )
    due_on = forms.DateField(label=_("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
