import io
from typing import Any

import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from kb.models import Document, DocumentVersion
from kb.viewing.rendering import PictureUnavailable, page_picture
from vault.kept import keep_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(collection, settings, tmp_path):
    settings.MEDIA_ROOT, settings.CACHE_ROOT = tmp_path / "files", tmp_path / "cache"
    settings.MEDIA_ROOT.mkdir()
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pagesize=(400, 600))
    drawing.rect(100, 300, 200, 200, fill=1)
    drawing.showPage()
    drawing.save()
    (settings.MEDIA_ROOT / "a").write_bytes(stream.getvalue())
    document = Document.objects.create(collection=collection, name="a.pdf", title="a")
    return DocumentVersion.objects.create(
        document=document,
        number=1,
        sha256="a" * 64,
        size=1,
        storage_path="a",
        media_type="application/pdf",
        is_paged=True,
        page_count=1,
    )


def test_a_page_is_rendered_once_at_the_next_width(version, settings):
    picture = Image.open(io.BytesIO(page_picture(version=version, page_number=1, width=700))).convert("L")
    assert picture.size == (800, 1200)
    inside: Any = picture.getpixel((400, 400))
    beside: Any = picture.getpixel((50, 50))
    assert inside < 40
    assert beside > 240
    path = settings.CACHE_ROOT / "pages" / version.sha256 / "1-800.webp"
    keep_bytes(path, b"kept")
    assert page_picture(version=version, page_number=1, width=800) == b"kept"
    assert [file.name.removesuffix(".sealed") for file in path.parent.iterdir()] == ["1-800.webp"]


@pytest.mark.parametrize("page_number", [0, 2])
def test_there_is_no_picture_of_a_page_that_does_not_exist(version, page_number):
    with pytest.raises(PictureUnavailable):
        page_picture(version=version, page_number=page_number)


def test_a_damaged_file_has_no_pictures(version, settings):
    (settings.MEDIA_ROOT / "a").write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(PictureUnavailable):
        page_picture(version=version, page_number=1)


def test_a_format_without_pages_has_no_pictures(version):
    version.is_paged = False
    with pytest.raises(PictureUnavailable):
        page_picture(version=version, page_number=1)


def test_a_frame_of_a_scan_is_shown_upright(version, settings):
    first, second = Image.new("RGB", (400, 200), "white"), Image.new("RGB", (400, 200), "navy")
    first.save(settings.MEDIA_ROOT / "a", "TIFF", save_all=True, append_images=[second])
    version.media_type, version.page_count = "image/tiff", 2

    picture = Image.open(io.BytesIO(page_picture(version=version, page_number=2, width=240)))
    assert picture.size == (240, 120)
    colour: Any = picture.getpixel((100, 60))
    assert colour[2] > colour[0] + 60
