"""Charts: values in, drawings out. Words and dates are handed in, so that no chart knows a language."""
