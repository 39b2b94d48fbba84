"""Reads every deployment of a project: Compose, kustomizations and manifests, charts."""

from __future__ import annotations

from collections.abc import Sequence

from checks.model import CheckContext
from checks.wiring.code.model import Code
from checks.wiring.deployments.cluster import read_cluster
from checks.wiring.deployments.compose import read_compose
from checks.wiring.deployments.images import Images
from checks.wiring.model import Deployment


def read_deployments(
    context: CheckContext, files: Sequence[str], code: Code
) -> tuple[tuple[Deployment, ...], tuple[str, ...]]:
    """The deployments, and what could not be read, with why. Compose comes first: it says how images are built."""
    images = Images(context.root, files, [])
    composed, not_composed = read_compose(context, files, code, images)
    clustered, not_clustered = read_cluster(context, files, code, images)
    return composed + clustered, not_composed + not_clustered
