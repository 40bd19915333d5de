"""Objects of an S3-compatible store: Amazon S3, MinIO, Ceph, Alibaba Cloud OSS and others."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sources.connectors.errors import ConnectorError
from sources.connectors.port import Connector, Manifest, Setting
from sources.connectors.s3.connector import Bucket
from sources.connectors.s3.rules import read_rules
from sources.connectors.s3.signing import Signer

BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}", re.ASCII)


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    if not BUCKET.fullmatch(settings["bucket"]):
        raise ConnectorError(
            gettext("A bucket name can contain only letters, digits, dots, hyphens and underscores."), code="bad_setting"
        )
    access_key, region = settings.get("access_key", ""), settings.get("region", "") or "us-east-1"
    signer = Signer(access_key=access_key, secret_key=secrets.get("secret_key", ""), region=region) if access_key else None
    return Bucket(
        endpoint=settings["address"],
        bucket=settings["bucket"],
        prefix=settings.get("prefix", ""),
        by_host=settings.get("addressing") == "host",
        signer=signer,
        rules=read_rules(settings.get("rules", "")),
    )


MANIFEST = Manifest(
    kind="s3",
    label=_("S3 bucket"),
    description=_("Objects in Amazon S3 or in a store with a compatible API."),
    settings=(
        Setting(
            name="address",
            label=_("Address of the store"),
            help=_("For example https://s3.eu-central-1.amazonaws.com or https://minio.example:9000"),
            kind="address",
        ),
        Setting(name="bucket", label=_("Bucket")),
        Setting(name="prefix", label=_("Prefix"), help=_("Only keys with this prefix, for example handbooks/"), required=False),
        Setting(name="region", label=_("Region"), required=False, default="us-east-1"),
        Setting(
            name="addressing",
            label=_("The bucket name is"),
            help=_("Alibaba Cloud OSS and Tencent COS require it in the host name."),
            kind="choice",
            choices=(("path", _("after the host name")), ("host", _("in the host name"))),
            default="path",
        ),
        Setting(name="access_key", label=_("Access key"), help=_("Leave it empty for a public bucket."), required=False),
        Setting(name="secret_key", label=_("Secret key"), required=False, secret=True),
        Setting(
            name="rules",
            label=_("Who may read which prefix"),
            help=_(
                "Groups, for example: Finance/ = accounting, board; HR/ = people team. Leave empty for all readers of the "
                "collection."
            ),
            required=False,
        ),
    ),
    open=open_source,
    has_rights=True,
    principals="group",
)
