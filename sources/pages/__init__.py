"""Pages of sources other than databases, for knowledge admins only."""
