"""What is curated of a collection whose every word is one unbroken run of characters."""

from django.urls import reverse
from django.utils import timezone

from audit.services import record
from curation.answers.models import ApprovedAnswer
from curation.canary.models import HeldChange
from curation.gaps.models import Gap, GapQuestion
from curation.golden.expecting import Expected
from curation.golden.models import GoldenResult, GoldenRun
from curation.golden.questions import write_golden
from curation.prompts.models import PromptVersion
from guards.models import Guard
from kb.models import Collection, Document
from reviews.desk.intake import take_in
from reviews.models import Case
from tests.browser.unbroken import LETTERS, LINK

Pages = dict[str, list[str]]


def write_curation(collection: Collection, document: Document) -> Pages:
    """Write the rows. Returns: the pages of whoever runs the collection."""
    golden = _write_golden(collection, document)
    run = _write_run(collection)
    PromptVersion.objects.create(name="answer.en", number=1, text=f"{LETTERS} {LINK}", note=LETTERS[:300], state="canary", share=5)
    HeldChange.objects.create(kind="route", name=LETTERS[:60], value={"name": LETTERS[:60]}, state="failed", reason=LINK)
    HeldChange.objects.create(collection=collection, kind="threshold", value=0.4, state="failed", reason=LINK)
    slug = collection.slug
    return {
        "curation:index": [reverse("curation:index")],
        **{
            f"curation:{name}": [reverse(f"curation:{name}", args=[slug])]
            for name in ("golden", "golden_new", "golden_file", "canary", "gaps", "answers", "answer_new", "insights")
        },
        "curation:golden_change": [reverse("curation:golden_change", args=[golden])],
        "curation:prompts": [reverse("curation:prompts")],
        "curation:prompt": [reverse("curation:prompt", args=["answer.en"])],
        "curation:models": [reverse("curation:models")],
        "curation:insights_all": [reverse("curation:insights_all")],
        "curation:gaps_of_none": [reverse("curation:gaps_of_none")],
        "curation:gap": [reverse("curation:gap", args=[_write_gap(collection)])],
        "curation:answer": [reverse("curation:answer", args=[_write_answer(collection)])],
        "curation:run": [reverse("curation:run", args=[run])],
        "guards:index": [reverse("guards:index")],
        "guards:new": [reverse("guards:new")],
        "guards:change": [reverse("guards:change", args=[_write_guard(collection)])],
    }


def _write_golden(collection: Collection, document: Document) -> object:
    expected = Expected(facts=((LETTERS[:300], LINK[:300]),), documents=(document.name,))
    return write_golden(collection=collection, question=LETTERS, expected=expected, user=None, note=LINK).uid


def _write_guard(collection: Collection) -> object:
    terms, told = f"{LETTERS}\n{LINK}", {"message_en": LETTERS[:500], "message_zh": LINK[:500]}
    return Guard.objects.create(name=LETTERS[:80], kind="topics", terms=terms, collection=collection, mode="off", **told).uid


def _write_gap(collection: Collection) -> object:
    asked = record("question.refused", summary=LETTERS[:300], payload={"question": LETTERS, "outcome": "refused"})
    take_in()  # or the worker has
    case = Case.objects.get(event=asked)
    gap = Gap.objects.create(collection=collection, last_at=asked.at, count=1, note=LINK)
    gap.typical = GapQuestion.objects.create(gap=gap, case=case, cause="refused", vector=b"", encoder="none")
    gap.save()
    return gap.uid


def _write_answer(collection: Collection) -> object:
    row = ApprovedAnswer.objects.create(
        collection=collection,
        text=LETTERS,
        state="withdrawn",
        sentences=[{"text": LETTERS, "prefix": "", "verdict": "withheld", "reason": "unsupported", "markers": []}],
        checked_at=timezone.now(),
        approver=LETTERS[:150],
        approved_at=timezone.now(),
    )
    row.questions.create(text=LINK)
    return row.uid


def _write_run(collection: Collection) -> object:
    runs = [
        GoldenRun.objects.create(
            collection=collection,
            cause="changed",
            changes=["documents", "words"],
            state="done",
            questions=1,
            failed=1,
            conditions={"encoder": f"{number}{LETTERS[:70]}"},
            finished_at=timezone.now(),
        )
        for number in (1, 2)
    ]
    for run, verdict in zip(runs, ("passed", "failed"), strict=True):
        GoldenResult.objects.create(
            run=run,
            digest="0" * 64,
            question=LETTERS,
            expected={},
            verdict=verdict,
            misses=[{"code": "fact", "value": LINK}],
            answer={"outcome": "answered", "answer": f"{LETTERS} {verdict}", "sentences": [], "citations": [], "nearest": []},
        )
    return runs[1].uid
