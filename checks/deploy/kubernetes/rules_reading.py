"""Rules of the check `kubernetes`. What is there, what can be read, and what kustomize makes of it."""

from __future__ import annotations

from checks.deploy.kubernetes.rule import rule
from checks.model import Severity

READING = (
    rule(
        "no-manifest",
        "There is a Kubernetes manifest",
        "The gate was asked to judge manifests, and there is none: nothing was checked.",
        "k8s/README.md only",
        "k8s/deployment.yaml with apiVersion and kind",
    ),
    rule(
        "unreadable",
        "A manifest is YAML",
        "kubectl refuses the file, and applies nothing of it.",
        "spec:\n\treplicas: 2      # a tab",
        "spec:\n  replicas: 2",
    ),
    rule(
        "duplicate-key",
        "A key is written once",
        "kubectl and kustomize refuse it; where they do not, the first value is silently lost.",
        "replicas: 1\nreplicas: 2",
        "replicas: 2",
    ),
    rule(
        "template",
        "A manifest is no template",
        "What a template becomes is known only to what fills it in, so it was not judged.",
        "name: {{ name }}",
        "name: api      # or a Helm chart, which has a gate of its own",
        Severity.WARNING,
    ),
    rule(
        "kustomization",
        "A kustomization can be built",
        "`kubectl apply -k` stops at the first file that is missing or the first patch that fits nothing.",
        "resources: [deploymnet.yaml]",
        "resources: [deployment.yaml]",
    ),
    rule(
        "unlisted-manifest",
        "A manifest beside a kustomization is listed in it",
        "`kubectl apply -k` leaves the file out without a word.",
        "resources: [deployment.yaml]      # and service.yaml lies beside it",
        "resources: [deployment.yaml, service.yaml]",
        Severity.WARNING,
    ),
    rule(
        "frozen-settings",
        "What is generated as immutable has a hash in its name",
        "The name stays and the content may not change: the next apply is refused.",
        "generatorOptions: {immutable: true, disableNameSuffixHash: true}",
        "generatorOptions: {immutable: true}",
        Severity.WARNING,
    ),
    rule(
        "hashed-name",
        "A program is told the name that a generated object has",
        "kustomize puts a hash behind the name, and does not know that an argument is one. An error where a role lets "
        "somebody read the object by name.",
        "args: [--state-configmap, state]      # generated: state-7f9c2m8tbd",
        "configMapGenerator: [{name: state, options: {disableNameSuffixHash: true}}]",
        Severity.WARNING,
    ),
    rule(
        "idle-change",
        "Every change of a kustomization changes something",
        "kustomize leaves out, without a word, an image or patch that names nothing: the tag you set never runs. "
        "An error where one of nearly that name stays unchanged.",
        "images: [{name: api, newTag: '2'}]      # the image is registry.example.org/api",
        "images: [{name: registry.example.org/api, newTag: '2'}]",
        Severity.WARNING,
    ),
)
