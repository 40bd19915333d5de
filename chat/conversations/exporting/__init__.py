"""A conversation to take away: as Markdown, Word or PDF, every sentence with its footnotes."""
