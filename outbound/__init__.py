"""Where Attest connects to when a person, not the operator, named the address."""
