"""What is left to set up, on the page that admins begin with."""

from typing import Any

from django import template

from system.first_run import is_shown, list_steps

register = template.Library()


@register.inclusion_tag("system/_first_run.html", takes_context=True)
def first_run(context: dict[str, Any]) -> dict[str, Any]:
    """The steps, for admins, until somebody has put them away."""
    user = context["request"].user
    if not (user.is_knowledge_admin or user.is_system_admin) or not is_shown():
        return {"steps": ()}
    steps = list_steps(user)
    done = sum(step.is_done for step in steps)
    following = next((step for step in steps if not step.is_done), None)
    return {
        "steps": steps,
        "done": done,
        "total": len(steps),
        "percent": round(100 * done / len(steps)),
        "following": following,
        "csrf_token": context.get("csrf_token"),
    }
