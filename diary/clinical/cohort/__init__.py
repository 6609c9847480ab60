"""Groups of patients side by side: weekly means, responders, tests and days of relief. Descriptive, never a verdict."""
