"""Documents and their versions, and the one rule of who may read them."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.keeping.force import is_in_force, today
from kb.keeping.models import Tag
from kb.models.collections import Collection
from kb.rights.models import Folder, denying, naming, reached


def is_readable(user: User | AnonymousUser, document: str = "") -> Q:
    """Return the rule of docs/permissions.md as a condition: what is this user's to read now.

    The collection, of the library or with the files of an own conversation, AND every narrowed folder on the way, AND the
    document's own narrowing; each of them by a group OR by name; AND NOT what the document denies. Who manages a collection reads
    all of it. `kb.rights.table` says the same to the index.

    Args:
        document: how the rows lead to their document ("version__document__"). A join: a database would write out the list of all
            readable documents to look for ten of them.
    """
    in_collection = Q(**{f"{document}collection__in": Collection.objects.readable_by(user)})
    if not user.is_authenticated or user.is_knowledge_admin:
        return in_collection
    given = Q(**{f"{document}is_narrowed": False}) | naming(Document, user, column=f"{document}pk")
    given &= Q(**{f"{document}has_denied": False}) | ~denying(Document, user, column=f"{document}pk")
    way = Q(**{f"{document}folder": None}) | reached(user, folder=f"{document}folder")
    managed = Q(**{f"{document}collection__in": Collection.objects.manageable_by(user)})
    return in_collection & (managed | (given & way))


class DocumentQuerySet(models.QuerySet["Document"]):
    def live(self) -> "DocumentQuerySet":
        """Not deleted."""
        return self.filter(deleted_at=None)

    def visible_to(self, user: User | AnonymousUser) -> "DocumentQuerySet":
        """Live documents this user may read now."""
        return self.live().readable_by(user)

    def answering_for(self, user: User | AnonymousUser) -> "DocumentQuerySet":
        """Live documents that this user may read now and that answers may rest on today: in force, or told as expired."""
        return self.visible_to(user).filter(is_in_force())

    def manageable_by(self, user: User | AnonymousUser) -> "DocumentQuerySet":
        """Live documents of the collections that this user may change."""
        return self.live().filter(collection__in=Collection.objects.manageable_by(user))

    def owned_by(self, user: User | AnonymousUser) -> "DocumentQuerySet":
        """Live documents of the collections whose readers this user may change."""
        return self.live().filter(collection__in=Collection.objects.owned_by(user))

    def downloadable_by(self, user: User | AnonymousUser) -> "DocumentQuerySet":
        """Live documents whose original this user may have: of what they may read, in collections that let one of their groups
        download; in those that they may change; and the files of their own conversations."""
        if not user.is_authenticated:
            return self.none()
        managed = Q(collection__in=Collection.objects.manageable_by(user))
        if user.is_knowledge_admin:
            return self.visible_to(user)
        letting = Collection.download_groups.through.objects.filter(group__user=user).values("collection_id")
        return self.visible_to(user).filter(managed | Q(collection__in=letting) | Q(collection__is_private=True))

    def listed_for(self, user: User | AnonymousUser) -> "DocumentQuerySet":
        """What stands in this user's lists: readers see what answers, who manages the collection all of it."""
        managed = Collection.objects.manageable_by(user)
        return self.visible_to(user).filter(Q(current_version__isnull=False) | Q(collection__in=managed))

    def readable_by(self, user: User | AnonymousUser) -> "DocumentQuerySet":
        """Documents this user may read now, deleted ones among them."""
        return self.filter(is_readable(user))


class Document(models.Model):
    """A named file in a collection; its content is in its versions."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="documents")
    name = models.CharField(max_length=500)  # path or file name as uploaded, cleaned; unique among the live ones
    title = models.CharField(max_length=500)
    current_version = models.ForeignKey(  # the version that is searched; None until the first is indexed
        "DocumentVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Set while a move is under way: the collection under which the index still has it.
    moved_from = models.ForeignKey(Collection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    folder = models.ForeignKey(Folder, null=True, blank=True, on_delete=models.PROTECT, related_name="documents")
    is_narrowed = models.BooleanField(default=False)
    groups = models.ManyToManyField(Group, blank=True, related_name="+")  # of a narrowed one: who may read it …
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")  # … or these
    # Who may not read it, whatever else lets them: as its source says (kb.rights.mirroring).
    has_denied = models.BooleanField(default=False)
    denied_groups = models.ManyToManyField(Group, blank=True, related_name="+")
    denied_people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    # Where a source has it: {"source", "folders": [names from the top], "url", "keeps_rights"}; {} where nobody keeps it in step.
    origin = models.JSONField(default=dict, blank=True)
    rights_change = models.PositiveBigIntegerField(default=0, db_index=True, editable=False)  # RightsClock.number
    tags = models.ManyToManyField(Tag, blank=True, related_name="documents")
    owner = models.ForeignKey(  # who answers for what it says; no right comes with it
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_documents"
    )
    # Days of the installation's time zone (kb.keeping.force.today), the first and the last one included.
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    review_by = models.DateField(_("review by"), null=True, blank=True)
    reminded_of = models.DateField(null=True, blank=True, editable=False)  # the `review_by` that its owner had a mail about
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(fields=["collection", "name"], condition=Q(deleted_at=None), name="kb_one_live_name"),
        ]
        # Each question asks for those that are being moved, and for those that are not in force: there are none or few.
        indexes = [
            models.Index(fields=["collection"], condition=Q(moved_from__isnull=False), name="kb_document_moved"),
            models.Index(fields=["valid_from"], condition=Q(valid_from__isnull=False), name="kb_document_valid_from"),
            models.Index(fields=["expires_on"], condition=Q(expires_on__isnull=False), name="kb_document_expires_on"),
            models.Index(fields=["review_by"], condition=Q(review_by__isnull=False), name="kb_document_review_by"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_expired(self) -> bool:
        """Whether its last valid day is over."""
        return self.expires_on is not None and self.expires_on < today()

    @property
    def is_upcoming(self) -> bool:
        """Whether its first valid day has not come."""
        return self.valid_from is not None and self.valid_from > today()

    @property
    def is_due(self) -> bool:
        """Whether somebody should have looked through it by now."""
        return self.review_by is not None and self.review_by <= today()


class DocumentVersionQuerySet(models.QuerySet["DocumentVersion"]):
    def visible_to(self, user: User | AnonymousUser, *, while_read: bool = False) -> "DocumentVersionQuerySet":
        """Versions of documents that this user may read now; those that never answered, for who manages the collection alone.

        Args: while_read: also a first version of which a part answers while the rest is being read.
        """
        answered = Q(indexed_at__isnull=False) | (Q(early_chunks__gt=0) if while_read else Q())
        managed = Q(document__collection__in=Collection.objects.manageable_by(user))
        return self.filter(answered | managed, is_readable(user, "document__"), document__deleted_at=None)


class DocumentVersion(models.Model):
    """The bytes of a document as they were uploaded once, and how far ingestion has come with them."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting")
        PARSED = "parsed", _("Parsed")
        CHUNKED = "chunked", _("Split into passages")
        EMBEDDED = "embedded", _("Embedded")
        INDEXED = "indexed", _("Ready")
        FAILED = "failed", _("Failed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()  # 1, 2, 3 … within the document
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()  # bytes
    media_type = models.CharField(max_length=120)  # as detected from the content
    storage_path = models.CharField(max_length=300)  # below MEDIA_ROOT
    is_paged = models.BooleanField(default=False)  # True for PDF: its pages are real ones with images
    page_count = models.PositiveIntegerField(null=True, blank=True)
    pages_done = models.PositiveIntegerField(default=0)
    chunk_count = models.PositiveIntegerField(default=0)
    early_chunks = models.PositiveIntegerField(default=0)  # of a document's first version: so many answer before it is whole
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.UPLOADED)
    error_code = models.CharField(max_length=60, blank=True)  # stable, for machines: "locked", "empty", "no_text" …
    error_message = models.TextField(blank=True)  # in English; translated at display by its code where there is one
    warnings = models.JSONField(default=list, blank=True)  # [{"code", "pages", "values"}]
    metadata = models.JSONField(default=dict, blank=True)  # title, author, date, language as the file declares them
    is_reread = models.BooleanField(default=False)  # the bytes of the version before, read again by the present parsers
    restored_from = models.PositiveIntegerField(null=True, blank=True)  # number of the earlier version whose bytes these are
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    indexed_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentVersionQuerySet.as_manager()

    class Meta:
        ordering = ["document", "-number"]
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="kb_version_number")]
        indexes = [
            models.Index(fields=["sha256"], name="kb_version_sha256"),
            models.Index(fields=["status"], name="kb_version_status"),
        ]

    def __str__(self) -> str:
        return f"{self.document.title} v{self.number}"

    @property
    def is_finished(self) -> bool:
        """Neither waiting nor running."""
        return self.status in (self.Status.INDEXED, self.Status.FAILED)
