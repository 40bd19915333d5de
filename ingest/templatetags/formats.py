"""Template tags for the formats of files."""

from django import template

from ingest import accepted

register = template.Library()
register.filter("file_type", accepted.label_of)
register.simple_tag(accepted.accepted_endings, name="accepted_endings")
register.simple_tag(accepted.describe_formats, name="accepted_formats")
