"""Rules of the check `kubernetes`. Objects that others need by name, and in which order they come."""

from __future__ import annotations

from checks.deploy.kubernetes.rule import rule
from checks.model import Severity

LINKS = (
    rule(
        "missing-config-map",
        "A ConfigMap that is needed is made",
        "The Pod stays in CreateContainerConfigError.",
        "envFrom: [{configMapRef: {name: api}}]      # the ConfigMap is api-config",
        "envFrom: [{configMapRef: {name: api-config}}]",
    ),
    rule(
        "missing-secret",
        "A Secret that is needed is made, or a guide says how",
        "The Pod does not start until somebody makes it by hand. An error where one of nearly that name is made here.",
        "envFrom: [{secretRef: {name: api}}]      # nowhere made or mentioned",
        "kubectl create secret generic api --from-literal=TOKEN=...      # in README.md",
        Severity.WARNING,
    ),
    rule(
        "missing-key",
        "A key that is needed is in its ConfigMap or Secret",
        "The Pod stays in CreateContainerConfigError. A warning for a file that a setting names in a mounted one.",
        "secretKeyRef: {name: api, key: token}      # the Secret has TOKEN",
        "secretKeyRef: {name: api, key: TOKEN}",
    ),
    rule(
        "missing-volume-claim",
        "A claim that a volume names is made",
        "The Pod stays pending.",
        "persistentVolumeClaim: {claimName: data}      # no such claim",
        "kind: PersistentVolumeClaim      # name: data",
    ),
    rule(
        "missing-service-account",
        "A service account that a Pod uses is made",
        "No Pod is created: the account is looked up first.",
        "serviceAccountName: api      # no such account",
        "kind: ServiceAccount      # name: api",
    ),
    rule(
        "missing-role",
        "A role that is bound is made",
        "The binding gives nothing, and every call is forbidden.",
        "roleRef: {kind: Role, name: reader}      # no such role",
        "kind: Role      # name: reader",
    ),
    rule(
        "missing-class",
        "A priority, storage, ingress or runtime class goes by the name that it has",
        "Pods with an unknown class are refused, and a claim waits. Told only where a class here has nearly that name.",
        "priorityClassName: team-workers      # the PriorityClass is team-worker",
        "priorityClassName: team-worker",
    ),
    rule(
        "forbidden",
        "What a Pod does with kubectl, its roles allow",
        "Every role of the service account is here, and none of them allows the command: it is forbidden.",
        "kubectl delete job report      # the Role allows get and list",
        "verbs: [get, list, delete]",
    ),
    rule(
        "missing-service",
        "A Service that an Ingress, route or StatefulSet names is made",
        "Every request is answered with 503; the Pods of a StatefulSet get no names.",
        "backend: {service: {name: web}}      # no such Service",
        "backend: {service: {name: api}}",
    ),
    rule(
        "missing-target",
        "What an autoscaler scales is there",
        "Nothing is ever scaled.",
        "scaleTargetRef: {kind: Deployment, name: apy}",
        "scaleTargetRef: {kind: Deployment, name: api}",
    ),
    rule(
        "namespace-order",
        "A Namespace comes before what lives in it",
        "`kubectl apply -f` goes by file name: the first attempt fails for all that comes before. A warning where no "
        "guide applies the folder.",
        "k8s/api.yaml\nk8s/namespace.yaml",
        "k8s/00-namespace.yaml\nk8s/api.yaml",
    ),
    rule(
        "missing-namespace",
        "A namespace that objects name is made",
        "Everything in it is refused. An error where the name is nearly that of a Namespace here.",
        "metadata: {name: api, namespace: teams}      # the Namespace is team",
        "metadata: {name: api, namespace: team}",
        Severity.WARNING,
    ),
    rule(
        "open-namespace",
        "Objects that belong together say the same namespace",
        "What says nothing lands where kubectl points, away from the others.",
        "metadata: {name: api}      # others say namespace: team",
        "metadata: {name: api, namespace: team}",
        Severity.WARNING,
    ),
)
