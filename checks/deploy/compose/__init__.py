"""Compose files: read, judged by the real Compose or by our own judge, and what both overlook."""
