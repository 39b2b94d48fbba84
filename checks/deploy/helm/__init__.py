"""Helm charts: linted, rendered with every values file, and judged as Kubernetes manifests."""
