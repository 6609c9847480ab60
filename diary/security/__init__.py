"""Passwords, tokens and the audit chain."""
