"""Signing in and out, and accepting an invite."""
