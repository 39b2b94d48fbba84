"""Kubernetes manifests: rendered, held against their schema, and what no schema sees."""
