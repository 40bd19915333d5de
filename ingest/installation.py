"""Makes a data folder ready to serve: the database's tables, the first accounts, the demo. Quick when all of it is there."""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import create_account
from ingest.first_accounts import FirstAccount, describe_accounts

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What preparing the installation did."""

    migrated: bool
    accounts: tuple[FirstAccount, ...]
    documents: int  # of the demo, accepted just now


def prepare_installation() -> Prepared:
    """Migrate where needed; where nobody has an account yet, make the demo's (ATTEST_DEMO), or else one knowledge admin."""
    migrated = migrate_if_needed()
    if User.objects.exists():
        return Prepared(migrated=migrated, accounts=(), documents=0)
    if settings.DEMO:
        from ingest.demo import load_demo  # brings the indexes' libraries: half a second that only the first start needs

        demo = load_demo(folder=settings.BASE_DIR / "demo")
        return Prepared(migrated=migrated, accounts=demo.accounts, documents=demo.documents)
    account = create_account(username="admin", role=User.Role.KNOWLEDGE_ADMIN)
    admin = FirstAccount(
        username=account.user.username,
        password=account.password,
        role=account.user.role,
        explanation="manages collections, documents and people",
    )
    return Prepared(migrated=migrated, accounts=(admin,), documents=0)


def migrate_if_needed() -> bool:
    """Bring the database's tables up to date. Returns: whether anything was to be done."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    logger.info("migrated the database")
    return True


def describe_prepared(prepared: Prepared) -> str:
    """Return what is printed about the accounts and the demo."""
    text = describe_accounts(prepared.accounts)
    if prepared.documents:
        text += _("%(count)d demo documents are being read; soon they can be asked about.") % {"count": prepared.documents} + "\n"
    return text
