"""Rules of the check `kubernetes`. Workloads, and what scales and guards them."""

from __future__ import annotations

from checks.deploy.kubernetes.rule import rule
from checks.model import Severity

WORKLOADS = (
    rule(
        "selector-mismatch",
        "A workload selects its own Pods",
        "The API refuses the workload.",
        "selector: {matchLabels: {app: api}}\ntemplate: {metadata: {labels: {app: worker}}}",
        "template: {metadata: {labels: {app: api}}}",
    ),
    rule(
        "strategy",
        "A strategy does not contradict itself",
        "The API refuses the Deployment.",
        "strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}",
        "strategy: {type: Recreate}",
    ),
    rule(
        "racing-migration",
        "One Pod migrates the database, not every replica",
        "Two migrations at once create the same table twice; one of them fails, or both stop half way.",
        "replicas: 2\ninitContainers: [{name: migrate, command: [alembic, upgrade, head]}]",
        "kind: Job      # alembic upgrade head; the Pods wait for it",
    ),
    rule(
        "quota",
        "Containers ask for what their namespace counts, within its range",
        "The namespace's own ResourceQuota or LimitRange refuses the Pods: none is created.",
        "hard: {limits.memory: 4Gi}      # and a container without a memory limit",
        "resources: {limits: {memory: 512Mi}}",
    ),
    rule(
        "shared-volume",
        "Replicas do not share a volume of one node",
        "A replica on another node never starts.",
        "replicas: 2      # with a claim that is ReadWriteOnce",
        "accessModes: [ReadWriteMany]      # or a StatefulSet",
        Severity.WARNING,
    ),
    rule(
        "schedule",
        "A CronJob's schedule is one, in a time zone that exists",
        "The API refuses the CronJob.",
        'schedule: "0 25 * * *"',
        'schedule: "0 6 * * *"\ntimeZone: Europe/Berlin',
    ),
    rule(
        "autoscaler",
        "An autoscaler has bounds in order, and requests to go by",
        "Without a cpu request there is no percentage, and nothing is ever scaled (a warning where the namespace may "
        "have defaults).",
        "minReplicas: 5\nmaxReplicas: 3",
        "minReplicas: 2\nmaxReplicas: 5",
    ),
    rule(
        "guards-nothing",
        "A disruption budget or network policy selects a Pod",
        "It is accepted and does nothing.",
        "selector: {matchLabels: {app: web}}      # no such Pod",
        "selector: {matchLabels: {app: api}}",
        Severity.WARNING,
    ),
    rule(
        "volume-claim",
        "A claim says how it is used and how much it asks for, and its volume has that",
        "The API refuses the claim, or it never gets the volume that it names.",
        "kind: PersistentVolumeClaim      # no accessModes",
        "accessModes: [ReadWriteOnce]\nresources: {requests: {storage: 1Gi}}",
    ),
)
