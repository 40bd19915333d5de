"""Addresses of second factors: allauth's views under addresses of ours, each change of a person's factors on record.

What lists factors is the person's own page; allauth leads back to it by the names of its lists.
"""

from allauth.mfa.base import views as codes
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from accounts.sign_in.second_factors.holding import on_record

own_page = RedirectView.as_view(pattern_name="accounts:security")

urlpatterns: list[URLPattern] = [
    path("", own_page, name="mfa_index"),
    path("passkeys/", own_page, name="mfa_list_webauthn"),
    path("code/", codes.authenticate, name="mfa_authenticate"),
    path("confirm/", codes.reauthenticate, name="mfa_reauthenticate"),
    path("confirm/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("app/", on_record(totp.activate_totp), name="mfa_activate_totp"),
    path("app/remove/", on_record(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("recovery-codes/new/", on_record(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("passkeys/new/", on_record(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/remove/", on_record(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("passkeys/sign-in/", login_not_required(passkeys.login_webauthn), name="mfa_login_webauthn"),
]
