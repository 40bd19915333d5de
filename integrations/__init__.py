"""Where people ask outside Attest's own pages: on other sites, in chat programs. The asker's rights, always."""
