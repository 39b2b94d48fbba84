"""The check `helm` over the reference systems, and over the mistakes that people make in their charts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.program import ROOT

from checks.deploy.helm.check import check
from checks.model import CheckContext

Contexts = Callable[..., CheckContext]
SYSTEMS = ("hiring-process", "scheduled-report", "webhook-intake")


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_reference_systems_are_clean(system: str, context_of: Contexts) -> None:
    result = check(context_of(ROOT / "fixtures" / system))
    assert [each.message for each in result.diagnostics] == []
    assert result.blocked is None
    assert result.evidence["charts"] == 1
    assert result.evidence["renderings"] == 2
    assert int(result.evidence["documents"]) > 8


# The system, the file below chart/, what is written there, the mistake, and who notices where.
MISTAKES = [
    (
        "hiring-process",
        "templates/ingress.yaml",
        ".Values.ingress.className",
        ".Values.ingress.class",
        "undefined-value",
    ),
    ("hiring-process", "values.yaml", "maxBodyBytes: 262144", "maxBodySize: 262144", "unused-value"),
    ("hiring-process", "values-production.yaml", "address: temporal", "addres: temporal", "value-required"),
    ("hiring-process", "values.yaml", "image: postgres:17.6-bookworm", "image: {name: postgres}", "printed-structure"),
    ("hiring-process", "templates/api.yaml", "name: API_TOKEN\n", "name: API_KEY\n", "deployed-differently"),
    ("scheduled-report", "values.yaml", 'cron: "0 6 * * *"', 'cron: "0 7 * * *"', "deployed-differently"),
    ("scheduled-report", "values-production.yaml", "timeZone: Eu", "timezone: Eu", "values-refused"),
    ("scheduled-report", "templates/cronjobs.yaml", "{{ $.Values.job.back", "{{ .Values.job.back", "not-rendered"),
    ("webhook-intake", "templates/worker.yaml", "nindent 4", "indent 4", "not-yaml"),
]


@pytest.mark.parametrize(("system", "file", "right", "wrong", "rule"), MISTAKES)
def test_a_mistake_in_a_chart_is_found(
    system: str, file: str, right: str, wrong: str, rule: str, tmp_path: Path, context_of: Contexts
) -> None:
    for folder in ("chart", "k8s"):
        shutil.copytree(ROOT / "fixtures" / system / folder, tmp_path / folder)
    shutil.copy(ROOT / "fixtures" / system / "README.md", tmp_path / "README.md")
    path = tmp_path / "chart" / file
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong, 1))
    found = {each.rule for each in check(context_of(tmp_path)).diagnostics}
    assert f"helm.{rule}" in found


def test_what_kubernetes_would_refuse_names_the_values_file_that_shows_it(tmp_path: Path, context_of: Contexts) -> None:
    shutil.copytree(ROOT / "fixtures" / "webhook-intake" / "chart", tmp_path / "chart")
    path = tmp_path / "chart" / "templates" / "ingress.yaml"
    path.write_text(path.read_text().replace("port: {name: http}", "port: {number: 8000}"))
    (found,) = [each for each in check(context_of(tmp_path)).diagnostics if each.severity == "error"]
    assert (found.rule, found.file) == ("kubernetes.ingress-port", "chart/templates/ingress.yaml")
    assert "values-production.yaml" in found.message


def test_a_password_in_the_values_is_a_default_and_one_in_a_template_is_not(
    tmp_path: Path, context_of: Contexts
) -> None:
    (tmp_path / "chart" / "templates").mkdir(parents=True)
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (tmp_path / "chart" / "values.yaml").write_text("password: change-me\n")
    head = "apiVersion: v1\nkind: Secret\nmetadata: {name: app}\nstringData:\n  PASSWORD: "
    severities = []
    for value in ("{{ .Values.password | quote }}", "change-me"):
        (tmp_path / "chart" / "templates" / "secret.yaml").write_text(f"{head}{value}\n")
        found = check(context_of(tmp_path)).diagnostics
        severities += [each.severity.value for each in found if each.rule == "kubernetes.unfilled-secret"]
    assert severities == ["warning", "error"]


def test_a_rendering_without_an_object_is_no_evidence(tmp_path: Path, context_of: Contexts) -> None:
    (tmp_path / "chart" / "templates").mkdir(parents=True)
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (tmp_path / "chart" / "templates" / "all.yaml").write_text("{{- range .Values.items }}\nkind: A\n{{- end }}\n")
    result = check(context_of(tmp_path))
    assert (result.evidence["charts"], result.evidence["renderings"]) == (1, 0)
    assert [(each.rule, each.severity.value) for each in result.diagnostics] == [("helm.empty", "warning")]


def test_nothing_is_left_in_the_project(tmp_path: Path, context_of: Contexts) -> None:
    shutil.copytree(ROOT / "fixtures" / "webhook-intake" / "chart", tmp_path / "chart")
    before = sorted(tmp_path.rglob("*"))
    check(context_of(tmp_path))
    assert sorted(tmp_path.rglob("*")) == before
