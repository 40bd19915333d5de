"""The pages of a conversation: whose they are, and what they show."""

import json

import pytest
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from accounts.models import User
from chat.models import Conversation, Turn
from kb.models import Collection, Document
from tests.pages.conftest import QUOTE, signed_in

HTMX = {"HX-Request": "true"}


def test_anonymous_is_sent_to_sign_in(db: None) -> None:
    response = signed_in(None).get(reverse("chat:home"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_home_suggests_only_from_collections_that_the_reader_may_read(
    collection: Collection, employee: User, outsider: User
) -> None:
    collection.suggested_questions = ["How much leave do I get?"]
    collection.save()
    assert "How much leave do I get?" in signed_in(employee).get(reverse("chat:home")).content.decode()
    page = signed_in(outsider).get(reverse("chat:home")).content.decode()
    assert "How much leave do I get?" not in page
    assert collection.name not in page


def test_suggestions_come_from_each_collection_in_turn(collection: Collection, knowledge_admin: User) -> None:
    collection.suggested_questions = ["h1?", "h2?", "h3?", "h4?", "h5?"]
    collection.save()
    Collection.objects.create(name="Travel", slug="travel", suggested_questions=["t1?"])
    shown = signed_in(knowledge_admin).get(reverse("chat:home")).context["suggestions"]
    assert [question for question, _collection in shown] == ["h1?", "t1?", "h2?", "h3?"]


@pytest.mark.parametrize(("language", "expected"), [("en", ["h1?", "h2?", "几天?"]), ("zh-hans", ["几天?", "h1?", "h2?"])])
def test_suggestions_in_the_readers_language_come_first(
    collection: Collection, employee: User, language: str, expected: list[str]
) -> None:
    Collection.objects.filter(pk=collection.pk).update(suggested_questions=["h1?", "几天?", "h2?"])
    client = signed_in(employee)
    client.cookies["django_language"] = language
    shown = client.get(reverse("chat:home")).context["suggestions"]
    assert [question for question, _collection in shown] == expected


def test_conversation_shows_the_answer_escaped_with_its_source(turn: Turn, employee: User) -> None:
    page = signed_in(employee).get(reverse("chat:conversation", args=[turn.conversation.uid])).content.decode()
    assert "You earn &lt;b&gt;30&lt;/b&gt; days." in page
    place = turn.answer["citations"][0]
    address = reverse("kb:source", args=[place["version_uid"], 1])
    assert f'href="{address}?start={place["start"]}&amp;end={place["end"]}"' in page
    assert QUOTE in page
    assert "2 sentences were withheld because no document supports them." in page
    assert "Receipt 0f8fad5b" in page


def test_conversation_leaves_out_what_the_reader_may_no_longer_read(turn: Turn, employee: User, collection: Collection) -> None:
    collection.groups.clear()
    page = signed_in(employee).get(reverse("chat:conversation", args=[turn.conversation.uid])).content.decode()
    assert QUOTE not in page
    assert "Leave rules" not in page
    assert "1 sentence is no longer shown" in page


@pytest.mark.parametrize("state", [Turn.State.ANSWERED, Turn.State.REFUSED])
def test_a_question_that_was_read_in_other_words_says_so(
    turn: Turn, employee: User, collection: Collection, state: Turn.State
) -> None:
    turn.state, turn.answer = state, turn.answer | {"normalized_question": "How much <i>leave</i>?"}
    turn.save()
    address = reverse("chat:conversation", args=[turn.conversation.uid])
    assert "Interpreted as “How much &lt;i&gt;leave&lt;/i&gt;?”" in signed_in(employee).get(address).content.decode()
    collection.groups.clear()
    assert "Interpreted as" not in signed_in(employee).get(address).content.decode()


@pytest.mark.parametrize("name", ["teammate", "outsider", "knowledge_admin", "auditor"])
@pytest.mark.parametrize(("method", "address"), [("get", "conversation"), ("post", "rename"), ("post", "delete")])
def test_a_conversation_is_its_owners_alone(
    request: pytest.FixtureRequest, turn: Turn, name: str, method: str, address: str
) -> None:
    client = signed_in(request.getfixturevalue(name))
    response = getattr(client, method)(reverse(f"chat:{address}", args=[turn.conversation.uid]), {"title": "Mine"})
    assert response.status_code == 404
    assert Conversation.objects.get(pk=turn.conversation_id).title == "How much leave?"


def test_newest_attempt_is_shown(turn: Turn, employee: User) -> None:
    Turn.objects.create(conversation=turn.conversation, position=0, attempt=2, question="How much leave?", state="failed")
    page = signed_in(employee).get(reverse("chat:conversation", args=[turn.conversation.uid])).content.decode()
    assert page.count('<article class="turn"') == 1
    assert "No answer was given." in page


def test_asking_leads_to_the_conversation_and_its_stream(collection: Collection, employee: User) -> None:
    client = signed_in(employee)
    response = client.post(reverse("chat:ask"), {"question": "How much leave?", "collection": collection.slug})
    turn = Turn.objects.get()
    assert response["Location"] == reverse("chat:conversation", args=[turn.conversation.uid])
    assert turn.conversation.collection == collection
    page = client.get(response["Location"]).content.decode()
    assert f'data-stream="{reverse("chat:stream", args=[turn.uid])}"' in page


def test_asking_further_adds_the_turn_alone_for_htmx(turn: Turn, employee: User) -> None:
    fields = {"question": "And in the sixth?", "conversation": turn.conversation.uid}
    response = signed_in(employee).post(reverse("chat:ask"), fields, headers=HTMX)
    page = response.content.decode()
    assert page.startswith("<article")
    assert "And in the sixth?" in page
    assert turn.conversation.turns.count() == 2


def test_asking_can_go_back_to_all_collections(turn: Turn, employee: User, collection: Collection) -> None:
    Conversation.objects.update(collection=collection)
    fields = {"question": "And in the sixth?", "conversation": turn.conversation.uid, "collection": ""}
    signed_in(employee).post(reverse("chat:ask"), fields)
    assert Conversation.objects.get().collection is None


@pytest.mark.parametrize("question", ["", "   ", "x" * 20_000])
def test_a_refused_question_gets_a_sentence_and_leaves_nothing(employee: User, collection: Collection, question: str) -> None:
    response = signed_in(employee).post(reverse("chat:ask"), {"question": question})
    assert response.status_code == 422
    assert 'class="notice notice--danger"' in response.content.decode()
    assert not Conversation.objects.exists()


def test_a_refused_question_is_shown_at_the_composer_for_htmx(turn: Turn, employee: User) -> None:
    fields = {"question": "x" * 20_000, "conversation": turn.conversation.uid}
    response = signed_in(employee).post(reverse("chat:ask"), fields, headers=HTMX)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#composer-error"
    assert "20000" in response.content.decode()


def test_a_collection_of_others_cannot_be_asked(collection: Collection, outsider: User) -> None:
    response = signed_in(outsider).post(reverse("chat:ask"), {"question": "Leave?", "collection": collection.slug})
    assert response.status_code == 404
    assert not Turn.objects.exists()


def test_another_persons_conversation_cannot_be_asked_in(turn: Turn, teammate: User) -> None:
    fields = {"question": "Mine?", "conversation": turn.conversation.uid}
    assert signed_in(teammate).post(reverse("chat:ask"), fields).status_code == 404
    assert turn.conversation.turns.count() == 1


def test_a_malformed_conversation_is_not_found(employee: User) -> None:
    assert signed_in(employee).post(reverse("chat:ask"), {"question": "Leave?", "conversation": "zzz"}).status_code == 404


def test_regenerate_makes_a_new_attempt_for_its_owner_only(turn: Turn, employee: User, teammate: User) -> None:
    address = reverse("chat:regenerate", args=[turn.uid])
    assert signed_in(teammate).post(address).status_code == 404
    assert signed_in(employee).post(address).status_code == 302
    assert list(turn.conversation.turns.values_list("position", "attempt")) == [(0, 1), (0, 2)]


def test_rename_and_delete(turn: Turn, employee: User) -> None:
    client = signed_in(employee)
    client.post(reverse("chat:rename", args=[turn.conversation.uid]), {"title": "  Leave   rules "})
    assert Conversation.objects.get().title == "Leave rules"
    client.post(reverse("chat:delete", args=[turn.conversation.uid]))
    assert not Conversation.objects.exists()


def test_a_refusal_names_the_nearest_sources_and_what_was_searched(turn: Turn, employee: User, document: Document) -> None:
    near = turn.answer["citations"][0]
    turn.state = Turn.State.REFUSED
    turn.answer = turn.answer | {"outcome": "refused", "sentences": [], "citations": [], "nearest": [near], "withheld": 0}
    turn.save()
    page = signed_in(employee).get(reverse("chat:conversation", args=[turn.conversation.uid])).content.decode()
    assert "The documents do not answer this" in page
    assert "Searched: all collections that you can read." in page
    assert "Leave rules" in page


def test_the_pages_can_be_installed_as_an_app(employee: User) -> None:
    response = signed_in(employee).get(reverse("chat:home"))
    assert "manifest-src 'self'" in response["Content-Security-Policy"]
    assert f'<link rel="manifest" href="{static("manifest.webmanifest")}">' in response.content.decode()
    manifest = json.loads((settings.BASE_DIR / "static/manifest.webmanifest").read_text())
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    sizes = {icon["sizes"] for icon in manifest["icons"] if (settings.BASE_DIR / icon["src"].lstrip("/")).exists()}
    assert {"192x192", "512x512"} <= sizes
