"""Addresses of the SQL sources."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from sources import views


class ActionConverter(StringConverter):
    regex = "start|run|pause|prune"


register_converter(ActionConverter, "source_action")

app_name = "sources"

urlpatterns: list[URLPattern] = [
    path("sql-sources/", views.index, name="index"),
    path("c/<slug:slug>/sql-sources/new/", views.create, name="new"),
    path("sql-sources/<uuid:uid>/", views.source, name="source"),
    path("sql-sources/<uuid:uid>/edit/", views.change, name="edit"),
    path("sql-sources/<uuid:uid>/preview/", views.preview, name="preview"),
    path("sql-sources/<uuid:uid>/remove/", views.remove, name="remove"),
    path("sql-sources/<uuid:uid>/<source_action:action>/", views.act, name="act"),
]
