"""What can go wrong with a backup or a restore. Each message is a sentence that says what to do.

BackupError
├── TargetUnusable     the file to be written exists, or its folder cannot be written
├── DiskFull           there is no room for the backup, or for what is restored
├── DatabaseUnusable   the database is unavailable, not at this release, or holds a value that cannot be read
├── KeyUnusable        the passphrase or key file is missing, empty, wrong or not wanted
├── NotABackup         the file is none
├── BackupDamaged      the file was altered, cut off or put together from parts
├── BackupTooNew       the file was made by a later release
├── AuditForeign       checkpoints that lie there, or were named, are not this installation's
├── NotEmpty           the installation to restore into holds data
└── InUse              a server runs on the data folder, or another restore or backup does
"""


class BackupError(Exception):
    """Root of every error of this package. `code` is stable."""

    code = "backup"


class TargetUnusable(BackupError):
    code = "target_unusable"


class DiskFull(BackupError):
    code = "disk_full"


class DatabaseUnusable(BackupError):
    code = "database_unusable"


class KeyUnusable(BackupError):
    code = "key_unusable"


class NotABackup(BackupError):
    code = "not_a_backup"


class BackupDamaged(BackupError):
    code = "backup_damaged"


class BackupTooNew(BackupError):
    code = "backup_too_new"


class AuditForeign(BackupError):
    code = "audit_foreign"


class NotEmpty(BackupError):
    code = "not_empty"


class InUse(BackupError):
    code = "in_use"
