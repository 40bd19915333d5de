"""Every address of the application."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("chat.urls")),
    path("library/", include("kb.urls")),
    path("library/", include("ingest.urls")),
    path("audit/", include("audit.urls")),
    path("people/", include("accounts.urls")),
]
