"""Rules of the check `kubernetes`. What an object is, and whether Kubernetes takes its fields."""

from __future__ import annotations

from checks.deploy.kubernetes.rule import rule
from checks.model import Severity

TYPES = (
    rule(
        "schema",
        "Every field is known and has its type",
        "The API refuses the object, or the field does nothing.",
        "spec:\n  replica: two",
        "spec:\n  replicas: 2",
    ),
    rule(
        "refused",
        "The parts of an object go together",
        "Every field has its type, and the API still refuses the object: one part excludes, or needs, another.",
        "completionMode: Indexed      # and no completions",
        "completionMode: Indexed\ncompletions: 8",
    ),
    rule(
        "unknown-type",
        "The API version and the kind exist",
        "A version that was removed, or a kind that never was, is refused by every cluster of today.",
        "apiVersion: extensions/v1beta1\nkind: Deployment",
        "apiVersion: apps/v1\nkind: Deployment",
    ),
    rule(
        "custom-resource",
        "A custom resource is what its definition wants",
        "The project's own CustomResourceDefinition refuses it.",
        "spec: {size: large}      # the definition wants an integer",
        "spec: {size: 3}",
    ),
    rule(
        "custom-type-order",
        "A definition is applied before what is of its type",
        "In one `kubectl apply`, the type is not known yet when its first object comes.",
        "kubectl apply -f k8s/      # both in there",
        "kubectl apply -f crds/ && kubectl apply -f k8s/",
        Severity.WARNING,
    ),
    rule(
        "name",
        "Names, labels and keys have the characters they may have",
        "The API refuses the object.",
        "metadata: {name: api_server}",
        "metadata: {name: api-server}",
    ),
    rule(
        "unknown-choice",
        "A word out of a list is one of the list",
        "The API refuses the object.",
        "imagePullPolicy: IfNotPresnt",
        "imagePullPolicy: IfNotPresent",
    ),
    rule(
        "not-text",
        "What must be text is quoted",
        "YAML reads 8000, true and yes as something else than text, and the API refuses them.",
        "- {name: WORKERS, value: 4}",
        '- {name: WORKERS, value: "4"}',
    ),
    rule(
        "quantity",
        "Quantities of cpu, memory and storage can be read",
        "The API refuses `512MB`; `512m` of memory is half a byte.",
        "limits: {memory: 512MB}",
        "limits: {memory: 512Mi}",
    ),
    rule(
        "same-object",
        "An object is there once",
        "The later one replaces the earlier, so half of what was written is never applied.",
        "kind: Service      # name: api, twice in a folder",
        "kind: Service      # one of the two",
    ),
    rule(
        "base64",
        "`data` of a Secret is base64",
        "The API refuses the Secret.",
        "data: {TOKEN: my token}",
        "stringData: {TOKEN: my token}",
    ),
    rule(
        "base64-newline",
        "A secret does not end in a line break",
        "`echo x | base64` also encodes the line break: passwords then differ by a character nobody sees.",
        "data: {TOKEN: eAo=}",
        "data: {TOKEN: eA==}      # printf %s x",
        Severity.WARNING,
    ),
    rule(
        "unfilled-secret",
        "No stand-in is applied over a live secret",
        "Applying the folder puts `change-me` where the real value was.",
        "stringData: {TOKEN: change-me}",
        "kubectl create secret generic api --from-literal=TOKEN=...",
    ),
)
