"""What published manifests do and works: each was once called a fault, and none is of error severity."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.program import clean_environment

from checks.deploy.kubernetes.check import check
from checks.model import CheckContext, Severity

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s%s}\nspec: {selector: {%s}, ports: [{port: 80}]}\n"


def workload(kind: str, name: str, pod: str, more: str = "", labels: str = "app: one") -> str:
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"
        f"  selector: {{matchLabels: {{{labels}}}}}\n{more}"
        f"  template: {{metadata: {{labels: {{{labels}}}}}, spec: {{{pod}}}}}\n"
    )


def box(more: str = "", image: str = "registry.example.org/one:1.0") -> str:
    return f"containers: [{{name: one, image: '{image}'{more}}}]"


PATCHES_PODS = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: one}\n"
    "rules: [{apiGroups: [''], resources: [pods], verbs: [get, patch]}]\n"
)
TOKEN = (
    "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\n"
    "metadata: {name: token, annotations: {kubernetes.io/service-account.name: default}}\n"
)
OPENSHIFT = "apiVersion: v1\nkind: Template\nmetadata: {name: one}\nobjects: []\n"
NESTED = (
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n"
    "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n"
)
TYPED = "apiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: one}}]\n"
CLAIMS = (
    "  serviceName: one\n  volumeClaimTemplates: [{metadata: {name: data}, "
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]\n"
)
JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: one}\n"
    f"spec: {{template: {{spec: {{restartPolicy: Never, {box()}}}}}}}\n"
)
CASES = {
    "the label of a role that is elected later": (
        workload("StatefulSet", "one", box(), "  serviceName: one\n")
        + "---\n"
        + SERVICE % ("one", "", "app: one, role: replica")
        + "---\n"
        + PATCHES_PODS
    ),
    "the label of one Pod of a StatefulSet": (
        workload("StatefulSet", "one", box(), "  serviceName: first\n")
        + "---\n"
        + SERVICE % ("first", "", "statefulset.kubernetes.io/pod-name: one-0")
    ),
    "the label of a Job": JOB + "---\n" + SERVICE % ("one", "", "batch.kubernetes.io/job-name: one"),
    "Pods of the cluster itself": (
        workload("Deployment", "one", box()) + "---\n" + SERVICE % ("dns", ", namespace: kube-system", "k8s-app: dns")
    ),
    "an image that ko builds": workload("Deployment", "one", box(image="ko://example.org/one")),
    "settings that a script makes": workload(
        "Deployment", "one", box(", envFrom: [{configMapRef: {name: a}}, {configMapRef: {name: b}}]")
    ),
    "a volume in whose place the StatefulSet's claim comes": workload(
        "StatefulSet",
        "one",
        box(", volumeMounts: [{name: data, mountPath: /d}]")
        + ", volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]",
        CLAIMS,
    ),
    "a token that was copied out of a running Pod": workload(
        "Deployment", "one", box(", volumeMounts: [{name: default-token-s8ejd, mountPath: /t}]")
    ),
    "keys that the controller puts into a token": TOKEN
    + "---\n"
    + workload("Deployment", "one", box(", env: [{name: T, valueFrom: {secretKeyRef: {name: token, key: token}}}]")),
    "a template of OpenShift": OPENSHIFT,
    "a list in a list": NESTED,
    "a typed list": TYPED,
    "a Pod that asks its own Service": (
        workload("Deployment", "one", box(", args: ['--peer=http://one:7001'], ports: [{containerPort: 80}]"))
        + "---\n"
        + SERVICE % ("one", "", "app: one")
    ),
    "a target port of 0": SERVICE.replace("port: 80", "port: 80, targetPort: 0") % ("one", "", "app: two"),
}


def errors(root: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    found = check(CheckContext(root, Path(sys.executable), 1, (), clean_environment())).diagnostics
    return [f"{each.rule}: {each.message}" for each in found if each.severity is Severity.ERROR]


@pytest.mark.parametrize("case", CASES)
def test_it_is_no_error(case: str, tmp_path: Path) -> None:
    assert errors(tmp_path, {"k8s/all.yaml": CASES[case]}) == []


def test_pods_may_come_out_of_templates_beside(tmp_path: Path) -> None:
    other = workload("Deployment", "two", box(), labels="app: two")
    files = {"k8s/service.yaml": SERVICE % ("one", "", "app: one"), "k8s/two.yaml": other}
    assert errors(tmp_path, files)
    assert not errors(tmp_path, {**files, "k8s/one.yaml.in": "{{ image }}\n"})


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("kubectl delete job one", True),
        ("kubectl -n shop delete jobs/one", True),
        ("kubectl get jobs && kubectl rollout restart deploy/one", True),
        ("kubectl create configmap one --from-literal=a=b", True),
        ("kubectl get job one", False),
        ("kubectl delete -f one.yaml", False),
        ("kubectl wait --for=condition=complete job/one", False),
        ("kubectl create job one --image=a --dry-run=client", False),
        ("kubectl delete widget one", False),
        ("echo kubectl-delete job", False),
    ],
)
def test_what_kubectl_may_not(command: str, wrong: bool, tmp_path: Path) -> None:
    role = PATCHES_PODS.replace("resources: [pods], verbs: [get, patch]", "resources: [jobs], verbs: [get]")
    binding = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: one}\n"
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one}\n"
        "subjects: [{kind: ServiceAccount, name: one}]\n"
    )
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: one}\n"
    pod = workload("Deployment", "one", f"serviceAccountName: one, {box(f', command: [sh, -c, {command!r}]')}")
    text = "---\n".join((role.replace("['']", "[batch]"), binding, account, pod))
    assert bool(errors(tmp_path, {"k8s/all.yaml": text})) is wrong
