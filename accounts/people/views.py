"""People and groups, for knowledge admins; everyone else gets the 404 of a page that does not exist."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import second_person, services
from accounts.access import system_admins_only
from accounts.errors import AccountRefused
from accounts.models import PendingAct, User
from accounts.people.forms import ChangePersonForm, GroupForm, PersonForm
from accounts.requests import SignedInRequest
from accounts.sign_in.directory.arriving import is_kept_elsewhere
from accounts.sign_in.links import Purpose, make_link
from accounts.sign_in.mail import has_mail, send_link
from accounts.sign_in.second_factors.holding import has_second_factor
from accounts.sign_in.sessions import find_sessions, sign_out_everywhere

PEOPLE_PER_PAGE = 50
GROUPS_PER_PAGE = 50
MEMBERS_PER_PAGE = 200
ACTS_SHOWN = 50
GROUPS_TO_CHOOSE = 100  # offered while somebody types


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """Everyone with an account, and the groups."""
    words = request.GET.get("q", "").replace("\x00", "").strip()
    state, role = request.GET.get("state", ""), request.GET.get("role", "")
    people = _find(words, state=state, role=role)
    page = Paginator(people, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    groups = Paginator(_groups(), GROUPS_PER_PAGE).get_page(request.GET.get("groups"))
    return render(
        request,
        "people/index.html",
        {
            "page": page,
            "words": words,
            "state": state,
            "role": role,
            "roles": User.Role.choices,
            "choices": Group.objects.order_by("name").values_list("name", flat=True)[:GROUPS_TO_CHOOSE],
            "query": request.GET.urlencode(),
            "groups": groups,
            "group_form": GroupForm(),
            "acts": second_person.pending_acts()[:ACTS_SHOWN],
        },
    )


def _find(words: str, *, state: str, role: str) -> QuerySet[User]:
    """Return the people that a search names. Programs' accounts have a page of their own."""
    people = User.objects.people().prefetch_related("groups").order_by("-is_active", "username")
    for word in words.split():
        found = Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
        people = people.filter(found | Q(email__icontains=word))
    if state in ("active", "off"):
        people = people.filter(is_active=state == "active")
    elif state == "guest":
        people = people.filter(ends_on__isnull=False).order_by("-is_active", "ends_on", "username")
    return people.filter(role=role) if role in User.Role.values else people


@require_http_methods(["GET", "POST"])
@system_admins_only
def create(request: SignedInRequest) -> HttpResponse:
    """Make an account; its owner sets the password by a one-time link, which is mailed, or shown once on the response page."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                values, wanted = _without_guarded(form.cleaned_data, role=User.Role.EMPLOYEE)
                account = services.create_account(**values, actor=request.user)
                if wanted:
                    _ask_second_person(request, account, wanted)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
        else:
            return _link_page(request, account, is_new=True)
    return _form_page(request, "people/person.html", form, {"person": None})


@require_http_methods(["GET", "POST"])
@system_admins_only
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a person's name, role, groups and whether they may sign in."""
    person = get_object_or_404(User.objects.people(), pk=pk)
    initial = {name: getattr(person, name) for name in ("first_name", "last_name", "email", "role", "is_active", "ends_on")}
    form = ChangePersonForm(request.POST or None, initial=initial | {"groups": person.groups.all()})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                values, wanted = _without_guarded(form.cleaned_data, role=person.role)
                services.change_account(user=person, actor=request.user, **values)
                if wanted:
                    _ask_second_person(request, person, wanted)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": person.username})
            return redirect("accounts:index")
    return _form_page(request, "people/person.html", form, {"person": person, **_state_of(person)})


@require_POST
@system_admins_only
def password(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """End a person's password; they set another one by a one-time link. An auditor's or reviewer's: when a second person
    has confirmed it."""
    person = get_object_or_404(User.objects.people(), pk=pk)
    if is_kept_elsewhere(person):
        raise Http404
    if person.is_guarded:
        _ask_second_person(request, person, PendingAct.Kind.PASSWORD)
        return redirect("accounts:index")
    return _link_page(request, services.reset_password(user=person, actor=request.user), is_new=False)


@require_POST
@system_admins_only
def act_confirm(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Confirm, as the second person, what another admin asked for."""
    try:
        act = second_person.confirm_act(pk=pk, actor=request.user)
    except AccountRefused as refused:
        messages.error(request, refused.message)
        return redirect("accounts:index")
    if act.kind == PendingAct.Kind.PASSWORD:
        return _link_page(request, User.objects.get(pk=act.user_id), is_new=False)
    messages.success(request, _("Confirmed: %(act)s (%(name)s).") % {"act": act.get_kind_display(), "name": act.user.username})
    return redirect("accounts:index")


@require_POST
@system_admins_only
def act_withdraw(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Take back, or refuse, what waits for a second person."""
    second_person.withdraw_act(pk=pk, actor=request.user)
    messages.success(request, _("Request withdrawn."))
    return redirect("accounts:index")


@require_POST
@system_admins_only
def sign_out(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """End every session of a person."""
    person = get_object_or_404(User, pk=pk)
    count = sign_out_everywhere(user=person, actor=request.user)
    sentence = ngettext("%(name)s was signed out of %(count)s session.", "%(name)s was signed out of %(count)s sessions.", count)
    messages.success(request, sentence % {"name": person.username, "count": count})
    return redirect("accounts:index")


@require_POST
@system_admins_only
def group_create(request: SignedInRequest) -> HttpResponseBase:
    form = GroupForm(request.POST)
    try:
        name = form.cleaned_data["name"] if form.is_valid() else ""
        group = services.create_group(name=name, actor=request.user)
    except AccountRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The group %(name)s was created.") % {"name": group.name})
    return redirect("accounts:index")


@require_http_methods(["GET", "POST"])
@system_admins_only
def group(request: SignedInRequest, pk: int) -> HttpResponse:
    """A group: its members, its name."""
    found = get_object_or_404(_groups(), pk=pk)
    form = GroupForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.rename_group(group=found, name=form.cleaned_data["name"], actor=request.user)
        except AccountRefused as refused:
            form.add_error("name", refused.message)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": found.name})
            return redirect("accounts:index")
    members = Paginator(found.user_set.order_by("username"), MEMBERS_PER_PAGE).get_page(request.GET.get("page"))
    return _form_page(request, "people/group.html", form, {"group": found, "page": members})


@require_POST
@system_admins_only
def group_delete(request: SignedInRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(Group, pk=pk)
    services.delete_group(group=found, actor=request.user)
    messages.success(request, _("The group %(name)s was deleted.") % {"name": found.name})
    return redirect("accounts:index")


def _without_guarded(values: dict[str, Any], *, role: str) -> tuple[dict[str, Any], str]:
    """Return the values that one person may set alone, and the role that takes two, where it is wanted. `role`: of now."""
    wanted = str(values["role"])
    return (values | {"role": role}, wanted) if wanted in User.GUARDED and wanted != role else (values, "")


def _ask_second_person(request: SignedInRequest, person: User, kind: str) -> None:
    second_person.request_act(kind=kind, user=person, actor=request.user)
    messages.success(request, _("This takes effect once a second person has confirmed it under People."))


def _state_of(person: User) -> dict[str, Any]:
    return {
        "session_count": len(find_sessions(person)),
        "has_factor": has_second_factor(person),
        "is_kept_elsewhere": is_kept_elsewhere(person),
    }


def _groups() -> Any:
    return Group.objects.annotate(member_count=Count("user")).order_by("name")


@sensitive_variables("link")
def _link_page(request: SignedInRequest, account: User, *, is_new: bool) -> HttpResponse:
    """Send the link to its owner where there is mail; else, or where the mail server does not take it, show it this once."""
    link = make_link(account, purpose=Purpose.INVITED, request=request)
    is_mailed = has_mail() and bool(account.email) and send_link(account, link=link, purpose=Purpose.INVITED)
    has_failed = has_mail() and bool(account.email) and not is_mailed
    hours = Purpose.INVITED.lasts_s // 3600
    context = {"account": account, "is_new": is_new, "link": "" if is_mailed else link, "has_failed": has_failed, "hours": hours}
    return render(request, "people/password.html", context, status=201 if is_new else 200)


def _form_page(request: SignedInRequest, template: str, form: Form, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
