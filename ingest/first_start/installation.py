"""Makes a data folder ready to serve: tables, static files, the first accounts, the demo. Quick when all of it is there."""

import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.passwords import generate_password
from accounts.services import create_account
from audit.chain.marks.guards import install_guards, missing_guards
from audit.services import seal_chain
from ingest.editions.upgrade import begin_upgrade
from ingest.first_start.accounts import FirstAccount, describe_accounts
from ingest.first_start.static_files import collect_static_if_changed
from kb.storage import remove_stale_uploads

logger = logging.getLogger(__name__)
OTHERS = 0o077  # rights of the group and of everyone
RESTORING = "attest_restoring"  # a table that is there from the beginning of a restore to its end


class HalfRestored(Exception):
    """A restore was cut off; to serve what it left would show half of an installation, as a sentence for the operator."""

    def __init__(self) -> None:
        super().__init__("A restore was cut off here. Run `manage.py restore FILE` again, with the same backup or another one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What preparing the installation did."""

    migrated: bool
    accounts: tuple[FirstAccount, ...]
    documents: int  # of the demo, accepted just now


def prepare_installation() -> Prepared:
    """Migrate and collect static files where needed.

    Where nobody has an account yet, make those of the demo (ATTEST_DEMO), or else one knowledge admin.

    Raises: HalfRestored.
    """
    close_to_others(Path(settings.ATTEST_HOME))
    if is_half_restored():
        raise HalfRestored
    migrated = migrate_if_needed()
    protect_audit()
    collect_static_if_changed()
    if removed := remove_stale_uploads(older_than_s=0):
        logger.info("removed %d uploads that had been cut off", removed)
    begin_upgrade()
    if User.objects.exists():
        return Prepared(migrated=migrated, accounts=(), documents=0)
    if settings.DEMO:
        from ingest.first_start.demo import (
            load_demo,  # brings the indexes' libraries: half a second that only the first start needs
        )

        demo = load_demo(folder=settings.BASE_DIR / "demo")
        return Prepared(migrated=migrated, accounts=demo.accounts, documents=demo.documents)
    password = generate_password()
    account = create_account(username="admin", role=User.Role.KNOWLEDGE_ADMIN, password=password)
    admin = FirstAccount(
        username=account.username,
        password=password,
        role=account.role,
        explanation="manages collections, documents and people",
    )
    return Prepared(migrated=migrated, accounts=(admin,), documents=0)


def close_to_others(home: Path) -> None:
    """Take from others what an earlier release let them read of the data folder: its entries alone, for a folder that nobody may
    enter hides what is in it. The data folder itself may be shared with something else, and stays as it is."""
    for path in home.iterdir():
        status = path.lstat()
        if not path.is_symlink() and status.st_uid == os.getuid() and status.st_mode & OTHERS:
            path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


def is_half_restored() -> bool:
    """Whether a restore has begun and not ended: it runs, or was cut off."""
    return RESTORING in connection.introspection.table_names()


def migrate_if_needed() -> bool:
    """Bring the database's tables up to date. Returns: whether anything was to be done."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    logger.info("migrated the database")
    return True


def protect_audit() -> None:
    """Mark what an earlier release recorded, and put triggers back that somebody, or a tool, took from the database."""
    if missing := missing_guards():
        logger.warning("the database lacked triggers that protect the audit: %s", ", ".join(missing))
        install_guards()
    if seal_chain():
        logger.info("the audit of the earlier release is sealed")


def describe_prepared(prepared: Prepared) -> str:
    """Return what is printed about the accounts and the demo."""
    text = describe_accounts(prepared.accounts)
    if prepared.documents:
        text += (
            _("%(count)d demo documents are being processed. You can ask about them soon.") % {"count": prepared.documents} + "\n"
        )
    return text
