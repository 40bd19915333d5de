"""People: a custom user from the first migration, with one of five roles; their sessions and API keys. Groups are Django's own."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.people.models import Provisioned
from accounts.programs.models import ServiceAccount
from accounts.sign_in.directory.models import DirectoryEntry, DirectorySync

__all__ = ["DirectoryEntry", "DirectorySync", "Provisioned", "ServiceAccount"]  # beside the models below


def today() -> date:
    """Return the day of now where the installation is, whatever time zone a reader has."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


class UserManager(DjangoUserManager["User"]):
    use_in_migrations = False  # those keep to what they were written for

    def system_admins(self) -> "models.QuerySet[User]":
        """Those who may manage people now, of those who may sign in."""
        roles = [User.Role.SYSTEM_ADMIN]
        if not SignInRules.current().are_duties_separated:
            roles.append(User.Role.KNOWLEDGE_ADMIN)
        return self.filter(role__in=roles, is_active=True, is_service=False)

    def people(self) -> "models.QuerySet[User]":
        """All but programs' own accounts."""
        return self.filter(is_service=False)

    def overdue(self) -> "models.QuerySet[User]":
        """Guests whose last day is over, and whose accounts have not been deactivated yet."""
        return self.filter(is_active=True, ends_on__lt=today())


class User(AbstractUser):
    """Someone who signs in. The role says what they may do, the groups which collections they may read."""

    class Role(models.TextChoices):
        EMPLOYEE = "employee", _("Employee")
        KNOWLEDGE_ADMIN = "knowledge_admin", _("Knowledge admin")
        SYSTEM_ADMIN = "system_admin", _("System admin")
        AUDITOR = "auditor", _("Auditor")
        REVIEWER = "reviewer", _("Reviewer")

    GUARDED = (Role.AUDITOR, Role.REVIEWER)  # they read what others asked: no one person makes or resets them

    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.EMPLOYEE)
    # Part of every session's hash. Counted up when the account is disabled, so that a session from before does not work again
    # when it is enabled once more; and when its owner signs out everywhere.
    session_generation = models.PositiveIntegerField(default=0, editable=False)
    # Attest made the password up and told it to somebody: its owner sets another one before anything else.
    must_change_password = models.BooleanField(default=False, editable=False)
    ends_on = models.DateField(_("last day of access"), null=True, blank=True)  # of a guest
    is_service = models.BooleanField(default=False, editable=False)  # a program's, which has keys and never signs in

    objects: ClassVar[UserManager] = UserManager()

    @property
    def has_ended(self) -> bool:
        """Whether a guest's last day is over."""
        return self.ends_on is not None and self.ends_on < today()

    @property
    def is_knowledge_admin(self) -> bool:
        """May manage every collection and its documents."""
        is_admin = self.role == self.Role.KNOWLEDGE_ADMIN or (
            self.is_superuser and self.role not in (*self.GUARDED, self.Role.SYSTEM_ADMIN)
        )
        return self.is_active and is_admin  # nobody audits what they rule

    @property
    def is_system_admin(self) -> bool:
        """May manage people, groups, sign-in and models: a system admin, and a knowledge admin while duties are not separated.
        One query for a knowledge admin."""
        if not self.is_active:
            return False
        return self.role == self.Role.SYSTEM_ADMIN or (self.is_knowledge_admin and not SignInRules.current().are_duties_separated)

    @property
    def is_auditor(self) -> bool:
        """May read the audit."""
        return self.is_active and self.role == self.Role.AUDITOR

    @property
    def is_reviewer(self) -> bool:
        """May review answers: an auditor any, a reviewer those that rest on what they may read themselves."""
        return self.is_active and self.is_guarded

    @property
    def is_guarded(self) -> bool:
        """Whether it takes two people to give this account its role or to reset it, and it rules nothing."""
        return self.role in self.GUARDED

    def get_session_auth_hash(self) -> str:
        """Return what a session must hold to be this account's: it changes with the password and with the generation."""
        return self._hash_generation(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same under each of SECRET_KEY_FALLBACKS."""
        for password_hash in super().get_session_auth_fallback_hash():
            yield self._hash_generation(password_hash)

    def _hash_generation(self, password_hash: str) -> str:
        return salted_hmac("accounts.session_generation", f"{password_hash}:{self.session_generation}").hexdigest()


class PendingAct(models.Model):
    """What one admin wants to do to an auditor's or reviewer's account, and a second person has to confirm."""

    class Kind(models.TextChoices):
        AUDITOR = "auditor", _("Make this person an auditor")  # the kinds that give a role are called as it
        REVIEWER = "reviewer", _("Make this person a reviewer")
        PASSWORD = "password", _("Reset the password of this auditor or reviewer")
        FACTORS = "factors", _("Remove the second factors of this auditor or reviewer")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["asked_at"]
        verbose_name = _("pending act")
        verbose_name_plural = _("pending acts")
        constraints = [models.UniqueConstraint(fields=["kind", "user"], name="accounts_one_pending_act")]

    def __str__(self) -> str:
        return f"{self.kind} of user {self.user_id}"


class BrowserSession(AbstractBaseSession):
    """A browser's session, with what its owner recognises it by. Written by `accounts.sign_in.sessions.SessionStore`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="browser_sessions")
    started_at = models.DateTimeField(default=timezone.now)  # of a signed-in one: when it signed in
    seen_at = models.DateTimeField(default=timezone.now)  # written at most once a minute
    address = models.CharField(max_length=64, blank=True)  # of the last request
    browser = models.CharField(max_length=300, blank=True)  # as it names itself

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        ordering = ["-seen_at"]

    @classmethod
    def get_session_store_class(cls) -> type:
        from accounts.sign_in.sessions import SessionStore  # which imports this model

        return SessionStore

    @property
    def public_id(self) -> str:
        """What names the session on pages: its key opens it."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:20]

    @property
    def is_over(self) -> bool:
        """Whether it has been used too long ago, or began too long ago. Of a session in which nobody is signed in: never."""
        if self.user_id is None:
            return False
        now, idle = timezone.now(), timedelta(seconds=settings.SESSION_IDLE_S)
        began_too_long_ago = self.started_at <= now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return began_too_long_ago or (bool(idle) and self.seen_at <= now - idle)


class SignInRules(models.Model):
    """The one row of what the installation demands at the sign-in."""

    ONLY = 1

    second_factor_roles = models.JSONField(default=list)  # of User.Role: who must have a second factor
    are_duties_separated = models.BooleanField(default=False)  # knowledge admins manage collections alone, system admins the rest
    is_password_off = models.BooleanField(default=False)  # identity providers alone let people in …
    break_glass = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )  # … but this one

    def __str__(self) -> str:
        return "rules of signing in"

    @classmethod
    def current(cls) -> "SignInRules":
        """Return the rules of now, read from the database; unsaved ones where nobody has set any."""
        return cls.objects.filter(pk=cls.ONLY).first() or cls(pk=cls.ONLY)


class IdentityProvider(models.Model):
    """An OpenID Connect or SAML provider, as the page keeps it (in use: `accounts.sign_in.oidc.values.Provider`)."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(max_length=8, choices=(("oidc", "OpenID Connect"), ("saml", "SAML 2.0")), default="oidc")
    issuer = models.CharField(max_length=300)  # of SAML: the entity ID
    client_id = models.CharField(max_length=191, blank=True)
    sso_url = models.CharField(max_length=500, blank=True)  # of SAML: where the browser is sent …
    certificate = models.TextField(blank=True)  # … and by what the answers are signed
    sealed_secret = models.TextField(blank=True)  # accounts.sign_in.sealing
    groups_claim = models.CharField(max_length=120, default="groups")
    group_rules = models.JSONField(default=list)  # [[what the claim says, the group's name here], …]
    asks_userinfo = models.BooleanField(default=True)
    matches_names = models.BooleanField(default=False)
    makes_people = models.BooleanField(default=True)
    links_by_email = models.BooleanField(default=False)
    is_enabled = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("identity provider")
        verbose_name_plural = _("identity providers")

    def __str__(self) -> str:
        return self.name


class ProvidedGroup(models.Model):
    """A group that a provider gave somebody at a sign-in: it takes it away again, and none that was given by hand."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="provided_groups")
    group = models.ForeignKey("auth.Group", on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=40)  # its slug

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group", "provider"], name="accounts_one_provided_group")]

    def __str__(self) -> str:
        return f"group {self.group_id} of user {self.user_id}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        """Neither revoked nor expired, of someone who may sign in."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        unended = Q(user__ends_on=None) | Q(user__ends_on__gte=today())
        return self.filter(unexpired, unended, revoked_at=None, user__is_active=True)


class ApiKey(models.Model):
    """What a program shows instead of signing in. It may do what its owner may do at that moment, and of that its scopes only."""

    class Scope(models.TextChoices):
        ASK = "ask", _("Ask questions")
        READ = "read", _("Search, read documents and conversations")
        MANAGE = "manage", _("Manage collections and documents")
        PEOPLE = "people", _("Manage people and groups (SCIM)")
        REVIEW = "review", _("Review answers")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=16)  # the key's first characters, by which people recognise it
    key_hash = models.CharField(max_length=64, unique=True)  # sha256 of the key: it holds 256 random bits, so no salt is needed
    scopes = models.JSONField(default=list)  # of Scope
    networks = models.JSONField(default=list)  # from which it may be used, as "10.0.0.0/8"; none: from anywhere
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)  # written at most once a minute
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def state(self) -> str:
        """ "active", "expired" or "revoked"."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= timezone.now() else "active"

    @property
    def scope_labels(self) -> list[str]:
        return [str(self.Scope(scope).label) for scope in self.scopes]
