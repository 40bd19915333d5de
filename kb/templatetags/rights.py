"""What somebody may do, for templates that have nothing but the person."""

from django import template
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from kb.models import Collection

register = template.Library()


@register.filter
def manages_anything(user: User | AnonymousUser) -> bool:
    """Tell whether somebody is a knowledge admin, or owns or edits a collection."""
    return user.is_authenticated and (user.is_knowledge_admin or Collection.objects.manageable_by(user).exists())
