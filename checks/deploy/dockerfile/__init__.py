"""Dockerfiles: parsed as BuildKit does, and held against the build context and the deployments."""
