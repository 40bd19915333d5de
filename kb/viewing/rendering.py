"""Pictures of pages: rendered in a child process, kept on disk, named by the file's hash."""

import re
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from kb.models import DocumentVersion
from kb.sandbox.parent import ChildFault, Limits, run_child
from vault.kept import in_clear, keep_bytes, open_kept

WIDTHS = (240, 480, 800, 1200, 1600)  # pixels; others are rounded up, so that the cache cannot be flooded
LIMITS = Limits(memory_bytes=1 << 30, cpu_s=30, wall_s=40, idle_s=40, output_bytes=64 << 20)
HASH = re.compile(r"^[0-9a-f]{64}$")


class PictureUnavailable(Exception):
    """There is no picture of this page: the format has none, or the page cannot be rendered."""


def page_picture(*, version: DocumentVersion, page_number: int, width: int = 1200) -> bytes:
    """Return the page's picture as WebP. Renders it at the first call.

    Args: width: pixels; rounded up to one of WIDTHS. page_number: physical, from 1.
    Raises: PictureUnavailable.
    """
    if not version.is_paged or not HASH.match(version.sha256) or not 1 <= page_number <= (version.page_count or 0):
        raise PictureUnavailable(f"version {version.pk} page {page_number}")
    pixels = next((size for size in WIDTHS if size >= width), WIDTHS[-1])
    path = settings.CACHE_ROOT / "pages" / version.sha256 / f"{page_number}-{pixels}.webp"
    with suppress(FileNotFoundError), open_kept(path) as kept:
        return kept.read()
    with in_clear(settings.MEDIA_ROOT / version.storage_path) as original:
        picture = _render(original, version.media_type, page_number, pixels)
    keep_bytes(path, picture)
    return picture


def _render(source: Path, media_type: str, page_number: int, width: int) -> bytes:
    request = {"path": str(source), "media_type": media_type, "page": page_number, "width": width}
    try:
        for head, body in run_child("kb.viewing.render_child", request, limits=LIMITS):
            if head.get("picture"):
                return body
            raise PictureUnavailable(str(head.get("refused")))
    except ChildFault as error:
        raise PictureUnavailable(str(error)) from error
    raise PictureUnavailable("nothing came back")
