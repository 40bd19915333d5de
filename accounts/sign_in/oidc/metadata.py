"""What a SAML identity provider's metadata says of it. Knows no Django: settings read a file by it."""

from dataclasses import dataclass

from lxml import etree
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

MOST_CHARACTERS = 500_000  # of a federation's there may be millions: one names one provider


class MetadataInvalid(ValueError):
    """The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    entity_id: str
    sso_url: str  # where the browser is sent, by the redirect binding
    certificate: str  # by which it signs: base64 without head and foot


def read_metadata(xml: str) -> Metadata:
    """Read the metadata of one identity provider. Raises: MetadataInvalid."""
    if len(xml) > MOST_CHARACTERS:
        raise MetadataInvalid("the metadata are longer than those of one provider")
    try:
        root = OneLogin_Saml2_XML.to_etree(xml.strip().encode())  # which refuses entities and document types
        if len(OneLogin_Saml2_XML.query(root, "//md:EntityDescriptor")) != 1:
            raise MetadataInvalid("there is not exactly one EntityDescriptor")
        idp = OneLogin_Saml2_IdPMetadataParser.parse(xml.strip().encode()).get("idp", {})
    except (etree.XMLSyntaxError, ValueError, TypeError) as error:
        raise MetadataInvalid(str(error)) from error
    signing = (idp.get("x509certMulti") or {}).get("signing") or [idp.get("x509cert", "")]
    found = Metadata(
        entity_id=idp.get("entityId") or "",
        sso_url=(idp.get("singleSignOnService") or {}).get("url") or "",
        certificate="".join((signing[0] or "").split()),
    )
    if not (found.entity_id and found.sso_url and found.certificate):
        raise MetadataInvalid("entityID, a SingleSignOnService with the redirect binding, or a signing certificate is missing")
    return found
