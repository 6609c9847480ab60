"""What the rules refuse to judge."""


class ClinicalError(ValueError):
    """A diary or a course that cannot be judged as it stands; the message says what is wrong with it."""
