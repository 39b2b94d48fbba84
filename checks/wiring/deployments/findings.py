"""What deployments ask of the code and of each other, judged."""

from __future__ import annotations

from collections.abc import Iterator

from checks.model import Diagnostic
from checks.wiring.deployments import (
    buckets,
    callbacks,
    constants,
    defaults,
    drivers,
    files,
    heartbeats,
    listening,
    paths,
    probe_programs,
    programs,
    proxies,
    pulls,
    shared_settings,
    stores,
    webhooks,
    writing,
)
from checks.wiring.deployments.compose import recipes_of
from checks.wiring.deployments.containers import Containers
from checks.wiring.deployments.images import Images
from checks.wiring.deployments.queues import Queues
from checks.wiring.deployments.queues import judge as queues_apart
from checks.wiring.deployments.requests import Requests
from checks.wiring.deployments.requests import judge as requested
from checks.wiring.deployments.scene import Scene, scenes
from checks.wiring.deployments.uses import Uses
from checks.wiring.deployments.workflows import Workflows
from checks.wiring.system import Findings, System


def find(system: System) -> Findings:
    """Every finding of this family."""
    found: list[Diagnostic] = []
    looked = {"addresses": 0, "ports": 0, "paths": 0}
    uses = Uses(system.code)
    images = Images(system.root, system.files, list(recipes_of(system.context)))
    queues, requests = Queues(uses), Requests(uses)
    containers, workflows = Containers(system.root), Workflows(system, uses)
    openings = drivers.Openings(system, uses)
    for scene in scenes(system):
        found += _judged(scene, uses, images, openings.declared, containers)
        found += files.judge(scene, uses, containers, workflows)
        found += heartbeats.judge(scene, uses)
        found += drivers.judge(scene, openings)
        found += stores.judge(scene, openings)
        found += queues_apart(scene, queues)
        found += requested(scene, requests)
        looked["addresses"] += defaults.count(scene, uses)
        looked["ports"] += listening.count(scene)
        looked["paths"] += paths.count(scene)
    found += callbacks.judge(system)
    found += writing.judge(tuple(scenes(system)), uses, containers)
    return Findings(tuple(dict.fromkeys(found)), looked)


def _judged(scene: Scene, uses: Uses, images: Images, declared: str, containers: Containers) -> Iterator[Diagnostic]:
    yield from programs.judge(scene, declared, containers)
    yield from pulls.judge(scene, images)
    yield from defaults.judge(scene, uses)
    yield from constants.judge(scene, uses)
    yield from listening.judge(scene)
    yield from shared_settings.judge(scene, uses)
    yield from paths.judge(scene)
    yield from webhooks.judge(scene)
    yield from proxies.judge(scene)
    yield from probe_programs.judge(scene)
    yield from buckets.judge(scene)
