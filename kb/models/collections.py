"""Collections: who reads, runs and edits them."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User, today
from kb.keeping.force import ExpiredDocuments, is_in_force
from kb.rights.models import AccessRequest, Steward

MENU_ROWS = 100  # of collections in a list beside a page, or to choose from; the page of the library has all


class CollectionQuerySet(models.QuerySet["Collection"]):
    def undeleted(self) -> "CollectionQuerySet":
        """Not deleted: those of the library, and those that hold the files of somebody's conversation."""
        return self.filter(deleted_at=None)

    def live(self) -> "CollectionQuerySet":
        """Those of the library that are not deleted."""
        return self.undeleted().filter(is_private=False)

    def readable_by(self, user: User | AnonymousUser) -> "CollectionQuerySet":
        """Whatever this user may read now: what they see of the library, and the files of their own conversations."""
        return self.visible_to(user) | self.private_to(user)

    def private_to(self, user: User | AnonymousUser) -> "CollectionQuerySet":
        """Those that hold the files of this user's conversations: nobody else's, whatever their role; in no list."""
        if user.pk is None or not user.is_active:
            return self.none()
        return self.undeleted().filter(is_private=True, keeper=user)

    def named(self, text: str) -> "CollectionQuerySet":
        """The live collection of this address; where there is none, those of this name."""
        found = self.live().filter(slug=text)
        return found if found.exists() else self.live().filter(name=" ".join(text.split()))

    def visible_to(self, user: User | AnonymousUser) -> "CollectionQuerySet":
        """Live collections this user may read now: all for a knowledge admin, else those given to one of their groups, those that
        they own or edit, and those whose owner has let them in for a time that is not over."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_knowledge_admin:
            return self.live()
        given = Q(pk__in=Collection.groups.through.objects.filter(group__user=user).values("collection_id"))
        granted = Q(pk__in=AccessRequest.objects.filter(AccessRequest.holding(), user=user).values("collection_id"))
        return self.live().filter(given | granted | Q(pk__in=_run_by(user, *Steward.Role.values)))

    def listed_for(self, user: User | AnonymousUser) -> "CollectionQuerySet":
        """Live collections that this user may not read, and may know of: name and description, nothing in them."""
        if not user.is_authenticated or not user.is_active or user.is_service:
            return self.none()
        return self.live().filter(is_listed=True).exclude(pk__in=self.model.objects.visible_to(user).values("pk"))

    def with_counts(self, user: User | AnonymousUser) -> "CollectionQuerySet":
        """Each with `document_count`, what this user finds in its list, and `answering`, those of them that answer now."""
        from kb.models.documents import Document  # which has collections itself

        listed = Q(documents__in=Document.objects.listed_for(user))
        answering = listed & Q(documents__current_version__isnull=False) & is_in_force("documents__")
        return self.annotate(
            document_count=Count("documents", filter=listed, distinct=True),
            answering=Count("documents", filter=answering, distinct=True),
        )

    def for_menu(self, *, slug: str = "") -> list["Collection"]:
        """The first of these by name, as many as a menu holds; among them the one with `slug`, wherever it stands."""
        chosen_first = Case(When(slug=slug, then=Value(0)), default=Value(1))
        rows = self.order_by(chosen_first, "name")[:MENU_ROWS]
        return sorted(rows, key=lambda row: (row.name.casefold(), row.name))

    def manageable_by(self, user: User | AnonymousUser) -> "CollectionQuerySet":
        """Live collections whose documents and words this user may change: they are a knowledge admin, or own or edit it."""
        return self._run_by(user, *Steward.Role.values)

    def owned_by(self, user: User | AnonymousUser) -> "CollectionQuerySet":
        """Live collections whose readers, owners and editors this user may change, and which they may delete."""
        return self._run_by(user, Steward.Role.OWNER)

    def _run_by(self, user: User | AnonymousUser, *roles: str) -> "CollectionQuerySet":
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.live() if user.is_knowledge_admin else self.live().filter(pk__in=_run_by(user, *roles))

    def with_owner(self) -> "CollectionQuerySet":
        """Each with `has_owner`: whether anybody who owns it can still sign in and may run it."""
        running = Steward.objects.exclude(user__role__in=User.GUARDED).exclude(user__ends_on__lt=today())
        living = running.filter(collection=OuterRef("pk"), role=Steward.Role.OWNER, user__is_active=True)
        return self.annotate(has_owner=Exists(living))


def _run_by(user: User, *roles: str) -> "models.QuerySet[Any]":
    """Return the keys of the collections in which a user has one of these roles. Auditors and reviewers have none: nobody holds
    both."""
    if user.is_guarded:
        return Steward.objects.none().values("collection_id")
    return Steward.objects.filter(user=user, role__in=roles).values("collection_id")


class Collection(models.Model):
    """A set of documents that share their readers."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    description = models.TextField(_("description"), blank=True)
    groups = models.ManyToManyField(
        Group, blank=True, related_name="collections", verbose_name=_("groups"), help_text=_("Members can read this collection.")
    )
    # Reading is one right, having the file another. Who manages the collection has both.
    download_groups = models.ManyToManyField(
        Group,
        blank=True,
        related_name="+",
        verbose_name=_("groups that may download"),
        help_text=_("Their members can also download the originals of the documents that they can read."),
    )
    is_listed = models.BooleanField(
        _("listed"),
        default=False,
        help_text=_(
            "Everyone who signs in sees its name and description, and can ask its owners for access. Nothing in it is shown."
        ),
    )
    suggested_questions = models.JSONField(default=list, blank=True)
    vocabulary = models.TextField(_("vocabulary"), blank=True)  # lines that retrieval.vocabulary.read_vocabulary reads
    sufficiency_threshold = models.FloatField(null=True, blank=True)  # None: the default of the encoder's calibration
    expired_documents = models.CharField(
        _("expired documents"), max_length=10, choices=ExpiredDocuments.choices, default=ExpiredDocuments.LEFT_OUT
    )
    # The files of one conversation, for whoever has it. A flag beside the person: without its keeper it is not the library's.
    is_private = models.BooleanField(default=False, editable=False)
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)  # the row stays, for receipts; its address is free again

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("collection")
        verbose_name_plural = _("collections")

    def __str__(self) -> str:
        return self.name
