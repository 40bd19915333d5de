"""Addresses of the other pages of a list. A page that has two lists gives the second one another parameter."""

from django import template
from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def page_address(context: Context, number: int, parameter: str = "") -> str:
    """Return the address of page `number`, with everything else that the present address asks for."""
    query = context["request"].GET.copy()
    query[parameter or "page"] = number
    return f"?{query.urlencode()}"
