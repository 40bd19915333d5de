"""A question whose parts stand in different places is taken apart by rule; each part is searched and judged by itself."""
