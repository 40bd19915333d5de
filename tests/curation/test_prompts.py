"""Prompts are versions: a draft, a share, in use, rolled back; tried on the golden questions where that is the rule."""

import pytest
from django.test import override_settings

from accounts.models import User
from audit.models import Event
from chat.flow.running import ask
from chat.flow.writing.prompting import DECLINES, read_rules
from curation.canary.holding import finish_run, prepare_run
from curation.canary.models import HeldChange
from curation.canary.models_held import set_holding
from curation.errors import CurationRefused
from curation.golden.running import work_on_runs
from curation.prompts.changing import promote, roll_back, start_share, write_version
from curation.prompts.choosing import choose_rules, percentile_of
from curation.prompts.models import PromptVersion
from kb.models import Collection, Document
from tests.chat.library import QUESTION, SIX_HOURS, ScriptedModel, dependencies_with
from tests.curation.conftest import SignIn
from tests.curation.test_golden import SIX, golden, run_all

pytestmark = pytest.mark.django_db
NAME = "answer.en"
MINE = "Answer as a pirate would. If you cannot: {decline}"


def write(user: User, text: str = MINE) -> PromptVersion:
    return write_version(name=NAME, text=text, note="Arr", user=user)


@override_settings(ANSWER_CACHE_HOURS=24)
def test_a_version_writes_once_it_is_in_use_and_no_more_once_rolled_back(
    collection: Collection, leave: Document, knowledge_admin: User, employee: User
) -> None:
    def asked() -> tuple[str, str]:
        model = ScriptedModel(f"{SIX_HOURS} [1]")
        answer = ask(QUESTION, user=employee, dependencies=dependencies_with(model, choose_rules=choose_rules))
        said = model.prompts[0][0].content if model.prompts else "from the cache"
        return said, Event.objects.get(uid=answer.receipt).payload.data["prompt"].get("template_hash", "")

    before, digest = asked()
    assert before.startswith("You answer questions")
    row = write(knowledge_admin)
    assert asked()[0] == "from the cache"  # a draft answers nobody
    assert promote(row=row, user=knowledge_admin)
    said, another = asked()
    assert said == MINE.replace("{decline}", DECLINES["en"])
    assert another not in ("", digest)
    roll_back(name=NAME, user=knowledge_admin)
    assert choose_rules(NAME, "x") == ""
    actions = Event.objects.filter(action__startswith="prompt.").order_by("sequence").values_list("action", flat=True)
    assert list(actions) == ["prompt.written", "prompt.promoted", "prompt.rolled_back"]
    with pytest.raises(CurationRefused):
        roll_back(name=NAME, user=knowledge_admin)


def test_a_share_is_always_the_same_conversations(knowledge_admin: User) -> None:
    start_share(row=write(knowledge_admin), share=20, user=knowledge_admin)
    subjects = [str(number) for number in range(500)]
    got = [subject for subject in subjects if choose_rules(NAME, subject) == MINE]
    assert got == [subject for subject in subjects if percentile_of(NAME, subject) < 20]
    assert 70 <= len(got) <= 130
    other = start_share(row=write(knowledge_admin, "Be brief. {decline}"), share=5, user=knowledge_admin)
    assert list(PromptVersion.objects.filter(state="canary")) == [other]


@pytest.mark.parametrize("text", ["", "No way to decline.", "{decline} {secret}", "{decline} {decline}", "x" * 9_000])
def test_rules_that_cannot_be_filled_in_are_refused(knowledge_admin: User, text: str) -> None:
    with pytest.raises(CurationRefused):
        write(knowledge_admin, text)
    assert not PromptVersion.objects.exists()


def test_it_is_tried_on_the_golden_questions_where_that_is_the_rule(
    collection: Collection, leave: Document, knowledge_admin: User
) -> None:
    golden(collection, facts=SIX)
    run_all(collection)
    set_holding(holds_models=True, user=knowledge_admin)
    row = write(knowledge_admin)
    assert not promote(row=row, user=knowledge_admin)
    model = ScriptedModel(DECLINES["en"])  # what it makes of the rules
    work_on_runs(slice_s=60, compose=lambda: dependencies_with(model), prepare=prepare_run, finished=finish_run)
    assert model.prompts[0][0].content.startswith("Answer as a pirate")
    row.refresh_from_db()
    assert (HeldChange.objects.get().state, row.state) == ("failed", "draft")


def test_who_manages_models_does_it_on_pages(knowledge_admin: User, owner: User, sign_in: SignIn) -> None:
    client = sign_in(knowledge_admin)
    page = client.get(f"/curation/prompts/{NAME}/")
    assert page.context["form"].initial["text"] == read_rules(NAME)
    assert client.post(f"/curation/prompts/{NAME}/", {"text": "no"}).status_code == 422
    assert client.post(f"/curation/prompts/{NAME}/", {"text": f"{read_rules(NAME)}\n8. Be kind."}).status_code == 302
    row = PromptVersion.objects.get()
    assert "8. Be kind." in client.get(f"/curation/prompts/{NAME}/").content.decode()
    client.post(f"/curation/prompt-versions/{row.uid}/share/", {"share": "99"})
    assert PromptVersion.objects.get().state == "draft"
    client.post(f"/curation/prompt-versions/{row.uid}/use/")
    assert "version 1" in client.get("/curation/prompts/").content.decode()
    assert client.get("/curation/prompts/none/").status_code == 404
    for path in ("/curation/prompts/", f"/curation/prompts/{NAME}/"):
        assert sign_in(owner).get(path).status_code == 404
