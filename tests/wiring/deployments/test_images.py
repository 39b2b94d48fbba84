"""Which Dockerfile makes an image."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.model import Place
from checks.wiring.deployments.images import Images, Recipe, repository, short

FILES = ("api/Dockerfile", "worker/Dockerfile", "README.md", ".gitlab-ci.yml", "k8s/kustomization.yaml")
TEXTS = {
    "README.md": "    docker build --tag example.org/shop/front:1.0 \\\n      -f api/Dockerfile --target run api\n",
    ".gitlab-ci.yml": 'script:\n  - docker buildx build --push -t "$CI_REGISTRY/$NAME" worker\n',
    "k8s/kustomization.yaml": "images:\n  - {name: front, newName: elsewhere.org/f}\n",
}


@pytest.fixture
def images(tmp_path: Path) -> Images:
    """Two Dockerfiles, one of which a text gives a name."""
    for file in FILES:
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(TEXTS.get(file, "FROM busybox:1 AS run\nWORKDIR /here\n"), encoding="utf-8")
    return Images(tmp_path, FILES, [])


@pytest.mark.parametrize(
    ("image", "dockerfile"),
    [
        ("example.org/shop/front:1.0", "api/Dockerfile"),
        ("front", "api/Dockerfile"),
        ("elsewhere.org/f:2", "api/Dockerfile"),
        ("shop-worker:latest", "worker/Dockerfile"),
        ("worker@sha256:0000", "worker/Dockerfile"),
        ("postgres:16", None),
    ],
)
def test_an_image_is_found(images: Images, image: str, dockerfile: str | None) -> None:
    made = images.find(image, ours=False)
    assert (made.dockerfile if made else None) == dockerfile


def test_the_only_dockerfile_makes_what_runs_the_project(images: Images) -> None:
    alone = Images(images.root, ("api/Dockerfile",), [])
    made = alone.find("some/name:1", ours=True)
    assert made is not None
    assert made.dockerfile == "api/Dockerfile"
    assert alone.find("some/name:1", ours=False) is None


def test_two_that_could_be_meant_are_none(images: Images) -> None:
    for folder in ("api", "worker"):
        images.add(Recipe("shop/same", images.root / folder / "Dockerfile", images.root / folder, Place("x")))
    assert images.find("same:1", ours=True) is None


def test_names() -> None:
    assert repository("docker.io/library/postgres:16@sha256:00") == "postgres"
    assert repository("localhost:5000/a/b:1") == "localhost:5000/a/b"
    assert short("localhost:5000/a/b:1") == "b"


def test_loops_and_patterns_name_images(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(
        "PARTS := api worker\nimages:\n\tfor name in $(PARTS); do \\\n"
        "\tdocker build -f docker/$$name.Dockerfile -t $(REGISTRY)/shop-$$name:$(TAG) .; done\n",
        encoding="utf-8",
    )
    (tmp_path / "release.sh").write_text('docker build -t "example.org/desk-${PART}:1" .\n', encoding="utf-8")
    images = Images(tmp_path, ("Makefile", "release.sh"), [])
    assert [images.mentions(f"ghcr.io/me/{name}:1") for name in ("shop-api", "shop-worker", "desk-api")] == [True] * 3
    assert not images.mentions("ghcr.io/me/shop-wrker:1")
    assert {short(recipe.name) for recipe in images.named()} >= {"shop-api", "shop-worker"}
    assert {recipe.place.line for recipe in images.named() if "shop-api" in recipe.name} == {3}
    assert not images.builds_any
