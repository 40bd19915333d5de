"""The knowledge base: collections, documents, immutable versions, their pages and chunks, and who may read them."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.keeping.force import ExpiredDocuments, is_in_force, today
from kb.keeping.models import PassageChange, Tag
from kb.rights.models import AccessRequest, Folder, RightsClock, Steward, denying, naming, reached

__all__ = ["AccessRequest", "Folder", "PassageChange", "RightsClock", "Steward", "Tag"]  # beside the models below

MENU_ROWS = 100  # of collections in a list beside a page, or to choose from; the page of the library has all


class CollectionQuerySet(models.QuerySet["Collection"]):
    def live(self) -> "CollectionQuerySet":
        """Not deleted."""
        return self.filter(deleted_at=None)

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
        """Each with `has_owner`: whether anybody who owns it can still sign in."""
        living = Steward.objects.filter(collection=OuterRef("pk"), role=Steward.Role.OWNER, user__is_active=True)
        return self.annotate(has_owner=Exists(living))


def _run_by(user: User, *roles: str) -> "models.QuerySet[Any]":
    """Return the keys of the collections in which a user has one of these roles. Auditors have none: nobody holds both."""
    if user.is_auditor:
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
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)  # the row stays, for receipts; its address is free again

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("collection")
        verbose_name_plural = _("collections")

    def __str__(self) -> str:
        return self.name


def is_readable(user: User | AnonymousUser, document: str = "") -> Q:
    """Return the rule of docs/permissions.md as a condition: what is this user's to read now.

    The collection, AND every narrowed folder on the way, AND the document's own narrowing; each of them by a group OR by name; AND
    NOT what the document denies. Who manages a collection reads all of it. `kb.rights.table` says the same to the index.

    Args:
        document: how the rows lead to their document ("version__document__"). A join: a database would write out the list of all
            readable documents to look for ten of them.
    """
    in_collection = Q(**{f"{document}collection__in": Collection.objects.visible_to(user)})
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
        download; and in those that they may change."""
        if not user.is_authenticated:
            return self.none()
        managed = Q(collection__in=Collection.objects.manageable_by(user))
        if user.is_knowledge_admin:
            return self.visible_to(user)
        letting = Collection.download_groups.through.objects.filter(group__user=user).values("collection_id")
        return self.visible_to(user).filter(managed | Q(collection__in=letting))

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


class Page(models.Model):
    """The text of one page (or, where the format has none, of one stretch of about 8,000 characters) and where it stands."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()  # physical, from 1
    label = models.CharField(max_length=40, blank=True)  # as printed ("iv", "A-3")
    text = models.TextField(blank=True)
    width = models.FloatField(default=0)  # points
    height = models.FloatField(default=0)
    boxes = models.BinaryField(default=bytes)  # kb.viewing.boxes.pack(): which characters stand where
    blocks = models.JSONField(default=list)  # [{"kind", "start", "end", "level"?, "heading_path"}], in reading order

    class Meta:
        ordering = ["version", "number"]
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="kb_page_number")]

    def __str__(self) -> str:
        return f"page {self.number} of {self.version_id}"


class ReadingFaultQuerySet(models.QuerySet["ReadingFault"]):
    def visible_to(self, user: User | AnonymousUser) -> "ReadingFaultQuerySet":
        """Those about live documents of collections that this user may change."""
        return self.filter(document__in=Document.objects.manageable_by(user))

    def still_open(self) -> "ReadingFaultQuerySet":
        """Not done."""
        return self.filter(state=ReadingFault.State.OPEN)


class ReadingFault(models.Model):
    """What a reader saw on a page that was not read as it stands there. It goes with the page."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="reading_faults")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="reading_faults")
    note = models.TextField(_("What is wrong?"))
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ReadingFaultQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("reading fault")
        verbose_name_plural = _("reading faults")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "reported_by"], condition=Q(state="open"), name="kb_one_open_fault_of_a_person_on_a_page"
            )
        ]

    def __str__(self) -> str:
        return f"reading fault {self.uid}"


class Edition(models.Model):
    """One way of cutting and embedding, and the index that was made that way.

    One edition serves. Where the encoder or the cutting is to change, the next one is built beside it from the stored pages,
    and when it holds every document, the two are swapped in one transaction. Edition 1 is what a new installation begins with.
    """

    class State(models.TextChoices):
        BUILDING = "building", _("Building")
        SERVING = "serving", _("In use")
        REPLACED = "replaced", _("Replaced")
        CANCELLED = "cancelled", _("Cancelled")

    number = models.PositiveIntegerField(primary_key=True)  # 1, 2, 3 …; Chunk.edition
    state = models.CharField(max_length=10, choices=State.choices)
    is_paused = models.BooleanField(default=False)  # nobody takes the jobs of a paused one
    embedder = models.CharField(max_length=500)  # the setting EMBEDDER that opens its encoder
    encoder = models.CharField(max_length=80)  # fingerprint
    cutting = models.PositiveIntegerField()  # ingest.stages.chunking.CUTTING
    folder = models.CharField(max_length=120)  # of its index, below INDEX_ROOT
    created_at = models.DateTimeField(auto_now_add=True)
    served_at = models.DateTimeField(null=True, blank=True)  # since when it answers
    ended_at = models.DateTimeField(null=True, blank=True)  # when it was replaced or cancelled
    cleared_at = models.DateTimeField(null=True, blank=True)  # when its chunks and index were removed

    class Meta:
        ordering = ["-number"]
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state__in=["building", "serving"]), name="kb_one_edition_serves_one_is_built"
            )
        ]

    def __str__(self) -> str:
        return f"edition {self.number}"


class IndexState(models.Model):
    """How many passages an edition's index had when it was last compared with the database; how far its rebuilding is.

    Written by whoever compares (kb.index.completeness), read where a question finds nothing. Of no use in a backup.
    """

    edition = models.PositiveIntegerField(primary_key=True)
    wanted = models.PositiveIntegerField(default=0)  # passages that the database has for it
    present = models.PositiveIntegerField(default=0)  # of these, in the index
    short_since = models.DateTimeField(null=True, blank=True)  # None: none is missing
    compared_at = models.DateTimeField(null=True, blank=True)
    rebuilt = models.PositiveIntegerField(default=0)  # passages that a rebuild has read so far
    rebuilt_at = models.DateTimeField(null=True, blank=True)  # when the last one ended
    claimed_until = models.DateTimeField(null=True, blank=True)  # by the process that rebuilds, where the index is on a server

    class Meta:
        verbose_name = _("index state")
        verbose_name_plural = _("index states")

    def __str__(self) -> str:
        return f"index of edition {self.edition}"


class ChunkQuerySet(models.QuerySet["Chunk"]):
    def live(self) -> "ChunkQuerySet":
        """Chunks of current versions of documents that are not deleted, without those that were switched off; of a first version
        that is being read, those ready."""
        whole = Q(version__document__current_version=F("version"))
        early = Q(version__document__current_version=None, ordinal__lt=F("version__early_chunks"))
        return self.filter(whole | early, version__document__deleted_at=None, is_off=False)

    def visible_to(self, user: User | AnonymousUser) -> "ChunkQuerySet":
        """Live chunks that this user may read now, of documents that are in force: the second lock, after the index's own scope."""
        return self.live().filter(is_readable(user, "version__document__"), is_in_force("version__document__"))


class Chunk(models.Model):
    """A passage: what is found, quoted and cited. `id` is derived from version, ordinal and edition, so that a stage run
    twice writes the same rows (kb.index.identity.chunk_id)."""

    id = models.BigIntegerField(primary_key=True)
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="chunks")
    ordinal = models.PositiveIntegerField()  # 0 … n-1 within the version and edition
    edition = models.PositiveIntegerField(default=1)  # the Edition that it was cut for
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="chunks")
    start = models.PositiveIntegerField()  # characters into the page's text
    end = models.PositiveIntegerField()
    # Exactly page.text[start:end], except tables whose header row is repeated in `prefix`, and passages that were corrected.
    text = models.TextField()
    prefix = models.TextField(blank=True)  # header row of a table that this chunk continues; embedded, not quoted
    text_hash = models.CharField(max_length=64)  # sha256 of `text` in UTF-8
    heading_path = models.JSONField(default=list)
    token_count = models.PositiveIntegerField(default=0)
    change = models.ForeignKey(PassageChange, null=True, blank=True, on_delete=models.SET_NULL, related_name="chunks")
    is_off = models.BooleanField(default=False)  # by that change: in no index and no answer

    objects = ChunkQuerySet.as_manager()

    class Meta:
        ordering = ["version", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["version", "edition", "ordinal"], name="kb_chunk_ordinal")]
        indexes = [
            models.Index(fields=["edition"], name="kb_chunk_edition"),
            models.Index(fields=["edition"], condition=Q(is_off=True), name="kb_chunk_off"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.ordinal} of {self.version_id}"


class ChunkEmbedding(models.Model):
    """The vectors of a chunk: the index is a function of these rows and can be rebuilt without the model."""

    chunk = models.OneToOneField(Chunk, primary_key=True, on_delete=models.CASCADE, related_name="embedding")
    encoder = models.CharField(max_length=80)  # fingerprint of the encoder and its projection
    dense = models.BinaryField()  # float32, little endian, unit length
    tokens = models.BinaryField(default=bytes)  # quantised token vectors for late interaction, as retrieval.tokens packs them

    def __str__(self) -> str:
        return f"embedding of {self.chunk_id}"
