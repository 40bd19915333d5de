"""Addresses of the sources: databases, and all other kinds."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from sources import views
from sources.pages import item_views
from sources.pages import views as pages


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
    path("document-sources/", pages.index, name="documents"),
    path("c/<slug:slug>/document-sources/new/", pages.create, name="documents_new"),
    path("document-sources/<uuid:uid>/", pages.source, name="documents_source"),
    path("document-sources/<uuid:uid>/edit/", pages.change, name="documents_edit"),
    path("document-sources/<uuid:uid>/preview/", pages.show_preview, name="documents_preview"),
    path("document-sources/<uuid:uid>/remove/", pages.remove, name="documents_remove"),
    path("document-sources/<uuid:uid>/items/", item_views.items, name="documents_items"),
    path("document-sources/<uuid:uid>/items/<int:pk>/", item_views.item, name="documents_item"),
    path("document-sources/<uuid:uid>/items/<int:pk>/retry/", item_views.retry, name="documents_retry"),
    path("document-sources/<uuid:uid>/people/", item_views.people, name="documents_people"),
    path("document-sources/<uuid:uid>/people/rule/", item_views.person, name="documents_person"),
    path("document-sources/<uuid:uid>/<source_action:action>/", pages.act, name="documents_act"),
]
