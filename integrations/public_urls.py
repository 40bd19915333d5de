"""Addresses that other sites and programs ask; their views admit callers themselves."""

from django.urls import URLPattern, path

from integrations.chat_apps import public_views as chats
from integrations.widgets import public_views as widgets

app_name = "outside"

urlpatterns: list[URLPattern] = [
    path("widget/<uuid:uid>/", widgets.frame, name="widget"),
    path("widget/<uuid:uid>/session/", widgets.open_, name="widget_session"),
    path("widget/<uuid:uid>/ask/", widgets.ask, name="widget_ask"),
    path("widget/<uuid:uid>/sources/<uuid:version_uid>/<int:page_number>/", widgets.source, name="widget_source"),
    path("chat-apps/<uuid:uid>/", chats.receive, name="chat"),
]
