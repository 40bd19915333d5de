"""How dates are written, by language: years first and 24 hours, which every reader takes the same way."""
