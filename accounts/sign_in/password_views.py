"""Pages on which people set their own passwords: by a one-time link, instead of a told one, and after forgetting theirs."""

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.password_reset import perform_password_reset_login
from allauth.account.views import password_change
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountRefused
from accounts.models import DirectoryEntry, SignInRules, User
from accounts.services import set_password
from accounts.sign_in.adapter import find_account
from accounts.sign_in.forms import ForgottenForm, NewPasswordForm
from accounts.sign_in.limits import may_send_mail
from accounts.sign_in.links import Purpose, find_invited, make_link
from accounts.sign_in.mail import has_mail, send_link_later
from accounts.sign_in.sessions import describe_client
from accounts.sign_in.stages import NEW_PASSWORD
from audit.services import record

BY_LINK, BY_OWNER = "set by its owner, by a link", "changed by its owner, as it had to be"


@login_not_required
@sensitive_post_parameters()
@sensitive_variables("token")
@require_http_methods(["GET", "POST"])
def set_by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Set the password of whoever the link was made for, and sign them in: other steps of signing in still follow."""
    form = NewPasswordForm(request.POST or None)
    with transaction.atomic():
        user = find_invited(token, locked=request.method == "POST")
        if user is None:
            return render(request, "account/link_void.html", {"has_mail": has_mail()}, status=410)
        is_set = request.method == "POST" and form.is_valid() and _set(form, user, how=BY_LINK)
    if not is_set:
        return _page(request, form, user, is_told=False)
    response = perform_password_reset_login(request, User.objects.get(pk=user.pk))
    request.session.set_expiry(0)  # like a sign-in that does not ask to be kept
    return response


@login_stage_required(stage=NEW_PASSWORD, redirect_urlname="account_login")  # type: ignore[untyped-decorator]  # allauth's
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def set_instead_of_told(request: HttpRequest) -> HttpResponseBase:
    """Set another password than the one that was told, and go on signing in."""
    stage = request._login_stage  # type: ignore[attr-defined]  # the decorator sets it
    user = stage.login.user
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _set(form, user, how=BY_OWNER):
        stage.login.user.refresh_from_db()
        going_on: HttpResponseBase = stage.exit()
        return going_on
    return _page(request, form, user, is_told=True)


def change(request: HttpRequest) -> HttpResponseBase:
    """Change one's own password, where there is one: who comes from an identity provider has none to change."""
    if request.user.is_authenticated and not request.user.has_usable_password():
        raise Http404
    return password_change(request)


@login_not_required
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponseBase:
    """Send a link to whoever has an account and a mail address. The answer is the same for everybody."""
    if not has_mail() or SignInRules.current().is_password_off:
        raise Http404
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = find_account(form.cleaned_data["login"])
        if may_send_mail(request, account=user.pk if user else None):
            _send_link(request, user)
        messages.success(request, _("If this account exists and has an email address, a link has been sent to it."))
        return redirect("account_login")
    return render(request, "account/forgotten.html", {"form": form}, status=422 if form.errors else 200)


def _send_link(request: HttpRequest, user: User | None) -> None:
    """Record that a link was asked for, and send it. A name of no account is not recorded."""
    subject, summary = (f"user:{user.pk}", user.username) if user else ("", "")
    record("account.link_requested", subject=subject, summary=summary, payload=describe_client(request))
    if user is not None and user.is_active and user.email and not _comes_by_provider_alone(user):
        link = make_link(user, purpose=Purpose.FORGOTTEN, request=request)
        send_link_later(user, link=link, purpose=Purpose.FORGOTTEN)


def _comes_by_provider_alone(user: User) -> bool:
    """Tell whether somebody has never had a password here: who may come in is their provider's to say, and no mail changes that."""
    if user.has_usable_password():
        return False
    return SocialAccount.objects.filter(user=user).exists() or DirectoryEntry.objects.filter(user=user).exists()


def _set(form: NewPasswordForm, user: User, *, how: str) -> bool:
    try:
        set_password(user=user, password=form.cleaned_data["password1"], actor=user, how=how)
    except AccountRefused as refused:
        form.add_error("password1", refused.message)
        return False
    return True


def _page(request: HttpRequest, form: NewPasswordForm, user: User, *, is_told: bool) -> HttpResponse:
    context = {"form": form, "account": user, "is_told": is_told}
    return render(request, "account/new_password.html", context, status=422 if form.errors else 200)
