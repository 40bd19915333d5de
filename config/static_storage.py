"""Static files under names that hold a hash of their content, so that browsers may keep them for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage (hashed, with a gzip copy), whose modules also import each other by their hashed names.

    Until `ingest.first_start.static_files.collect_static_if_changed` has run, addresses are the plain ones, which WhiteNoise serves
    too: a page without hashes is better than none.
    """

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name
