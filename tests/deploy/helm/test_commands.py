"""Which renderings a project's own documents ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.deploy.helm.commands import Release, find_releases


def releases(tmp_path: Path, text: str, name: str = "README.md", charts: tuple[str, ...] = ("chart",)) -> list[Release]:
    (tmp_path / "chart").mkdir(exist_ok=True)
    for values in ("values-production.yaml", "values-secret.yaml"):
        (tmp_path / "chart" / values).write_text("{}\n")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    return list(find_releases(tmp_path, [name], charts))


@pytest.mark.parametrize(
    "text",
    [
        "helm upgrade --install hiring ./chart --namespace work --values chart/values-production.yaml",
        "    helm install hiring chart -n work -f chart/values-production.yaml --create-namespace",
        "Run `helm upgrade hiring chart/ --install -n=work --values=chart/values-production.yaml` once.",
        "$ helm upgrade --install hiring chart \\\n  -n work \\\n  -f chart/values-production.yaml --wait --timeout 5m",
        "helm --kube-context prod install hiring chart -n work -f chart/values-production.yaml | tee log",
    ],
)
def test_every_spelling_of_one_release(tmp_path: Path, text: str) -> None:
    (found,) = releases(tmp_path, text)
    assert (found.chart, found.name, found.namespace) == ("chart", "hiring", "work")
    assert found.values == ("chart/values-production.yaml",)
    assert found.place.line == 1


def test_several_values_files_and_settings_stay_together(tmp_path: Path) -> None:
    files = "-f chart/values-production.yaml -f chart/values-secret.yaml"
    text = f"helm template x chart {files} --set a=1,b=2 --set-string c=3"
    (found,) = releases(tmp_path, text)
    assert found.values == ("chart/values-production.yaml", "chart/values-secret.yaml")
    assert found.settings == ("--set", "a=1,b=2", "--set-string", "c=3")


@pytest.mark.parametrize(
    "text",
    [
        "helm install temporal temporalio/temporal -f chart/values-production.yaml",
        "helm repo add bitnami somewhere",
        "helm uninstall hiring",
        "Install Helm, then install the chart.",
        "helm upgrade --install hiring oci://registry.example.org/chart",
    ],
)
def test_charts_of_others_are_no_releases(tmp_path: Path, text: str) -> None:
    assert releases(tmp_path, text) == []


def test_a_makefile_below_the_project_names_paths_from_where_it_stands(tmp_path: Path) -> None:
    found = releases(
        tmp_path, "deploy:\n\thelm upgrade --install app ./chart -f chart/values-production.yaml\n", "Makefile"
    )
    assert [each.place.line for each in found] == [2]


def test_pipelines_are_read_although_they_are_hidden(tmp_path: Path) -> None:
    workflow = tmp_path / ".github" / "workflows" / "deploy.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("      - run: helm upgrade --install app chart --set image.tag=${{ github.sha }}\n")
    (found,) = releases(tmp_path, "nothing")
    assert found.place.file == ".github/workflows/deploy.yml"
    assert found.settings[1].startswith("image.tag=")
