"""Samples that work, or that a text beside them completes, are not refused; the same in a system is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.program import clean_environment

from checks.deploy.kubernetes.check import check
from checks.model import CheckContext

CONTAINER = "{name: one, image: 'registry.example.org/one:1.0'%s}"
OBJECT = "apiVersion: v1\nkind: Secret\nmetadata: {name: one}\nstringData: {password: %s}\n"
NEEDY = CONTAINER % ", envFrom: [{configMapRef: {name: settings}}]"
PORTED = CONTAINER % ", ports: [{containerPort: 5432}]"
ASKING = CONTAINER % ", env: [{name: DATABASE_URL, value: 'postgresql://one@postgres:5432/one'}]"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: team}\nspec: {ports: [{port: %s}]}\n"


def pod(name: str, container: str = CONTAINER % "") -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{container}]}}\n"


def deployment(name: str, container: str) -> str:
    template = f"{{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{container}]}}}}"
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {template}}}\n"
    )


def severities(root: Path, files: dict[str, str], rule: str) -> set[str]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    found = check(CheckContext(root, Path(sys.executable), 1, (), clean_environment())).diagnostics
    return {each.severity.value for each in found if each.rule == f"kubernetes.{rule}"}


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ("changeme", {"warning"}),
        ("changethis", {"warning"}),
        ("password", set()),
        ("example", set()),
        ("CHANGEME", {"error"}),
        ("change-me", {"error"}),
        ("REPLACE_ME", {"error"}),
        ("'<your-password>'", {"error"}),
        ("xxx", {"error"}),
    ],
)
def test_a_weak_password_works_and_a_blank_does_not(value: str, severity: set[str], tmp_path: Path) -> None:
    assert severities(tmp_path, {"k8s/secret.yaml": OBJECT % value}, "unfilled-secret") == severity


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({"one.yaml": deployment("one", NEEDY)}, {"error"}),
        ({"one.yaml": pod("one", NEEDY)}, {"warning"}),
        ({"one.yaml": deployment("one", NEEDY), **{f"{n}.yaml": pod(n) for n in ("a", "b", "c")}}, {"warning"}),
    ],
    ids=["system", "pod", "collection"],
)
def test_what_an_example_needs_may_be_made_by_hand(files: dict[str, str], severity: set[str], tmp_path: Path) -> None:
    files = {f"k8s/{name}": text for name, text in files.items()}
    assert severities(tmp_path, files, "missing-config-map") == severity


@pytest.mark.parametrize(
    ("other", "severity"),
    [
        (SERVICE % 80, {"warning"}),
        (SERVICE % 5432, {"error"}),
        (f"{SERVICE % 80}---\n{deployment('db', PORTED)}", {"error"}),
    ],
    ids=["nothing-like-it", "by-service", "by-pod"],
)
def test_a_database_of_somebody_else_is_in_doubt(other: str, severity: set[str], tmp_path: Path) -> None:
    files = {"k8s/one.yaml": deployment("one", ASKING), "k8s/other.yaml": other}
    assert severities(tmp_path, files, "unknown-host") == severity


@pytest.mark.parametrize(
    ("guide", "severity"),
    [
        ("kubectl apply -f k8s/\n", {"error"}),
        ("kubectl apply -n team -f ./k8s\n", {"error"}),
        ("cd k8s && kubectl apply -f .\n", {"error"}),
        ("kubectl apply -f k8s/api.yaml\n", {"warning"}),
        ("", {"warning"}),
    ],
)
def test_files_are_in_the_wrong_order_where_the_folder_is_applied(
    guide: str, severity: set[str], tmp_path: Path
) -> None:
    files = {"README.md": guide, "k8s/api.yaml": SERVICE % 80, "k8s/namespace.yaml": NAMESPACE}
    assert severities(tmp_path, files, "namespace-order") == severity


def test_a_file_called_after_its_object_and_more_is_a_variant(tmp_path: Path) -> None:
    files = {"k8s/all.yaml": SERVICE % 80, "k8s/web-nodeport.yaml": SERVICE % 81}
    assert severities(tmp_path, files, "same-object") == {"warning"}
    files = {"k8s/all.yaml": SERVICE % 80, "k8s/web-service.yaml": SERVICE % 81}
    assert severities(tmp_path / "named-by-kind", files, "same-object") == {"error"}


def test_a_role_for_people_may_be_there_already(tmp_path: Path) -> None:
    binding = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: one}\n"
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}\n"
        "subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]\n"
    )
    assert severities(tmp_path, {"k8s/binding.yaml": binding}, "missing-role") == {"warning"}
