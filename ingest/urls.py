"""Addresses of the ingest pages."""

from django.urls import URLPattern, path

from ingest import views
from ingest.documents import views as curation_views
from ingest.editions import views as edition_views

app_name = "ingest"

urlpatterns: list[URLPattern] = [
    path("c/<slug:slug>/upload/", views.upload, name="upload"),
    path("queue/", views.queue, name="queue"),
    path("versions/<uuid:uid>/cancel/", views.cancel, name="cancel"),
    path("versions/<uuid:uid>/retry/", views.retry, name="retry"),
    path("documents/<uuid:uid>/delete/", views.delete, name="delete"),
    path("documents/<uuid:uid>/move/", curation_views.move, name="move"),
    path("documents/<uuid:uid>/replace/", curation_views.replace, name="replace"),
    path("documents/<uuid:uid>/reread/", curation_views.reread, name="reread"),
    path("c/<slug:slug>/delete/", curation_views.remove_collection, name="collection_delete"),
    path("index/", edition_views.show, name="editions"),
    path("index/start/", edition_views.start, name="edition_start"),
    path("index/pause/", edition_views.pause, name="edition_pause"),
    path("index/resume/", edition_views.resume, name="edition_resume"),
    path("index/cancel/", edition_views.cancel, name="edition_cancel"),
]
