"""Addresses of the ingest pages."""

from django.urls import URLPattern, path

from ingest import views
from ingest.documents import version_views
from ingest.documents import views as curation_views
from ingest.editions import views as edition_views
from ingest.many import drop_views
from ingest.many import views as many_views

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
    path("documents/<uuid:uid>/passages/<int:ordinal>/", version_views.passage, name="passage"),
    path("passages/<uuid:uid>/restore/", version_views.lift, name="passage_lift"),
    path("versions/<uuid:uid>/restore/", version_views.restore, name="restore"),
    path("c/<slug:slug>/bulk/", many_views.bulk, name="bulk"),
    path("bulk/<uuid:uid>/", many_views.run, name="bulk_run"),
    path("c/<slug:slug>/drops/", drop_views.begin, name="drop"),
    path("drops/<uuid:uid>/<int:number>/", drop_views.take, name="drop_file"),
    path("drops/<uuid:uid>/close/", drop_views.close, name="drop_close"),
    path("c/<slug:slug>/delete/", curation_views.remove_collection, name="collection_delete"),
    path("index/", edition_views.show, name="editions"),
    path("index/start/", edition_views.start, name="edition_start"),
    path("index/pause/", edition_views.pause, name="edition_pause"),
    path("index/resume/", edition_views.resume, name="edition_resume"),
    path("index/cancel/", edition_views.cancel, name="edition_cancel"),
]
