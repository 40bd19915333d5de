"""Addresses of the pages on which integrations are managed."""

from django.urls import URLPattern, path

from integrations.chat_apps import views as chats
from integrations.widgets import views as widgets

app_name = "integrations"

urlpatterns: list[URLPattern] = [
    path("", widgets.index, name="widgets"),
    path("widgets/new/", widgets.create, name="widget_new"),
    path("widgets/<int:pk>/", widgets.show, name="widget"),
    path("widgets/<int:pk>/change/", widgets.change, name="widget_change"),
    path("widgets/<int:pk>/secret/", widgets.renew, name="widget_renew"),
    path("widgets/<int:pk>/delete/", widgets.delete, name="widget_delete"),
    path("chats/", chats.index, name="chats"),
    path("chats/new/", chats.create, name="chat_new"),
    path("chats/<int:pk>/", chats.change, name="chat"),
    path("chats/<int:pk>/delete/", chats.delete, name="chat_delete"),
]
