"""Which edition answers. What builds and swaps them is in ingest.editions.building."""

from django.conf import settings

from kb.models import Edition


def serving_edition() -> Edition:
    """Return the serving edition; before the first document was read, an unsaved one as the settings say."""
    serving = Edition.objects.filter(state=Edition.State.SERVING).first()
    return serving or Edition(number=1, state=Edition.State.SERVING, embedder=settings.EMBEDDER, cutting=0)


def building_edition() -> Edition | None:
    """Return the edition that is being built, if one is."""
    return Edition.objects.filter(state=Edition.State.BUILDING).first()
