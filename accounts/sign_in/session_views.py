"""A person's own page about signing in: the password, and where they are signed in. Nobody sees or ends another's sessions here."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import SignInRules, User
from accounts.requests import SignedInRequest
from accounts.sign_in.browsers import name_browser
from accounts.sign_in.sessions import end_session, find_sessions, sign_out_everywhere

SESSIONS_SHOWN = 50


@require_GET
def security(request: SignedInRequest) -> HttpResponse:
    """The password and the sessions, this one first."""
    here = request.session.session_key
    found = sorted(find_sessions(request.user), key=lambda row: row.session_key != here)
    sessions = [
        {"row": row, "is_here": row.session_key == here, "device": name_browser(row.browser)} for row in found[:SESSIONS_SHOWN]
    ]
    context = {"sessions": sessions, "more": max(0, len(found) - SESSIONS_SHOWN), **_factors(request.user)}
    return render(request, "account/security.html", context)


def _factors(user: User) -> dict[str, Any]:
    """Return the second factors for the page: the authenticator app, the passkeys, how many recovery codes are left."""
    rows = Authenticator.objects.filter(user=user).order_by("pk")
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "totp": next((row for row in rows if row.type == Authenticator.Type.TOTP), None),
        "passkeys": [row for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        "has_codes": codes is not None,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "is_factor_required": user.role in SignInRules.current().second_factor_roles,
    }


@require_POST
def end(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Sign out of one other session."""
    if not end_session(user=request.user, public_id=public_id, request=request):
        raise Http404
    messages.success(request, _("That session was signed out."))
    return redirect("accounts:security")


@require_POST
def end_all(request: SignedInRequest) -> HttpResponseBase:
    """Sign out everywhere, here too."""
    sign_out_everywhere(user=request.user, actor=request.user)
    request.session.flush()
    messages.success(request, _("You are signed out everywhere."))
    return redirect("account_login")
