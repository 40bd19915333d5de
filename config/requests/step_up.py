"""Dangerous acts: before these, whoever is signed in shows once more that it is they (`accounts.sign_in.confirming`).

One table, by the names of addresses. Whoever may not do the thing anyway is not asked: their answer is the view's, which says that
it does not exist. A program with an API key is not asked either: a key that may manage was made by somebody who was.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from accounts.keys import scopes_of
from accounts.models import ApiKey, User
from accounts.programs.service_accounts import find_services
from kb.models import Collection

MANAGING = frozenset((ApiKey.Scope.MANAGE, ApiKey.Scope.PEOPLE))
Asks = Callable[[HttpRequest, dict[str, Any]], bool]


def _is_post_of_admin(request: HttpRequest, named: dict[str, Any]) -> bool:
    return request.method == "POST" and _is_admin(request)


def _makes_guarded(request: HttpRequest, named: dict[str, Any]) -> bool:
    role = request.POST.get("role")
    if not _is_post_of_admin(request, named) or role not in User.GUARDED:
        return False
    pk: int | None = named.get("pk")  # None: a new account
    return pk is None or not User.objects.filter(pk=pk, role=role).exists()


def _makes_managing_key(request: HttpRequest, named: dict[str, Any]) -> bool:
    wanted = MANAGING & set(request.POST.getlist("scopes"))
    return request.method == "POST" and request.user.is_authenticated and bool(wanted & set(scopes_of(request.user)))


def _makes_managing_key_of_program(request: HttpRequest, named: dict[str, Any]) -> bool:
    if request.method != "POST" or not MANAGING & set(request.POST.getlist("scopes")):
        return False
    return find_services(request.user).filter(pk=named["pk"]).exists()


def _rotates_managing_key(request: HttpRequest, named: dict[str, Any]) -> bool:
    if request.method != "POST" or not request.user.is_authenticated:
        return False
    looked_after = Q(user=request.user) | Q(user__in=find_services(request.user).values("user"))
    key = ApiKey.objects.usable().filter(looked_after, pk=named["pk"]).first()
    return key is not None and bool(MANAGING & set(key.scopes))


def _deletes_collection(request: HttpRequest, named: dict[str, Any]) -> bool:
    return request.method == "POST" and _owns(request, named)


def _deletes_by_session(request: HttpRequest, named: dict[str, Any]) -> bool:
    return request.method == "DELETE" and "Authorization" not in request.headers and _owns(request, named)


def _changes_by_session(request: HttpRequest, named: dict[str, Any]) -> bool:
    return request.method in ("POST", "PATCH") and "Authorization" not in request.headers and _is_admin(request)


def _owns(request: HttpRequest, named: dict[str, Any]) -> bool:
    return Collection.objects.owned_by(request.user).filter(slug=named.get("slug", "")).exists()


def _is_signed_in(request: HttpRequest, named: dict[str, Any]) -> bool:
    return request.user.is_authenticated


def _is_admin(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_system_admin


def _is_post_of_auditor(request: HttpRequest, named: dict[str, Any]) -> bool:
    return request.method == "POST" and _is_auditor(request, named)


def _is_auditor(request: HttpRequest, named: dict[str, Any]) -> bool:
    return request.user.is_authenticated and request.user.is_auditor


DANGEROUS: dict[str, Asks] = {
    "audit:export": _is_auditor,
    "reviews:export": _is_auditor,
    "retention:person_export": _is_auditor,
    "retention:person": _is_post_of_auditor,
    "retention:rule": _is_post_of_auditor,
    "retention:hold": _is_post_of_auditor,
    "accounts:create": _makes_guarded,
    "accounts:change": _makes_guarded,
    "accounts:password": _is_post_of_admin,  # shows a link by which anybody signs in as that person
    "accounts:factors_remove": _is_post_of_admin,
    "accounts:act_confirm": _is_post_of_admin,
    "accounts:rules": _is_post_of_admin,
    "accounts:provider_new": _is_post_of_admin,
    "accounts:provider_new_saml": _is_post_of_admin,
    "accounts:provider": _is_post_of_admin,
    "accounts:provider_delete": _is_post_of_admin,
    "integrations:widget_new": _is_post_of_admin,  # whoever has the secret it shows asks as anybody
    "integrations:widget_change": _is_post_of_admin,
    "integrations:widget_renew": _is_post_of_admin,
    "integrations:chat_new": _is_post_of_admin,  # says who may ask as whom
    "integrations:chat": _is_post_of_admin,
    "api:list_widgets": _changes_by_session,  # the same by REST; each is the first operation on its path
    "api:get_widget": _changes_by_session,
    "api:renew_widget_secret": _changes_by_session,
    "api:list_chat_apps": _changes_by_session,
    "api:get_chat_app": _changes_by_session,
    "accounts:keys": _makes_managing_key,
    "accounts:key_rotate": _rotates_managing_key,
    "accounts:service": _makes_managing_key_of_program,
    "ingest:collection_delete": _deletes_collection,
    # allauth asks as well, but not who has neither a password nor a factor and comes from an identity provider.
    "mfa_activate_totp": _is_signed_in,
    "mfa_deactivate_totp": _is_signed_in,
    "mfa_add_webauthn": _is_signed_in,
    "mfa_remove_webauthn": _is_signed_in,
    "mfa_generate_recovery_codes": _is_signed_in,
    "api:get_collection": _deletes_by_session,  # of all operations on that path, of which one deletes
}
