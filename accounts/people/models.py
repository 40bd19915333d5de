"""What programs that provision people keep with accounts and groups."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Provisioned(models.Model):
    """An account or a group as a program that provisions people (SCIM) calls it, and whether that program has deleted it.

    A deleted account is deactivated, and its row stays for the audit; to the program it is gone until it makes it again.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="provisioned")
    group = models.OneToOneField("auth.Group", null=True, on_delete=models.CASCADE, related_name="provisioned")
    external_id = models.CharField(max_length=255, blank=True, db_index=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, group=None) | Q(user=None, group__isnull=False), name="accounts_provisioned_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.external_id} is {'user' if self.user_id else 'group'} {self.user_id or self.group_id}"
