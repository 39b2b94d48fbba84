"""Which charts there are, and what belongs to each."""

from __future__ import annotations

from pathlib import Path

from checks.deploy.helm.charts import Chart, find_charts
from checks.discovery import project_files

ABOUT = "apiVersion: v2\nname: {name}\nversion: 0.1.0\n"


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def charts(root: Path, files: dict[str, str]) -> tuple[Chart, ...]:
    write(root, files)
    return find_charts(root, project_files(root))


def test_what_lies_in_charts_is_a_part_of_its_chart(tmp_path: Path) -> None:
    found = charts(
        tmp_path,
        {
            "charts/api/Chart.yaml": ABOUT.format(name="api"),
            "charts/worker/Chart.yaml": ABOUT.format(name="worker"),
            "helm/Chart.yaml": ABOUT.format(name="app"),
            "helm/charts/cache/Chart.yaml": ABOUT.format(name="cache"),
        },
    )
    assert [chart.folder for chart in found] == ["charts/api", "charts/worker", "helm"]
    assert [each.key for each in found[2].dependencies] == ["cache"]


def test_a_project_may_be_a_chart(tmp_path: Path) -> None:
    (found,) = charts(tmp_path, {"Chart.yaml": ABOUT.format(name="app"), "values.yaml": "{}", "values-dev.yaml": "{}"})
    assert (found.folder, found.name, found.title) == ("", "app", "app")
    assert found.values_files == ("values-dev.yaml",)
    assert found.default_values == "values.yaml"


def test_values_files_by_their_names(tmp_path: Path) -> None:
    wanted = ["ci/small-values.yaml", "prod.values.yaml", "values-dev.yaml", "values.prod.yml", "values/staging.yaml"]
    others = ["values.yaml", "templates/values-x.yaml", "values-prod.yaml.example", "values.example.yaml", "notes.yaml"]
    files = {f"c/{name}": "{}" for name in wanted + others}
    (found,) = charts(tmp_path, {"c/Chart.yaml": ABOUT.format(name="c"), **files})
    assert sorted(found.values_files) == sorted(f"c/{name}" for name in wanted)


def test_dependencies_that_are_not_there(tmp_path: Path) -> None:
    listed = "dependencies:\n  - {name: redis, version: 1.x.x, alias: cache}\n  - {name: base, version: 1.0.0}\n"
    (found,) = charts(
        tmp_path,
        {"c/Chart.yaml": ABOUT.format(name="c") + listed, "c/charts/base/Chart.yaml": ABOUT.format(name="base")},
    )
    assert [(each.name, each.key, each.line) for each in found.missing] == [("redis", "cache", 5)]
    (tmp_path / "c/charts/redis-1.2.3.tgz").write_bytes(b"")
    (again,) = find_charts(tmp_path, project_files(tmp_path))
    assert again.missing == ()
