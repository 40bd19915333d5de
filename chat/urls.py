"""Addresses of the chat pages."""

from django.urls import URLPattern, path

from chat import views
from chat.checking.views import check
from chat.streaming import turn

app_name = "chat"

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("ask/", views.ask, name="ask"),
    path("check/", check, name="check"),
    path("c/<uuid:uid>/", views.conversation, name="conversation"),
    path("c/<uuid:uid>/newer/", views.newer, name="newer"),
    path("c/<uuid:uid>/rename/", views.rename, name="rename"),
    path("c/<uuid:uid>/delete/", views.delete, name="delete"),
    path("turns/<uuid:uid>/regenerate/", views.regenerate, name="regenerate"),
    path("turns/<uuid:uid>/answer/", views.answer, name="answer"),
    path("turns/<uuid:uid>/feedback/", views.feedback, name="feedback"),
    path("turns/<uuid:uid>/stream/", turn.stream_turn, name="stream"),
    path("turns/<uuid:uid>/stop/", turn.stop, name="stop"),
]
