"""What narrows a collection from inside: folders, and a clock that tells when who may read what has changed."""

import uuid
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


def naming(kind: type[Any], user: User, *, column: str = "pk") -> Q:
    """Return the condition that what `column` refers to, a document or a folder, names one of the user's groups or the user."""
    named = f"{kind._meta.model_name}_id"
    by_group = kind.groups.through._default_manager.filter(group__user=user).values(named)
    by_name = kind.people.through._default_manager.filter(user=user).values(named)
    return Q(**{f"{column}__in": by_group}) | Q(**{f"{column}__in": by_name})


def denying(kind: type[Any], user: User, *, column: str = "pk") -> Q:
    """Return the condition that the document which `column` refers to denies one of the user's groups or the user."""
    named = f"{kind._meta.model_name}_id"
    by_group = kind.denied_groups.through._default_manager.filter(group__user=user).values(named)
    by_name = kind.denied_people.through._default_manager.filter(user=user).values(named)
    return Q(**{f"{column}__in": by_group}) | Q(**{f"{column}__in": by_name})


def reached(user: User, *, folder: str) -> Q:
    """Return the condition that no narrowed folder on the way to `folder`, a column of the outer query, keeps the user out."""
    way = Folder.gates.through.objects.filter(from_folder=OuterRef(folder))
    return Q(~Exists(way.exclude(naming(Folder, user, column="to_folder"))))


class FolderQuerySet(models.QuerySet["Folder"]):
    def visible_to(self, user: User | AnonymousUser) -> "FolderQuerySet":
        """Folders that this user reaches in collections which they may read now; the others do not exist for them."""
        collections = apps.get_model("kb", "Collection").objects
        readable = self.filter(collection__in=collections.visible_to(user))
        if not user.is_authenticated or user.is_knowledge_admin:
            return readable
        return readable.filter(Q(collection__in=collections.manageable_by(user)) | reached(user, folder="pk"))

    def owned_by(self, user: User | AnonymousUser) -> "FolderQuerySet":
        """Folders of the collections whose readers this user may change."""
        return self.filter(collection__in=apps.get_model("kb", "Collection").objects.owned_by(user))


class Folder(models.Model):
    """A place in a collection, and in another folder. A narrowed one is for some of those who may read what is above it.

    Rights are inherited downwards and only ever narrowed: who may read a document has passed its collection, every narrowed
    folder on the way to it, and the document's own narrowing.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey("kb.Collection", on_delete=models.PROTECT, related_name="folders")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(_("folder name"), max_length=120)
    is_narrowed = models.BooleanField(default=False)
    groups = models.ManyToManyField(Group, blank=True, related_name="folders")  # of a narrowed one: who may read on …
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")  # … or these
    # Itself and the folders above it, those that are narrowed: kept, so that one query says what somebody may not pass.
    gates = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="guarded")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        constraints = [
            models.UniqueConstraint(fields=["collection", "parent", "name"], name="kb_one_folder_name"),
            models.UniqueConstraint(fields=["collection", "name"], condition=Q(parent=None), name="kb_one_top_folder_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def way(self) -> list["Folder"]:
        """The folders from the collection to here, this one last; one query for each."""
        above = self.parent.way if self.parent is not None else []
        return [*above, self]


class Steward(models.Model):
    """Somebody who runs a collection, whatever their role: an editor its documents and words, an owner also who may read it."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        EDITOR = "editor", _("Editor")

    collection = models.ForeignKey("kb.Collection", on_delete=models.CASCADE, related_name="stewards")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stewardships")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-role", "user__username"]
        verbose_name = _("owner or editor")
        verbose_name_plural = _("owners and editors")
        constraints = [models.UniqueConstraint(fields=["collection", "user"], name="kb_one_stewardship")]

    def __str__(self) -> str:
        return f"{self.role} {self.user_id} of {self.collection_id}"


class RightsClock(models.Model):
    """The one row that counts changes of narrowed rights, so that whoever remembers them knows that they have changed.

    `Document.rights_change` has the number of the change that last touched a document.
    """

    ONLY = 1
    STAMPS = 64

    number = models.PositiveBigIntegerField(default=0)
    # One random stamp for each of the last changes, the newest last: two that were made beside each other and of which one was
    # rolled back, or is of a database that was restored, have the same number and never the same stamp.
    stamps = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"change {self.number} of rights"


class AccessRequest(models.Model):
    """Somebody asks to read a listed collection; its owner lets them in for a time, or refuses with a reason.

    A granted one is the right itself, until its time is over: nothing has to run for it to end.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a decision")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        ENDED = "ended", _("Ended early")
        EXPIRED = "expired", _("Expired")

    collection = models.ForeignKey("kb.Collection", on_delete=models.CASCADE, related_name="access_requests")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_requests")
    reason = models.TextField(_("reason"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    answer = models.TextField(blank=True)  # why it was refused, or ended
    until = models.DateTimeField(null=True, blank=True)  # of a granted one

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("request for access")
        verbose_name_plural = _("requests for access")
        constraints = [
            models.UniqueConstraint(fields=["collection", "user"], condition=Q(state="waiting"), name="kb_one_waiting_request"),
            models.CheckConstraint(condition=~Q(state="granted") | Q(until__isnull=False), name="kb_granted_until"),
        ]
        indexes = [models.Index(fields=["user", "until"], condition=Q(state="granted"), name="kb_granted_access")]

    def __str__(self) -> str:
        return f"{self.state}: user {self.user_id}, collection {self.collection_id}"

    @classmethod
    def holding(cls) -> Q:
        """Return the condition that access is granted now."""
        return Q(state=cls.State.GRANTED, until__gt=timezone.now())
