"""Addresses of the chat pages."""

from django.urls import URLPattern, path

from chat import views
from chat.checking.views import check
from chat.conversations import file_views as files
from chat.conversations import views as conversations
from chat.streaming import turn

app_name = "chat"

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("ask/", views.ask, name="ask"),
    path("check/", check, name="check"),
    path("c/<uuid:uid>/", views.conversation, name="conversation"),
    path("c/<uuid:uid>/newer/", views.newer, name="newer"),
    path("c/<uuid:uid>/rename/", conversations.rename, name="rename"),
    path("c/<uuid:uid>/pin/", conversations.pin, name="pin"),
    path("c/<uuid:uid>/archive/", conversations.archive, name="archive"),
    path("c/<uuid:uid>/delete/", conversations.delete, name="delete"),
    path("attach/", files.attach_to_new, name="attach_to_new"),
    path("c/<uuid:uid>/files/", files.files, name="files"),
    path("c/<uuid:uid>/files/attach/", files.attach, name="attach"),
    path("c/<uuid:uid>/files/<uuid:document>/remove/", files.remove, name="file_remove"),
    path("c/<uuid:uid>/share/", conversations.sharing, name="sharing"),
    path("c/<uuid:uid>/share/on/", conversations.share, name="share"),
    path("c/<uuid:uid>/share/off/", conversations.unshare, name="unshare"),
    path("c/<uuid:uid>/export/<str:kind>/", conversations.export, name="export"),
    path("conversations/", conversations.listing, name="conversations"),
    path("shared/<uuid:uid>/", conversations.shared, name="shared"),
    path("turns/<uuid:uid>/regenerate/", views.regenerate, name="regenerate"),
    path("turns/<uuid:uid>/edit/", views.edit, name="edit"),
    path("turns/<uuid:uid>/answer/", views.answer, name="answer"),
    path("turns/<uuid:uid>/feedback/", views.feedback, name="feedback"),
    path("turns/<uuid:uid>/next/", turn.next_questions, name="next"),
    path("turns/<uuid:uid>/stream/", turn.stream_turn, name="stream"),
    path("turns/<uuid:uid>/stop/", turn.stop, name="stop"),
]
