"""Attest on other sites: a widget, whose host vouches for its users with signed tokens."""
