"""Every kind that is shipped: it can be opened here, its form is shown in both languages, wrong settings leave nothing behind."""

import pytest
from django.urls import reverse
from django.utils import translation

from sources.connectors.registry import OWN, read_kinds
from sources.models import Source


def test_every_kind_is_installed():
    kinds, missing = read_kinds()
    assert (set(OWN) - set(kinds), missing) == (set(), ())


@pytest.mark.parametrize("kind", OWN)
def test_settings_are_told_in_words(kind):
    manifest = read_kinds()[0][kind]
    assert manifest.kind == kind
    names = [setting.name for setting in manifest.settings]
    assert len(set(names)) == len(names)
    for setting in manifest.settings:
        assert str(setting.label)
        assert setting.kind in ("text", "address", "number", "choice", "yes_no")
        assert (setting.kind == "choice") == bool(setting.choices)
        if setting.kind in ("choice", "yes_no"):
            assert setting.default in dict(setting.choices or (("yes", ""), ("no", "")))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", OWN)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_its_form_is_shown_and_an_empty_one_makes_no_source(kind, language, client, collection, knowledge_admin):
    client.force_login(knowledge_admin)
    address = reverse("sources:documents_new", args=[collection.slug]) + f"?kind={kind}"
    with translation.override(language):
        page = client.get(address, headers={"Accept-Language": language})
        assert page.status_code == 200
        for setting in read_kinds()[0][kind].settings:
            assert f"_{setting.name}" in page.content.decode()
    assert client.post(address, {"name": "X"}).status_code in (200, 400, 422)
    assert not Source.objects.exists()
