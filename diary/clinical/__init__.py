"""The clinical rules: values in, values out. No clock, no database, no web."""
