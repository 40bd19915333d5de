"""The page that checks a text: the form, the verdicts in words and colours, what is refused."""

import re
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from kb.models import Collection, Document
from tests.chat.library import LEAVE, SIX_HOURS, add_document, dependencies_with
from tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db
PASSAGES = "You cannot sell <b>leave</b>.\r\n---\r\nSupervisors approve leave before it starts."


@pytest.fixture(autouse=True)
def dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.checking.running.configured_dependencies", dependencies_with)


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


def send(user: User, *, language: str = "en", **fields: str) -> Any:
    return signed_in(user).post(reverse("chat:check"), fields, headers={"Accept-Language": language})


def rows_of(page: str) -> list[str]:
    return re.findall(r'class="check-row check-row--(\w+)"', page)


def test_it_is_in_the_navigation_and_asks_for_what_it_needs(employee: User, collection: Collection) -> None:
    page = signed_in(employee).get(reverse("chat:check")).content.decode()
    navigation = page[page.index('<nav class="nav"') : page.index("</nav>")]
    assert navigation.count("aria-current") == 1
    assert f'href="{reverse("chat:check")}" aria-current="page"' in navigation
    assert [name for name in ("text", "question", "collection", "passages") if f'name="{name}"' not in page] == []
    assert f'<option value="handbook" selected>{collection.name}</option>' in page


def test_pasted_passages_give_each_sentence_a_verdict_in_words(employee: User) -> None:
    text = "Here is what holds:\r\nSupervisors approve leave before it starts. The fee is 90 euros."
    response = send(employee, text=text, passages=PASSAGES)
    page = response.content.decode()
    assert response.status_code == 200
    assert rows_of(page) == ["framing", "supported", "withheld"]
    assert 'href="#passage-2"' in page and 'id="passage-2"' in page
    assert "Withheld: 1" in page
    assert "&lt;b&gt;leave&lt;/b&gt;" in page
    event = Event.objects.get(action="text.checked")
    assert (event.actor_name, event.payload.data["via"]) == (employee.username, "pages")
    assert str(event.uid) in page


def test_a_collection_gives_citations_that_open_their_source(employee: User, leave: Document) -> None:
    page = send(employee, text=SIX_HOURS, collection="handbook").content.decode()
    start = LEAVE.index(SIX_HOURS)
    place = f"{reverse('kb:source', args=[leave.current_version.uid, 1])}?start={start}&amp;end={start + len(SIX_HOURS)}"
    assert rows_of(page) == ["supported"]
    assert page.count(f'href="{place}" data-source') == 2  # beside the sentence, and among the sources
    assert 'id="panel"' in page


def test_it_speaks_chinese(employee: User) -> None:
    page = send(employee, language="zh-hans", text="年假不能出售。", passages="年假不能出售。").content.decode()
    assert rows_of(page) == ["supported"]
    assert '<html lang="zh-Hans"' in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": " ", "passages": "x"}, "Enter the text to be checked."),
        ({"text": "A claim."}, "Paste at least one passage, or choose a collection."),
        ({"text": "A claim. " * 201, "passages": "x"}, "The text has 201 sentences; the limit is 200."),
        ({"text": "x" * 20_001, "passages": "x"}, "The text has 20001 characters; the limit is 20000."),
    ],
)
def test_what_cannot_be_checked_is_said_and_its_words_are_kept(employee: User, fields: dict[str, str], message: str) -> None:
    response = send(employee, **fields)
    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    assert fields["text"].strip()[:20] in page
    assert not Event.objects.filter(action="text.checked").exists()


def test_a_collection_of_others_looks_like_one_that_is_none(outsider: User, leave: Document) -> None:
    pages = [send(outsider, text="A claim.", collection=slug) for slug in ("handbook", "nowhere")]
    assert [page.status_code for page in pages] == [422, 422]
    said = [re.findall(r'<ul class="errors".*?</ul>', page.content.decode(), re.DOTALL) for page in pages]
    assert said[0] and said[0] == [error.replace("nowhere", "handbook") for error in said[1]]


def test_whoever_does_not_wait_is_told_to(employee: User, settings: Any) -> None:
    settings.RATE_ASK_PER_MINUTE = 1
    send(employee, text="A claim.", passages="x y z")
    response = send(employee, text="A claim.", passages="x y z")
    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1
    assert "A claim." in response.content.decode()
