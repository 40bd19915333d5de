"""Simplified Chinese is complete: every string of the code is in the catalogue, translated, and compiled."""

import gettext
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings

CATALOGUE = settings.BASE_DIR / "locale/zh_Hans/LC_MESSAGES/django.po"
NO_WORDS = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}|{#.*?#}|{% block main_class %}[^{]*", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|{\w+}")
NOT_SHOWN = ("bench", "clients", "tests")  # packages without words for pages


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def test_every_string_is_translated(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if not entry.translated() or entry.fuzzy] == []


def test_translations_keep_their_placeholders(catalogue: polib.POFile) -> None:
    for entry in catalogue:
        wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for translation in [entry.msgstr, *entry.msgstr_plural.values()]:
            if translation:
                assert set(PLACEHOLDER.findall(translation)) == wanted, entry.msgid


def test_the_compiled_catalogue_is_the_written_one(catalogue: polib.POFile) -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as compiled:
        found = gettext.GNUTranslations(compiled)
    for entry in catalogue:
        if not entry.msgid_plural:
            compiled_as = found.pgettext(entry.msgctxt, entry.msgid) if entry.msgctxt else found.gettext(entry.msgid)
            assert compiled_as == entry.msgstr, entry.msgid


def test_strings_are_marked_by_names_that_the_extractor_knows() -> None:
    """`gettext as _now` is not among them: what it marks never gets into the catalogue."""
    packages = {path.parent for path in settings.BASE_DIR.glob("*/__init__.py") if path.parent.name not in NOT_SHOWN}
    imported = re.compile(r"^from django\.utils\.translation import .*\bas (?!_$)\w+", re.MULTILINE)
    assert [str(path) for package in packages for path in package.rglob("*.py") if imported.search(path.read_text())] == []


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="xgettext (Debian: gettext) is not installed")
def test_the_catalogue_has_every_string_of_the_code(tmp_path: Path, catalogue: polib.POFile) -> None:
    packages = (path.parent.name for path in settings.BASE_DIR.glob("*/__init__.py") if path.parent.name not in NOT_SHOWN)
    for part in (*packages, "templates"):
        shutil.copytree(settings.BASE_DIR / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "locale").mkdir()
    command = "import django; django.setup(); from django.core.management import call_command as c; "
    command += "c('makemessages', locale=['zh_Hans'])"
    subprocess.run(
        [sys.executable, "-c", command],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(settings.BASE_DIR), "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        check=True,
        capture_output=True,
    )
    extracted = polib.pofile(str(tmp_path / "locale/zh_Hans/LC_MESSAGES/django.po"))
    # With its plural: one that is written without is not found by who counts.
    assert {(one.msgid, one.msgid_plural) for one in extracted} - {(one.msgid, one.msgid_plural) for one in catalogue} == set()


def test_templates_have_no_words_outside_gettext() -> None:
    """Text between tags that is neither a variable nor a tag must be a sign or the product's name."""
    left: list[str] = []
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        source = NO_WORDS.sub("", path.read_text())
        source = re.sub(r"<code>[\w-]+</code>|{%.*?%}|{{.*?}}", "", source, flags=re.S)  # names that a program knows a thing by
        for text in re.findall(r">([^<>]+)<", source):
            words = re.sub(r"&\w+;|Attest|SHA-256|SHA|[^A-Za-z]+", "", text)
            if len(words) > 1:
                left.append(f"{path.name}: {text.strip()}")
    assert left == []
