"""Mail: the messages of mailboxes, by IMAP."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sources.connectors.errors import ConnectorError
from sources.connectors.port import Connector, Manifest, Setting


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    from sources.connectors.imap.connector import Mailboxes  # IMAPClient, for those who use it

    port = settings.get("port", "") or "0"
    if not port.isdigit() or int(port) > 65535:
        raise ConnectorError(gettext("The port must be a number, such as 993."), code="bad_setting")
    return Mailboxes(
        host=settings["host"],
        port=int(port),
        security=settings.get("security") or "tls",
        username=settings["username"],
        password=secrets.get("password", ""),
        mailboxes=settings.get("mailboxes", ""),
    )


MANIFEST = Manifest(
    kind="imap",
    label=_("Mailbox (IMAP)"),
    description=_("Messages of a mail server, each with its attachments."),
    settings=(
        Setting(name="host", label=_("Mail server"), help=_("For example imap.example")),
        Setting(name="port", label=_("Port"), help=_("Leave empty for 993, or 143 with STARTTLS."), required=False, kind="number"),
        Setting(
            name="security",
            label=_("Encryption"),
            kind="choice",
            choices=(("tls", _("TLS from the start (port 993)")), ("starttls", _("STARTTLS (port 143)"))),
            default="tls",
        ),
        Setting(name="username", label=_("User name")),
        Setting(name="password", label=_("Password"), secret=True),
        Setting(
            name="mailboxes",
            label=_("Mailboxes"),
            help=_("Separated by commas; * for all but trash, junk and drafts."),
            required=False,
            default="INBOX",
        ),
    ),
    open=open_source,
    has_rights=False,
)
