"""What the widget's script says."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def widget_words() -> dict[str, str]:
    """Return its words in the active language. `%s` stands for what the script puts in."""
    return {
        "thinking": _("Analyzing the question…"),
        "send": _("Send"),
        "stop": _("Stop"),
        "stopped": _("Stopped."),
        "failed": _("The connection was lost. Ask again."),
        "refused": _("The documents do not answer this"),
        "withheld": _("Sentences were withheld because no document supports them."),
        "sources": _("Sources"),
        "nearest": _("Closest sources"),
        "source": _("Source %s"),
        "page": _("page %s"),
        "as": _("Asking as %s"),
        "gone": _("This source is no longer there, or you can no longer read it."),
    }
