"""How people sign in, and whether mail reaches them."""

from datetime import datetime, timedelta

from cryptography import x509
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import DirectorySync, SignInRules, User
from accounts.sign_in.oidc.providers import find_providers
from accounts.sign_in.oidc.values import Provider
from system.values import Fact, Problem, Section

CERTIFICATE_DUE = timedelta(days=30)
SYNC_DUE = timedelta(days=2)


def read_sign_in() -> Section:
    providers, rules = find_providers(), SignInRules.current()
    admins = User.objects.system_admins().count()
    facts = [
        Fact(code="providers", label=_("Identity providers"), value=", ".join(provider.name for provider in providers) or None),
        Fact(code="directories", label=_("Company directories"), value=", ".join(one.name for one in settings.DIRECTORIES) or None),
        Fact(code="passwords", label=_("Passwords"), value=not rules.is_password_off),
        Fact(code="second_factor", label=_("Second factor required"), value=bool(rules.second_factor_roles)),
        Fact(code="duties_separated", label=_("Duties separated"), value=rules.are_duties_separated),
        Fact(code="admins", label=_("Admins of people and sign-in"), value=admins),
        Fact(code="auditors", label=_("Auditors"), value=User.objects.filter(role=User.Role.AUDITOR, is_active=True).count()),
    ]
    problems = [problem for provider in providers if (problem := _certificate_problem(provider)) is not None]
    problems += _sync_problems()
    if admins < 2:
        sentence = _("One person alone manages people and sign-in. If they are locked out, only the server's operator can help.")
        problems.append(Problem(code="one_admin", sentence=sentence, page="accounts:index"))
    return Section(code="sign_in", title=_("Sign-in"), facts=facts, problems=problems)


def _certificate_problem(provider: Provider) -> Problem | None:
    """Tell of a SAML provider's certificate that ends, or cannot be read."""
    if provider.kind != "saml" or not provider.certificate:
        return None
    words = {"name": provider.name}
    ends = _end_of(provider.certificate)
    if ends is None:
        sentence = _("The certificate of %(name)s cannot be read.") % words
        return Problem(code="certificate_unreadable", sentence=sentence, page="accounts:providers", is_urgent=True)
    if ends < timezone.now():
        sentence = _("The certificate of %(name)s has expired: nobody can sign in with it until it is replaced.") % words
        return Problem(code="certificate_expired", sentence=sentence, page="accounts:providers", is_urgent=True)
    if ends < timezone.now() + CERTIFICATE_DUE:
        words["days"] = str((ends - timezone.now()).days)
        sentence = _("The certificate of %(name)s expires in %(days)s days.") % words
        return Problem(code="certificate_due", sentence=sentence, page="accounts:providers")
    return None


def _end_of(certificate: str) -> datetime | None:
    text = certificate if "BEGIN" in certificate else f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n"
    try:
        return x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc
    except ValueError:
        return None


def _sync_problems() -> list[Problem]:
    problems = []
    syncs = {row.directory: row for row in DirectorySync.objects.all()}
    for directory in settings.DIRECTORIES:
        sync = syncs.get(directory.slug)
        outcome = sync.report.get("outcome", "") if sync is not None else ""
        is_late = sync is not None and sync.ended_at is not None and timezone.now() - sync.ended_at > SYNC_DUE
        if is_late or outcome not in ("", "done"):
            sentence = _("The directory %(name)s was not synced on schedule: people who have left may still be able to sign in.")
            command = f"manage.py sync_directory {directory.slug}"
            problems.append(
                Problem(
                    code="sync_failed", sentence=sentence % {"name": directory.name}, command=command, page="accounts:directories"
                )
            )
    return problems


def read_mail() -> Section:
    facts = [
        Fact(code="is_set_up", label=_("Set up"), value=settings.MAIL is not None),
        Fact(code="server", label=_("Server"), value=f"{settings.MAIL.host}:{settings.MAIL.port}" if settings.MAIL else None),
        Fact(code="encrypted", label=_("Encrypted"), value=settings.MAIL.security != "none" if settings.MAIL else None),
    ]
    problems = []
    if settings.MAIL is None:
        sentence = _("No mail is sent: password links and notices are shown only on pages.")
        command = "ATTEST_MAIL_URL=smtp://user:password@host:587 ATTEST_PUBLIC_URL=https://… scripts/run"
        problems.append(Problem(code="no_mail", sentence=sentence, command=command))
    return Section(code="mail", title=_("Mail"), facts=facts, problems=problems)
