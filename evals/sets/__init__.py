"""Reading sets of others, and which of their sources are trained on, choose, or are reported."""
