"""Compose files and what else puts a system onto machines."""
