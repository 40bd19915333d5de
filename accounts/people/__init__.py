"""People and groups as admins see them: the pages, many at once, guests."""
