"""Passages as they are indexed, the editions they belong to, and how whole the index is."""

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.keeping.force import is_in_force
from kb.keeping.models import PassageChange
from kb.models.documents import DocumentVersion, is_readable
from kb.models.pages import Page


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
