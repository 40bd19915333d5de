"""What is kept of a company directory: who of it has which account here, and how the last sync went."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DirectoryEntry(models.Model):
    """Connects an account with an entry of a directory. Its password is the directory's: there is none here."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="directory_entry")
    directory = models.CharField(max_length=40)  # its slug
    uid = models.CharField(max_length=200)  # what the directory calls the entry for ever: entryUUID, objectGUID
    dn = models.CharField(max_length=1000)  # where it was last
    seen_at = models.DateTimeField()  # by a sign-in or a sync
    # Set where a sync disabled the account. Only what a sync disabled is enabled again by one.
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("directory entry")
        verbose_name_plural = _("directory entries")
        constraints = [models.UniqueConstraint(fields=["directory", "uid"], name="accounts_one_directory_entry")]

    def __str__(self) -> str:
        return f"{self.dn} in {self.directory}"


class DirectorySync(models.Model):
    """The last sync of a directory, and whether one is under way."""

    directory = models.CharField(max_length=40, unique=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    running_until = models.DateTimeField(null=True, blank=True)  # a lease: of a process that was killed it runs out
    is_requested = models.BooleanField(default=False)  # by a person: due at once
    # Of the last that ended: {"outcome", "people", "made", "changed", "disabled", "enabled", "refused": [[name, why], …]}
    report = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"sync of {self.directory}"
