"""Pages for everyone, and answers for machines."""
