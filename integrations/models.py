"""The rows of integrations, each kind in its room."""

from integrations.chat_apps.models import ChatApp, ChatMessage, ChatPerson
from integrations.widgets.models import SpentToken, Widget, WidgetSession

__all__ = ["ChatApp", "ChatMessage", "ChatPerson", "SpentToken", "Widget", "WidgetSession"]
