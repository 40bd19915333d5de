"""The page on which a knowledge admin sets the rules of signing in, and the one that holds people up who do not meet them."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import system_admins_only
from accounts.errors import AccountRefused
from accounts.models import PendingAct, SignInRules, User
from accounts.requests import SignedInRequest
from accounts.second_person import request_act
from accounts.sign_in.oidc.providers import find_providers
from accounts.sign_in.rules import change_rules
from accounts.sign_in.second_factors.holding import lacks_second_factor, remove_factors


class RulesForm(forms.Form):
    second_factor_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Second factor required for"),
        choices=User.Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "People without one must set it up before they can continue. Answers being written stop immediately."
        ),
    )
    is_password_off = forms.BooleanField(label=gettext_lazy("Only allow sign-in through identity providers"), required=False)
    break_glass = forms.ModelChoiceField(
        label=gettext_lazy("Emergency account"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose an account"),
        help_text=gettext_lazy(
            "The one account that can still sign in with a password. Each use raises an alarm in the audit and by email."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[User]", self.fields["break_glass"])
        field.queryset = User.objects.system_admins().order_by("username")


@require_http_methods(["GET", "POST"])
@system_admins_only
def rules(request: SignedInRequest) -> HttpResponseBase:
    current = SignInRules.current()
    names = ("second_factor_roles", "is_password_off", "break_glass")
    form = RulesForm(initial={name: getattr(current, name) for name in names})
    if request.method == "POST":  # nobody at all is a form without a field
        form = RulesForm(request.POST)
        if form.is_valid():
            try:
                change_rules(**form.cleaned_data, actor=request.user)
            except AccountRefused as refused:
                form.add_error(None, refused.message)
            else:
                messages.success(request, _("The sign-in rules were saved."))
                return redirect("accounts:rules")
    context = {"form": form, "providers": find_providers(with_disabled=True), "directories": settings.DIRECTORIES}
    return render(request, "people/rules.html", context, status=422 if form.errors else 200)


@require_GET
def factor_needed(request: SignedInRequest) -> HttpResponseBase:
    """What somebody sees who must have a second factor and has none."""
    if not lacks_second_factor(request.user):
        return redirect("accounts:security")
    return render(request, "account/factor_needed.html")


@require_POST
@system_admins_only
def factors_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the second factors from a person who lost them."""
    person = get_object_or_404(User, pk=pk)
    if person.is_guarded:
        request_act(kind=PendingAct.Kind.FACTORS, user=person, actor=request.user)
        messages.success(request, _("This takes effect once a second person has confirmed it under People."))
        return redirect("accounts:index")
    remove_factors(user=person, actor=request.user)
    messages.success(request, _("The second factors of %(name)s were removed, and all sessions ended.") % {"name": person.username})
    return redirect("accounts:change", pk=pk)
