"""What a project renders to: with the real kubectl, and without any."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from support.program import ROOT, clean_environment

from checks.deploy.kubernetes.documents import Rendered
from checks.deploy.kubernetes.embedded import NotPlain, build_here
from checks.deploy.kubernetes.files import find_manifests
from checks.deploy.kubernetes.kustomizations import trees
from checks.deploy.kubernetes.rendering import render
from checks.deploy.kubernetes.source import parse_sources
from checks.deploy.kubernetes.tracing import ORIGIN
from checks.model import CheckContext

HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      serviceAccountName: api
      containers:
        - name: api
          image: registry.example.org:5000/api:1.0
          envFrom: [{configMapRef: {name: settings}}]
          env:
            - {name: MODE, value: live}
"""
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: api}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {app: api}, ports: [{port: 80}]}\n"


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_yaml", ".yaml").replace("_env", ".env")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def rendered(root: Path) -> Rendered:
    return render(CheckContext(root, Path(sys.executable), 1, (), clean_environment()))


def test_a_kustomization_is_rendered_with_places_in_its_files(tmp_path: Path) -> None:
    listing = HEAD + "namePrefix: my-\nresources: [api.yaml]\n"
    write(tmp_path, k8s__kustomization_yaml=listing, k8s__api_yaml=DEPLOYMENT)
    (one,) = rendered(tmp_path).renderings
    (document,) = one.documents
    assert (one.name, one.kind, document.name) == ("k8s", "kustomize", "my-api")
    assert document.place[:2] == ("k8s/api.yaml", 1)
    path = ("spec", "template", "spec", "containers", 0, "env", 0, "value")
    assert document.find(path)[:2] == ("k8s/api.yaml", 15)
    assert "annotations" not in document.content["metadata"]


def test_what_a_patch_says_has_its_place_in_the_patch(tmp_path: Path) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  replicas: 3\n"
    base = HEAD + "resources: [api.yaml]\n"
    overlay = HEAD + "resources: [../base]\npatches:\n  - path: patch.yaml\n"
    write(tmp_path, base__kustomization_yaml=base, base__api_yaml=DEPLOYMENT)
    write(tmp_path, live__kustomization_yaml=overlay, live__patch_yaml=patch)
    (one,) = rendered(tmp_path).renderings
    assert one.name == "live"
    assert one.documents[0].find(("spec", "replicas"))[:2] == ("live/patch.yaml", 5)
    assert one.documents[0].find(("spec", "selector"))[:2] == ("base/api.yaml", 5)


def test_a_component_is_never_built_by_itself(tmp_path: Path) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [service.yaml]\n"
    write(tmp_path, part__kustomization_yaml=component, part__service_yaml=SERVICE)
    result = rendered(tmp_path)
    assert result.renderings == ()
    assert [document.name for document in result.spare] == ["api"]


def test_what_is_elsewhere_is_never_fetched(tmp_path: Path) -> None:
    write(tmp_path, k8s__kustomization_yaml=HEAD + "resources: ['https://example.org/all.yaml']\n")
    result = rendered(tmp_path)
    assert result.renderings == ()
    assert result.blocked is not None
    assert "https://example.org/all.yaml" in result.blocked


def test_a_list_is_its_items(tmp_path: Path) -> None:
    listed = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        f"  - {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n" for name in ("one", "two")
    )
    write(tmp_path, k8s__all_yaml=listed)
    (one,) = rendered(tmp_path).renderings
    assert [(document.name, document.place.line) for document in one.documents] == [("one", 4), ("two", 5)]


def test_an_env_file_that_only_has_an_example_is_no_error(tmp_path: Path) -> None:
    listing = HEAD + "secretGenerator: [{name: api, envs: [secret.env]}]\n"
    write(tmp_path, k8s__kustomization_yaml=listing)
    (tmp_path / "k8s/secret.env.example").write_text("TOKEN=x\n", encoding="utf-8")
    result = rendered(tmp_path)
    assert [document.kind for one in result.renderings for document in one.documents] == ["Secret"]
    assert [(found.rule, found.severity.value) for found in result.diagnostics] == [
        ("kubernetes.kustomization", "warning")
    ]


# The hash that kustomize puts behind the name of what it generates: letters that look like nothing else, and digits.
HASH = re.compile(r"-(?=[a-z0-9]*\d)[bcdfghkmt0-9]{10}$")
SETS = {
    "plain": HEAD + "resources: [api.yaml, account.yaml, service.yaml]\n",
    "namespace": HEAD + "namespace: team\nresources: [api.yaml, account.yaml, service.yaml]\n",
    "names": HEAD + "namePrefix: a-\nnameSuffix: -b\nresources: [api.yaml, account.yaml, service.yaml]\n",
    "labels": HEAD + "commonLabels: {team: one}\nlabels: [{pairs: {part: api}}]\nresources: [api.yaml, service.yaml]\n",
    "images": HEAD + "images: [{name: 'registry.example.org:5000/api', newTag: '2'}]\nresources: [api.yaml]\n",
    "replicas": HEAD + "replicas: [{name: api, count: 4}]\nresources: [api.yaml]\n",
    "settings": HEAD + "resources: [api.yaml]\nconfigMapGenerator: [{name: settings, literals: [A=1, 'B=\"2\"']}]\n"
    "generatorOptions: {disableNameSuffixHash: true}\n",
    "secrets": HEAD + "resources: [api.yaml]\nsecretGenerator: [{name: keys, envs: [keys.env], files: [keys.env]}]\n",
}


def plainly(content: Any) -> Any:
    """Without hashes and notes of origin, which only the real program makes."""
    if isinstance(content, dict):
        return {key: plainly(value) for key, value in content.items() if key != ORIGIN and value != {}}
    if isinstance(content, list):
        return [plainly(item) for item in content]
    return HASH.sub("", content) if isinstance(content, str) else content


@pytest.mark.parametrize("name", SETS)
def test_what_is_built_here_is_what_kubectl_builds(name: str, tmp_path: Path) -> None:
    write(tmp_path, k__kustomization_yaml=SETS[name], k__api_yaml=DEPLOYMENT, k__account_yaml=ACCOUNT)
    write(tmp_path, k__service_yaml=SERVICE, k__keys_env="# a comment\nTOKEN=a=b\n\nEMPTY=\n")
    assert_same(tmp_path)


@pytest.mark.parametrize("system", ["hiring-process", "webhook-intake", "scheduled-report"])
def test_the_systems_are_built_alike(system: str) -> None:
    assert_same(ROOT / "fixtures" / system)


def assert_same(root: Path) -> None:
    manifests = find_manifests(root)
    (tree,) = trees(manifests)
    ours = [named(plainly(one)) for one in build_here(root, tree, manifests, {})]
    built = (each for each in rendered(root).renderings if each.kind == "kustomize")
    theirs = [named(plainly(dict(one.content))) for each in built for one in each.documents]
    assert sorted(ours, key=by_name) == sorted(theirs, key=by_name)


def named(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "metadata": {key: value for key, value in content["metadata"].items() if value}}


def by_name(content: dict[str, Any]) -> tuple[str, str]:
    return content["kind"], content["metadata"]["name"]


def test_what_cannot_be_built_exactly_is_not_guessed(tmp_path: Path) -> None:
    listing = HEAD + "resources: [api.yaml]\npatches: [{patch: '[]', target: {kind: Deployment}}]\n"
    write(tmp_path, k__kustomization_yaml=listing, k__api_yaml=DEPLOYMENT)
    manifests = find_manifests(tmp_path)
    with pytest.raises(NotPlain, match="patches"):
        build_here(tmp_path, trees(manifests)[0], manifests, {})


def test_values_are_what_kubectl_makes_of_them() -> None:
    text = "{a: y, b: off, c: 0644, d: 12:30, e: '1', f: 1.5, g: ~, h: 0x10, i: 2024-01-01, j: 1_000}"
    (source,) = parse_sources(text, "x.yaml")
    wanted = {"a": True, "b": False, "c": 420, "d": "12:30", "e": "1", "f": 1.5, "g": None, "h": 16}
    assert source.content == {**wanted, "i": "2024-01-01", "j": 1000}


def test_charts_tests_and_other_programs_settings_are_no_manifests(tmp_path: Path) -> None:
    write(tmp_path, chart__Chart_yaml="apiVersion: v2\nname: x\n", chart__templates__a_yaml=SERVICE)
    write(
        tmp_path,
        tests__a_yaml=SERVICE,
        skaffold_yaml="apiVersion: skaffold/v4beta1\nkind: Config\nmetadata: {name: x}\n",
    )
    write(tmp_path, compose_yaml="services: {web: {image: nginx}}\n")
    assert find_manifests(tmp_path).sources == {}
