"""Addresses of the SQL sources; part of the app `ingest`."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from ingest.sources import views


class ActionConverter(StringConverter):
    regex = "start|run|pause|prune"


register_converter(ActionConverter, "source_action")

urlpatterns: list[URLPattern] = [
    path("sql-sources/", views.index, name="sources"),
    path("c/<slug:slug>/sql-sources/new/", views.create, name="source_new"),
    path("sql-sources/<uuid:uid>/", views.source, name="source"),
    path("sql-sources/<uuid:uid>/edit/", views.change, name="source_edit"),
    path("sql-sources/<uuid:uid>/preview/", views.preview, name="source_preview"),
    path("sql-sources/<uuid:uid>/remove/", views.remove, name="source_remove"),
    path("sql-sources/<uuid:uid>/<source_action:action>/", views.act, name="source_act"),
]
