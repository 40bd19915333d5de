"""The page that checks a text. Everyone who may ask may use it: it reads nothing that its user may not read anyway."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.credentials import session_credential
from accounts.errors import TooManyRequests
from accounts.models import ApiKey, User
from accounts.rates import spend
from accounts.requests import SignedInRequest
from audit.words import REASONS, VERDICTS
from chat.checking.forms import CheckForm
from chat.checking.running import check_text
from chat.checking.values import CheckedKind, CheckedSentence, CheckedText, GivenText
from chat.errors import AccessEnded, ChatError, QuestionRefused
from gateway.threads import run_in_thread

PAGE = "chat/check.html"
TONES = {
    CheckedKind.SUPPORTED: ("ok", "circle-check"),
    CheckedKind.CORRECTED: ("warn", "pencil"),
    CheckedKind.WITHHELD: ("danger", "circle-alert"),
    CheckedKind.FRAMING: ("", "info"),
}


@require_http_methods(["GET", "POST"])
async def check(request: SignedInRequest) -> HttpResponse:
    """The form, and the verdicts on what was sent with it."""
    user = await request.auser()
    form = await run_in_thread(lambda: CheckForm(request.POST if request.method == "POST" else None, user=user))()
    if not form.is_bound:
        return await run_in_thread(render)(request, PAGE, {"form": form})
    try:
        given = await run_in_thread(take)(form, request, user)
        checked = await check_text(given) if given is not None else None
    except AccessEnded:
        raise
    except (ChatError, TooManyRequests) as refused:
        return await run_in_thread(refuse)(request, form, refused)
    if given is None or checked is None:
        return await run_in_thread(lambda: render(request, PAGE, {"form": form}, status=422))()
    return await run_in_thread(render)(request, PAGE, {"form": form} | shown(given, checked))


def take(form: CheckForm, request: SignedInRequest, user: User) -> GivenText | None:
    """Return what is to be checked; None where the form has errors. Raises: TooManyRequests."""
    spend("ask", user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
    if not form.is_valid():
        return None
    data = form.cleaned_data
    return GivenText(
        text=data["text"],
        question=data["question"],
        passages=data["pieces"],
        collection=data["within"],
        credential=session_credential(request, user=user, scope=ApiKey.Scope.ASK),
    )


def refuse(request: SignedInRequest, form: CheckForm, refused: ChatError | TooManyRequests) -> HttpResponse:
    """Say why nothing was checked, and keep the words."""
    form.is_valid()
    form.add_error(None, getattr(refused, "message", "") or str(getattr(refused, "sentence", "")))
    status = 422 if isinstance(refused, QuestionRefused) else getattr(refused, "status", 503)
    response = render(request, PAGE, {"form": form}, status=status)
    for name, value in getattr(refused, "headers", {}).items():
        response[name] = value
    return response


def shown(given: GivenText, checked: CheckedText) -> dict[str, Any]:
    """Return what the page shows of a check."""
    return {
        "checked": checked,
        "rows": [row_of(sentence) for sentence in checked.sentences],
        "counts": [(kind, VERDICTS[kind], count, *TONES[CheckedKind(kind)]) for kind, count in checked.counts.items() if count],
        "places": [citation.as_dict() for citation in checked.citations],
        "pasted": given.passages,
    }


def row_of(sentence: CheckedSentence) -> dict[str, Any]:
    tone, icon = TONES[sentence.kind]
    reason = str(REASONS.get(sentence.reason, "")) if sentence.reason else ""
    citations = [citation.as_dict() for citation in sentence.citations]
    return {
        "sentence": sentence,
        "verdict": VERDICTS[sentence.kind],
        "tone": tone,
        "icon": icon,
        "reason": reason,
        "percent": round(sentence.score * 100),
        "citations": citations,
    }
