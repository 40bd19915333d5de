"""What auditors keep and let go, with long runs of letters wherever somebody typed something."""

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Hold
from kb.models import Collection, Document
from retention.models import Erasure, Purge
from retention.rules.changing import set_rule
from tests.browser.unbroken import LETTERS, LINK


def write_keeping(collection: Collection, *, document: Document, person: User, auditor: User) -> dict[str, list[str]]:
    """Place holds, make a rule, erase somebody, delete a document. Returns: the pages that show them."""
    hold = Hold.objects.create(name=LETTERS[:120], reason=LINK, ordered_at=timezone.now(), ordered_by=LETTERS[:200])
    hold.things.create(kind="document", value=str(document.uid), label=LETTERS[:300])
    hold.things.create(kind="person", value=str(person.pk), label=LETTERS[:150])
    Hold.objects.create(
        name=LETTERS[:119], ordered_at=timezone.now(), ordered_by="ada", released_at=timezone.now(), released_by=LETTERS[:200]
    )
    rule = set_rule(kind="questions", collection=collection, days=30, by=auditor)
    Erasure.objects.create(person=auditor, reason=LETTERS[:300], ordered_by=LETTERS[:200], state=Erasure.State.HELD, held=3)
    for name, purge in ((LETTERS[:200], {}), (f"{LETTERS[:190]}.txt", {"problem": LETTERS[:300]})):
        gone = Document.objects.create(collection=collection, name=name, title=name, deleted_at=timezone.now())
        if purge:
            Purge.objects.create(document=gone, **purge)
    return {
        "retention:rules": [reverse("retention:rules")],
        "retention:rule_new": [reverse("retention:rule_new")],
        "retention:rule": [reverse("retention:rule", args=[rule.pk])],
        "retention:holds": [reverse("retention:holds")],
        "retention:hold_new": [reverse("retention:hold_new") + f"?document={LETTERS}"],
        "retention:hold": [reverse("retention:hold", args=[hold.uid])],
        "retention:people": [reverse("retention:people")],
        "retention:person": [reverse("retention:person", args=[person.pk])],
        "retention:documents": [reverse("retention:documents")],
    }
