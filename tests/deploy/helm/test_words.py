"""What different releases of Helm say, understood alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.deploy.helm.charts import Chart, find_charts
from checks.deploy.helm.failures import refused_path
from checks.deploy.helm.words import in_project, understand, understand_lint


@pytest.fixture
def app(tmp_path: Path) -> Chart:
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (chart,) = find_charts(tmp_path, ["chart/Chart.yaml"])
    return chart


@pytest.mark.parametrize(
    "words",
    [
        'Error: template: app/templates/a.yaml:7:19: executing "app/templates/a.yaml" at <.Values.x.y>: nil pointer '
        "evaluating interface {}.y\n\nUse --debug flag to render out invalid YAML\n",
        'Error: app/templates/a.yaml:7:19\n  executing "app/templates/a.yaml" at <.Values.x.y>:\n    nil pointer '
        "evaluating interface {}.y\n\nUse --debug flag to render out invalid YAML\n",
    ],
)
def test_a_template_that_fails(app: Chart, words: str) -> None:
    said = understand(app, words)
    assert said.place is not None
    assert str(said.place) == "chart/templates/a.yaml:7:19"
    assert said.words.endswith("at <.Values.x.y>: nil pointer evaluating interface {}.y")
    assert "--debug" not in said.words
    assert said.wanted is None


def test_the_innermost_template_is_the_place(app: Chart) -> None:
    words = (
        'Error: template: app/templates/a.yaml:3:8: executing "app/templates/a.yaml" at <include "app.b" .>: error '
        'calling include: template: app/templates/_helpers.tpl:40:3: executing "app.b" at <.Values.x>: oh'
    )
    assert str(understand(app, words).place) == "chart/templates/_helpers.tpl:40:3"


def test_a_required_value(app: Chart) -> None:
    said = understand(app, "Error: execution error at (app/templates/a.yaml:6:10): image.tag is needed\n")
    assert (said.wanted, str(said.place)) == ("image.tag is needed", "chart/templates/a.yaml:6:10")


def test_a_template_that_cannot_be_parsed(app: Chart) -> None:
    said = understand(app, "Error: parse error at (app/templates/a.yaml:17): unexpected EOF\n")
    assert str(said.place) == "chart/templates/a.yaml:17"


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("app:\n- at '/api/replicas': got string, want integer\n", ("api", "replicas")),
        ("app:\n- at '': additional properties 'timezone' not allowed\n", ("timezone",)),
        ("app:\n- api.replicas: Invalid type. Expected: integer, given: string\n", ("api", "replicas")),
        ("app:\n- (root): Additional property timezone is not allowed\n", ("timezone",)),
    ],
)
def test_the_value_that_a_schema_refuses(words: str, path: tuple[str, ...]) -> None:
    head = "Error: values don't meet the specifications of the schema(s) in the following chart(s):\n"
    assert refused_path(head + words) == path


def test_messages_of_lint(app: Chart) -> None:
    words = (
        "==> Linting chart\n[INFO] Chart.yaml: icon is recommended\n[WARNING] templates/a.yaml: old thing\n"
        '[ERROR] templates/: template: app/templates/b.yaml:2:3: executing "x" at <.y>: oh\n\n'
        "Error: 1 chart(s) linted, 1 chart(s) failed\n"
    )
    found = [(said.level, said.words) for said in understand_lint(app, words)]
    assert [level for level, _ in found] == ["INFO", "WARNING", "ERROR"]
    assert found[1] == ("WARNING", "old thing")
    assert found[2][1].endswith("at <.y>: oh")


def test_paths_of_helm_seen_from_the_project(app: Chart) -> None:
    assert in_project(app, "app/charts/db/templates/x.yaml") == "chart/charts/db/templates/x.yaml"
    assert in_project(app, "values.yaml") == "chart/values.yaml"
