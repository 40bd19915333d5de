"""Who asks for access, and programs with accounts of their own, with long runs of letters wherever somebody typed something."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.keys import create_api_key
from accounts.models import User
from accounts.programs.service_accounts import create_service
from kb.models import AccessRequest, Collection
from tests.browser.unbroken import LETTERS, LINK


def write_access(collection: Collection, *, asking: User, admin: User) -> dict[str, dict[str, list[str]]]:
    """List a collection, ask for two, and make a service account with a key. Returns: the pages that show them, by role."""
    listed = Collection.objects.create(name=LETTERS[:119], slug="listed", description=LINK, is_listed=True)
    until = timezone.now() + timedelta(days=9)
    for one, who, state in ((listed, asking, "refused"), (collection, asking, "waiting"), (collection, admin, "granted")):
        said = {"reason": LINK[:200], "answer": LETTERS[:200] if state == "refused" else ""}
        AccessRequest.objects.create(collection=one, user=who, state=state, until=until if state == "granted" else None, **said)
    service = create_service(username=f"program_{LETTERS[:120]}", purpose=LINK[:200], owner=admin, role="employee", actor=None)
    key = create_api_key(user=service.user, name=LETTERS[:80], scopes=["read"], days=30, actor=None).key
    return {
        "employee": {
            "kb:access_ask": [reverse("kb:access_ask", args=[listed.slug])],
            "kb:access_mine": [reverse("kb:access_mine")],
        },
        "admin": {
            "kb:access": [reverse("kb:access", args=[collection.slug])],
            "accounts:services": [reverse("accounts:services")],
            "accounts:service_new": [reverse("accounts:service_new")],
            "accounts:service": [reverse("accounts:service", args=[service.pk])],
            "accounts:service_change": [reverse("accounts:service_change", args=[service.pk])],
            "accounts:key_rotate": [reverse("accounts:key_rotate", args=[key.pk])],
            "accounts:import": [reverse("accounts:import")],
            "accounts:provider_new_saml": [reverse("accounts:provider_new_saml")],
            "accounts:directories": [reverse("accounts:directories")],
        },
    }
