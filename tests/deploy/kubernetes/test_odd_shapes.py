"""Whatever shape a manifest has, it is judged and never breaks the judge."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

from support.program import ROOT

from checks.deploy.kubernetes.documents import Document, Rendering
from checks.deploy.kubernetes.judge import judge_all
from checks.deploy.kubernetes.source import read_sources
from checks.model import Place

ODD: tuple[Any, ...] = (None, 7, -1, True, "", "text", "a:b", [], {}, [None], [1], [{}], {"odd": None}, [[]], 1.5)
TRIES = 60
CHANGES = 8


def contents() -> list[dict[str, Any]]:
    files = [
        *(ROOT / "fixtures").glob("*-*/k8s/*.yaml"),
        *(ROOT / "fixtures/cases/kubernetes").glob("*/good*/k8s/*.yaml"),
    ]
    found = (source.content for file in sorted(files) for source in read_sources(file, file.name, []))
    return [content for content in found if isinstance(content, dict)]


def everywhere(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [place for key, item in entries for place in everywhere(item, (*path, key))]
    return [path, *below] if path else below


def distorted(content: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    content = copy.deepcopy(content)
    path = chance.choice(everywhere(content))
    holder: Any = content
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = chance.choice(ODD)
    return content


def test_no_shape_breaks_the_judge() -> None:
    chance, samples = random.Random(3), contents()
    place = Place("k8s/x.yaml", 1)
    for _ in range(TRIES):
        some = [distorted(chance.choice(samples), chance) for _ in range(CHANGES)]
        documents = tuple(Document(content, place, lambda _path: place) for content in some)
        judged = judge_all(Rendering("k8s", "plain", Place("k8s"), documents), Path("/nonexistent"))
        assert judged.verified + judged.unverified == CHANGES
