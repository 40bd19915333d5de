"""People: a custom user from the first migration, with one of three roles. Groups are Django's own."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Someone who signs in. The role says what they may do, the groups which collections they may read."""

    class Role(models.TextChoices):
        EMPLOYEE = "employee", _("Employee")
        KNOWLEDGE_ADMIN = "knowledge_admin", _("Knowledge admin")
        AUDITOR = "auditor", _("Auditor")

    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.EMPLOYEE)

    @property
    def is_knowledge_admin(self) -> bool:
        """May manage every collection and its documents."""
        return self.is_active and (self.role == self.Role.KNOWLEDGE_ADMIN or self.is_superuser)

    @property
    def is_auditor(self) -> bool:
        """May read the audit."""
        return self.is_active and self.role == self.Role.AUDITOR
