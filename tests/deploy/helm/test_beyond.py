"""What is found behind a template that stops Helm, and which names the values may leave to others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from checks.deploy.helm.check import check
from checks.deploy.helm.rendering import render
from checks.deploy.helm.stand_ins import STAND_IN
from checks.model import CheckContext

Write = Callable[[dict[str, str]], Path]
Contexts = Callable[..., CheckContext]
POD = """apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
spec:
  containers:
    - name: app
      image: registry.example.com/app:1.0.0
"""
CLAIM = """  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: {{ .Values.%s }}
"""


def rules(root: Path, context_of: Contexts) -> list[tuple[str, str, int | None]]:
    found = check(context_of(root)).diagnostics
    assert not any(STAND_IN in f"{each.message} {each.hint}" for each in found)
    return [(each.rule, each.severity.value, each.line) for each in found if each.rule != "helm.unused-value"]


def test_a_stand_in_is_no_fault_of_its_own(chart: Write, context_of: Contexts) -> None:
    port = "      ports: [{containerPort: {{ .Values.app.port }}}]\n      imagePullPolicy: Sometimes\n"
    root = chart({"values.yaml": "mode: fast\n", "templates/pod.yaml": POD + port})
    assert rules(root, context_of) == [
        ("helm.not-rendered", "error", 9),
        ("kubernetes.unknown-choice", "error", 10),
    ]


def test_a_chart_that_refuses_its_values_is_not_taken_further(chart: Write, context_of: Contexts) -> None:
    root = chart({"templates/pod.yaml": POD + '{{ fail "never" }}\n', "templates/b.yaml": "kind: {{ .Values.a.b }}\n"})
    found = rules(root, context_of)
    assert [rule for rule, severity, _ in found if severity == "error"] == ["helm.not-rendered"]


def test_what_a_left_out_template_defines_is_not_missed(chart: Write, context_of: Contexts) -> None:
    broken = '{{ define "app.x" }}x{{ end }}' + POD + "  hostname: {{ .Chart.Name.first }}\n"
    root = chart({"templates/a.yaml": broken, "templates/z.yaml": POD + '  hostname: {{ include "app.x" . }}\n'})
    assert [rule for rule, _, _ in rules(root, context_of)] == ["helm.not-rendered"]


def test_readers_of_renderings_see_no_stand_in(chart: Write, context_of: Contexts) -> None:
    env = "      env: [{name: MODE, value: {{ .Values.app.mode | quote }}}]\n"
    rendered = render(context_of(chart({"templates/pod.yaml": POD + env})))
    (document,) = rendered.renderings[0].documents
    assert STAND_IN not in str(document.content)
    assert document.content["spec"]["containers"][0]["env"][0]["name"] == "MODE"
    image = POD.replace("registry.example.com/app:1.0.0", "{{ .Values.app.image }}")
    assert render(context_of(chart({"templates/pod.yaml": image}))).renderings == ()


def test_a_claim_that_the_values_call_existing_is_elsewhere(chart: Write, context_of: Contexts) -> None:
    values = "persistence: {existingClaim: old-data}\nclaim: other-data\n"
    existing = POD + CLAIM % "persistence.existingClaim"
    named = POD.replace(".Name }}", ".Name }}-b") + CLAIM % "claim"
    root = chart({"values.yaml": values, "templates/a.yaml": existing, "templates/b.yaml": named})
    assert rules(root, context_of) == [("kubernetes.missing-volume-claim", "warning", 12)]


def test_a_claim_that_the_values_misspell_is_a_fault(chart: Write, context_of: Contexts) -> None:
    claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: app-uploads}\n"
    claim += "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
    root = chart({"values.yaml": "claim: app-upload\n", "templates/a.yaml": POD + CLAIM % "claim" + claim})
    assert ("kubernetes.missing-volume-claim", "error", 12) in rules(root, context_of)
