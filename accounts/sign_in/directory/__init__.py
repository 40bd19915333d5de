"""A company directory (LDAP, Active Directory): people sign in by it, and a sync keeps them in step with it."""
