"""What is wrong about a PDF is said rightly, and a text layer that makes no words is not taken for the page's text."""

import io
import re
from typing import Any

import pypdf
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from ingest.parsers.pdf.plausible import is_better, is_garbled
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.refusal import Refusal
from tests.ingest.files import lines, pdf, write
from tests.ingest.store import read_file


def with_tree(**entries):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(lines("A sentence."), lines("Another one."))))
    tree: Any = writer.root_object["/Pages"].get_object()
    for key, value in entries.items():
        tree[NameObject(f"/{key}")] = value
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


LOST = pypdf.generic.IndirectObject(999, 0, None)
DAMAGED = {
    "kids are no pages": with_tree(Kids=ArrayObject([NumberObject(1), NumberObject(2)])),
    "kids are lost": with_tree(Kids=ArrayObject([DictionaryObject()]), Count=NumberObject(3)),
    "no tree": re.sub(rb"/Pages \d+ 0 R", b"/Pages 999 0 R", with_tree()),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_tree_of_pages_is_damage_and_no_lack_of_pages_or_text(tmp_path, kind):
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.pdf", DAMAGED[kind]))
    assert refused.value.code == "damaged"


def test_a_file_that_says_that_it_has_no_pages_is_refused_for_that(tmp_path):
    stream = io.BytesIO()
    pypdf.PdfWriter().write(stream)
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.pdf", stream.getvalue()))
    assert refused.value.code == "no_pages"


ENGLISH = "The deposit for a key is sixty euros. It is paid back when the key is returned to the desk at the gate."
SHIFTED = ENGLISH.translate({code: 97 + (code - 97 + 3) % 26 for code in range(97, 123)})
ODD = ENGLISH.translate({code: 0x100 + (code * 7) % 78 for code in range(97, 123)})


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        "Die Kaution für einen Schlüssel beträgt sechzig Euro. Sie wird bei der Rückgabe am Empfang erstattet.",
        "La caution pour une clé est de soixante euros. Elle est remboursée lorsque la clé est rendue à l'accueil.",
        "Tiền đặt cọc cho một chìa khóa là sáu mươi euro và được hoàn lại khi trả chìa khóa tại quầy lễ tân.",
        "Záloha za klíč je šedesát eur. Vrací se při odevzdání klíče na recepci u hlavní brány závodu.",
        "每把钥匙的押金为六十元，归还钥匙时在门卫处退还。钥匙丢失的，押金不予退还，并须在三日内向行政部门书面报告。",
        "Залог за ключ составляет шестьдесят евро и возвращается при сдаче ключа на проходной завода.",
    ],
)
def test_texts_of_many_languages_are_no_garbage(text):
    assert not is_garbled(text)


@pytest.mark.parametrize("text", [SHIFTED, ODD])
def test_letters_in_other_shares_than_those_of_a_language_are_garbage(text):
    assert is_garbled(text)
    assert is_better(ENGLISH, text)
    assert not is_better(text, ENGLISH)


CMAP = b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <41> <7A> <0100> endbfrange endcmap"


@pytest.mark.skipif(not ocr.is_available(), reason="the OCR engine is not installed")
def test_a_page_whose_font_names_the_wrong_letters_is_read_as_a_picture(tmp_path):
    drawn = lines("The deposit for a key is sixty euros. It is paid back", "when the key is returned to the desk at the gate.")
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(drawn)))
    names = StreamObject()
    names.set_data(CMAP)
    resources: Any = writer.pages[0]["/Resources"]
    for font in resources["/Font"].values():
        font.get_object()[NameObject("/ToUnicode")] = writer._add_object(names)
    stream = io.BytesIO()
    writer.write(stream)
    _, (page,), notices = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    assert "is sixty euros" in page.text
    assert [(notice.code, notice.pages) for notice in notices] == [("ocr", (1,))]


PERMUTED = "The deposit for a key is sixty euros. It is paid back when the key is returned to the desk at the gate.".translate(
    dict(zip(range(97, 123), map(ord, "fblwtkpzhceysnjovqiargxmud"), strict=True))
)


def test_letters_that_changed_places_are_garbage() -> None:
    assert is_garbled(PERMUTED)  # .62 took it for a language
    assert is_better(ENGLISH, PERMUTED)
