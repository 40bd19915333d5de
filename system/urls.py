"""Addresses of the system's page."""

from django.urls import URLPattern, path

from system import views

app_name = "system"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("setup/put-away/", views.put_away, name="setup_put_away"),
    path("setup/show/", views.take_out, name="setup_show"),
    path("incognito/", views.incognito, name="incognito"),
    path("files/", views.files, name="files"),
]
