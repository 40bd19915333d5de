"""Every address of the application."""

from allauth.account import views as sign_in
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from config import health, metrics

urlpatterns = [
    # Of allauth only what is in use: nobody signs up, and no mail server is needed to reset a password (an admin does).
    path("accounts/login/", sign_in.login, name="account_login"),
    path("accounts/logout/", sign_in.logout, name="account_logout"),
    path("accounts/inactive/", sign_in.account_inactive, name="account_inactive"),
    path("accounts/password/change/", sign_in.password_change, name="account_change_password"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),  # the sign-in page has the switch too
    path("", include("chat.urls")),
    path("library/", include("kb.urls")),
    path("library/", include("ingest.urls")),
    path("library/", include("sources.urls")),
    path("audit/", include("audit.urls")),
    path("people/", include("accounts.urls")),
    path("models/", include("gateway.urls")),
    path("", include("api.urls")),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler429 = "config.errors.too_many_requests"  # allauth looks it up
handler500 = "config.errors.server_error"
