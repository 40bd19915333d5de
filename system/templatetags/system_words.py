"""How facts of the system are written on its page."""

from datetime import datetime

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kb.templatetags.moments import moment_ago
from system.values import Fact

register = template.Library()


@register.filter
def fact_value(fact: Fact) -> str | SafeString:
    """Return a fact's value for people."""
    match fact.value:
        case None:
            return "–"
        case bool():
            return _("yes") if fact.value else _("no")
        case datetime():
            return moment_ago(fact.value)
        case int() | float() if fact.unit == "bytes":
            return filesizeformat(fact.value)
        case int() | float() if fact.unit == "seconds":
            return _("%(seconds)s s") % {"seconds": intcomma(round(fact.value))}
        case int() | float():
            return intcomma(fact.value)
        case _:
            return str(fact.value)
