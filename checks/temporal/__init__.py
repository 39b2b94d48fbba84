"""Temporal code in Python: what is defined, and whether a worker could run it."""
