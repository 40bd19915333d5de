"""What a reconciler looks for, in words."""

from django.utils.translation import gettext_lazy as _

LOOKED_FOR = {
    "originals": _("Original files left"),
    "page_pictures": _("Page pictures left"),
    "pages": _("Pages left in the database"),
    "passages": _("Passages left in the database"),
    "vectors": _("Vectors left in the database"),
    "reading_faults": _("Reported reading faults left"),
    "index_rows": _("Rows left in the index"),
}
METHODS = {
    "vacuum": _("Unused database pages were overwritten."),
    "partly": _("Unused pages of some tables were overwritten; others were in use."),
    "none": _("Free pages of the database were left as they are."),
}
