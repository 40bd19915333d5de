"""The tables of a document's version, read once: a version never changes."""

from functools import lru_cache

from chat.tables.grid import Table
from chat.tables.page_tables import PageText, read_tables
from chat.tables.sections import read_sections
from kb.models import Page

MOST_PAGES = 60  # of a document: about 480,000 characters of a sheet
_KEPT = 24  # versions


@lru_cache(maxsize=_KEPT)
def tables_of(version_uid: str) -> tuple[Table, ...]:
    """Return the tables of a version that is read to its end; none of one with too many pages.

    Whoever asks has looked whether the reader may read the version: it says nothing of rights.
    """
    pages = Page.objects.filter(version__uid=version_uid).defer("boxes").order_by("number")
    if pages.count() > MOST_PAGES:
        return ()
    texts = [PageText(page.pk, page.text, page.blocks) for page in pages]
    return (*read_tables(texts), *read_sections(texts))
