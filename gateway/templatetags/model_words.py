"""Explain a model's errors on the pages about models."""

from django import template

from gateway.views import reason_of

register = template.Library()
register.filter("model_reason", reason_of)
