"""Every address of the application."""

from allauth.account import views as allauth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from accounts.sign_in import password_views
from accounts.sign_in.login_view import sign_in
from accounts.sign_in.oidc import saml_views, start_views
from config import health, metrics

urlpatterns = [
    # Of allauth only what is in use: nobody signs up, and passwords are set by links of our own (accounts.sign_in.links).
    path("accounts/login/", sign_in, name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/password/change/", password_views.change, name="account_change_password"),
    path("accounts/confirm/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("accounts/oidc/cancelled/", start_views.cancelled, name="socialaccount_login_cancelled"),
    path("accounts/oidc/<slug:provider_id>/login/", start_views.start, name="openid_connect_login"),
    path("accounts/oidc/<slug:provider_id>/callback/", start_views.come_back, name="openid_connect_callback"),
    path("accounts/saml/<slug:organization_slug>/metadata/", saml_views.metadata, name="saml_metadata"),
    path("accounts/saml/<slug:organization_slug>/acs/", saml_views.take_assertion, name="saml_acs"),
    path("accounts/saml/<slug:organization_slug>/acs/finish/", saml_views.come_in, name="saml_finish_acs"),
    path("accounts/saml/<slug:organization_slug>/sls/", saml_views.no_single_logout, name="saml_sls"),
    path("accounts/second-factor/", include("accounts.sign_in.second_factors.urls")),
    path("accounts/password/set/<str:token>/", password_views.set_by_link, name="account_set_password"),
    path("accounts/password/new/", password_views.set_instead_of_told, name="account_new_password"),
    path("accounts/password/forgotten/", password_views.forgotten, name="account_forgotten"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),  # the sign-in page has the switch too
    path("", include("chat.urls")),
    path("library/", include("kb.urls")),
    path("library/", include("ingest.urls")),
    path("library/", include("sources.urls")),
    path("audit/", include("audit.urls")),
    path("reviews/", include("reviews.urls")),
    path("curation/", include("curation.urls")),
    path("guards/", include("guards.urls")),
    path("retention/", include("retention.urls")),
    path("people/", include("accounts.urls")),
    path("models/", include("gateway.urls")),
    path("integrations/", include("integrations.urls")),
    path("", include("integrations.public_urls")),
    path("system/", include("system.urls")),
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
