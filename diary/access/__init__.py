"""Who may do what: identities and the one policy table."""
