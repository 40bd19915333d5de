"""Addresses of the ingest pages."""

from django.urls import URLPattern, path

from ingest import views
from ingest.sources.urls import urlpatterns as source_addresses

app_name = "ingest"

urlpatterns: list[URLPattern] = [
    path("c/<slug:slug>/upload/", views.upload, name="upload"),
    path("queue/", views.queue, name="queue"),
    path("versions/<uuid:uid>/cancel/", views.cancel, name="cancel"),
    path("versions/<uuid:uid>/retry/", views.retry, name="retry"),
    path("documents/<uuid:uid>/delete/", views.delete, name="delete"),
    *source_addresses,
]
