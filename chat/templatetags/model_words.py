"""What a model's errors mean, for the pages about models."""

from django import template

from chat.model_views import reason_of

register = template.Library()
register.filter("model_reason", reason_of)
