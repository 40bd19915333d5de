"""Documents that are kept in Git: one branch of a repository, over HTTP."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from sources.connectors.port import Connector, Manifest, Setting

ENDINGS = ".md .markdown .rst .adoc .txt .html .pdf .docx"


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    from sources.connectors.git.connector import GitBranch  # dulwich, for those who use it

    return GitBranch(
        address=settings["address"],
        branch=settings.get("branch", ""),
        folder=settings.get("folder", ""),
        endings=tuple(settings.get("endings", "").lower().replace(",", " ").split()),
        link=settings.get("link", ""),
        username=settings.get("username", ""),
        token=secrets.get("token", ""),
    )


MANIFEST = Manifest(
    kind="git",
    label=_("Git repository"),
    description=_("Documents in one branch of a Git repository."),
    settings=(
        Setting(
            name="address",
            label=_("Address of the repository"),
            help=_("The address that you clone from, for example https://git.example/team/handbook.git"),
            kind="address",
        ),
        Setting(name="branch", label=_("Branch or tag"), help=_("Leave empty for the default branch."), required=False),
        Setting(name="folder", label=_("Folder"), help=_("Only what is in this folder is read, for example docs"), required=False),
        Setting(name="endings", label=_("Kinds of file"), help=_("Leave empty for all files."), required=False, default=ENDINGS),
        Setting(name="username", label=_("User name"), required=False),
        Setting(name="token", label=_("Token or password"), required=False, secret=True),
        Setting(
            name="link",
            label=_("Where people read a file"),
            help=_("With {commit} and {path}, for example https://git.example/team/handbook/src/commit/{commit}/{path}"),
            required=False,
        ),
    ),
    open=open_source,
    has_rights=False,
)
