"""Charts rendered with the real Helm: in which ways, and from where each object came."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.program import ROOT

from checks.deploy.helm.rendering import render
from checks.model import CheckContext

Write = Callable[[dict[str, str]], Path]
Contexts = Callable[..., CheckContext]
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  MODE: {{ .Values.mode }}\n"


def test_the_reference_system_renders_as_its_readme_says(context_of: Contexts) -> None:
    rendered = render(context_of(ROOT / "fixtures" / "hiring-process"))
    assert rendered.diagnostics == ()
    assert rendered.blocked is None
    assert rendered.program is not None
    assert rendered.program.startswith("Helm v")
    assert [each.name for each in rendered.renderings] == ["chart", "chart with values-production.yaml"]
    assert {each.kind for each in rendered.renderings} == {"helm"}
    worker = next(each for each in rendered.renderings[0].documents if each.name == "hiring-process-worker")
    image = worker.find(("spec", "template", "spec", "containers", 0, "image"))
    lines = (ROOT / "fixtures/hiring-process" / image.file).read_text().splitlines()
    assert image.file == "chart/templates/worker.yaml"
    assert image.line is not None
    assert lines[image.line - 1].strip().startswith("image:")
    assert lines[image.line - 2].strip() == "- name: worker"


def test_two_objects_of_one_kind_in_one_file_keep_their_places(chart: Write, context_of: Contexts) -> None:
    second = CONFIG.replace("{{ .Release.Name }}", "{{ .Release.Name }}-second")
    root = chart({"values.yaml": "mode: fast\n", "templates/all.yaml": f"{CONFIG}---\n{second}"})
    (rendering,) = render(context_of(root)).renderings
    assert {(each.name, each.place.line) for each in rendering.documents} == {("app", 2), ("app-second", 9)}
    assert rendering.documents[1].find(("data", "MODE")).line in (6, 13)


def test_values_files_alone_and_as_a_command_uses_them(chart: Write, context_of: Contexts) -> None:
    readme = "    helm install named chart -n work -f chart/values-a.yaml --set mode=slow\n"
    files = {"values.yaml": "mode: fast\n", "values-a.yaml": "mode: a\n", "values-b.yaml": "mode: b\n"}
    root = chart({**files, "templates/c.yaml": CONFIG, "../README.md": readme})
    found = {each.name: each.documents[0] for each in render(context_of(root)).renderings}
    modes = {name: document.content["data"]["MODE"] for name, document in found.items()}
    assert modes == {
        "chart": "fast",
        "chart with values-b.yaml": "b",
        "chart with values-a.yaml, --set mode=slow": "slow",
    }
    assert {document.name for document in found.values()} == {"named"}


def test_what_a_chart_requires_is_filled_in_so_that_the_rest_is_judged(chart: Write, context_of: Contexts) -> None:
    required = CONFIG.replace("{{ .Values.mode }}", '{{ required "which mode?" .Values.mode }}')
    rendered = render(context_of(chart({"templates/c.yaml": required})))
    assert [(each.rule, each.severity.value) for each in rendered.diagnostics] == [("helm.value-required", "warning")]
    assert rendered.renderings[0].documents[0].content["data"]["MODE"] == "example"


def test_without_helm_nothing_is_judged(chart: Write, context_of: Contexts) -> None:
    root = chart({"values.yaml": "mode: fast\n", "templates/c.yaml": CONFIG})
    rendered = render(context_of(root, helm=False))
    assert rendered.renderings == ()
    assert rendered.blocked is not None
    assert "helm" in rendered.blocked


def test_without_dependencies_the_rest_is_judged_and_nothing_is_vouched_for(chart: Write, context_of: Contexts) -> None:
    about = "apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n  - {name: redis, version: 1.x.x}\n"
    rendered = render(context_of(chart({"Chart.yaml": about, "templates/c.yaml": CONFIG})))
    assert rendered.diagnostics == ()
    assert [each.name for each in rendered.renderings[0].documents] == ["app"]
    assert rendered.blocked is not None
    assert "helm dependency build chart" in rendered.blocked


def test_a_chart_for_older_clusters_is_rendered_for_one(chart: Write, context_of: Contexts) -> None:
    about = 'apiVersion: v2\nname: app\nversion: 0.1.0\nkubeVersion: ">=1.22.0-0 <1.30.0-0"\n'
    config = CONFIG.replace("{{ .Values.mode }}", "{{ .Capabilities.KubeVersion.Version }}")
    rendered = render(context_of(chart({"Chart.yaml": about, "templates/c.yaml": config})))
    assert rendered.diagnostics == ()
    assert rendered.renderings[0].documents[0].content["data"]["MODE"] == "v1.29.0"
    never = render(
        context_of(chart({"Chart.yaml": about.replace("<1.30.0-0", "<1.20.0-0"), "templates/c.yaml": config}))
    )
    assert [(each.rule, each.line) for each in never.diagnostics] == [("helm.not-rendered", 4)]


def test_a_library_has_nothing_to_render(chart: Write, context_of: Contexts) -> None:
    about = "apiVersion: v2\nname: app\nversion: 0.1.0\ntype: library\n"
    define = '{{ define "app.name" }}{{ .Release.Name }}{{ end }}\n'
    rendered = render(context_of(chart({"Chart.yaml": about, "templates/_names.tpl": define})))
    assert (rendered.renderings, rendered.diagnostics, rendered.blocked) == ((), (), None)


def test_the_settings_of_whoever_runs_it_do_not_matter(chart: Write, context_of: Contexts, tmp_path: Path) -> None:
    root = chart({"values.yaml": "mode: fast\n", "templates/c.yaml": CONFIG + "  IN: {{ .Release.Namespace }}\n"})
    mine = context_of(root, HELM_NAMESPACE="mine", HELM_DEBUG="true", HELM_PLUGINS=str(tmp_path), KUBECONFIG="/none")
    (rendering,) = render(mine).renderings
    assert rendering.documents[0].content["data"]["IN"] == "default"


def test_a_project_without_a_chart_renders_nothing(tmp_path: Path, context_of: Contexts) -> None:
    rendered = render(context_of(tmp_path))
    assert (rendered.renderings, rendered.diagnostics, rendered.blocked) == ((), (), None)
