"""Which language and script a text is in, and traditional characters as simplified ones."""
