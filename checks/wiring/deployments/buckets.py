"""Buckets of an object store that a deployment brings along: somebody has to make those that the code asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.model import Diagnostic, Place, Severity
from checks.wiring.deployments.images import short
from checks.wiring.deployments.rules import NO_BUCKET, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.model import Started, Unit, Variable

_NAMED = re.compile(r"(?:^|_)BUCKET(?:_NAME)?\Z")
_STORE = re.compile(r"minio|localstack|seaweedfs|ceph|garage")
_MAKES = re.compile(r"create_bucket|make_bucket|put_bucket|create-bucket|\bmb\b|mkbucket|MakeBucket|CreateBucket")
_HOST = re.compile(r"://(?:[^/@]*@)?([\w.-]+)")
_TESTS = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*\Z|conftest\.py\Z)")
_LIMIT = 1 << 18


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about buckets that the code is told to use and that nobody makes in the store beside it."""
    stores = [unit for unit in scene.deployment.units if unit.built is None and _STORE.search(short(unit.image or ""))]
    asking = [(unit, one) for unit in scene.deployment.units for one in _asked(scene, unit, stores)] if stores else []
    made = _made(scene)
    if not asking or made is None or _made_elsewhere(scene):
        return
    for unit, variable in asking:
        if variable.value not in made:
            yield _finding(unit, variable, made, stores[0])


def _finding(unit: Unit, variable: Variable, made: dict[str, Place], store: Unit) -> Diagnostic:
    if not made:
        message = (
            f"`{variable.name}` is `{variable.value}`, and nothing makes that bucket in `{store.name}` "
            f"({store.place}), as far as can be seen"
        )
        return finding(NO_BUCKET, variable.place, message, None, Severity.WARNING)
    known = ", ".join(f"`{name}` ({place})" for name, place in made.items())
    message = f"`{variable.name}` of {unit.name} is `{variable.value}`, and `{store.name}` gets only the bucket {known}"
    return finding(NO_BUCKET, variable.place, message, "write the same name on both sides")


def _asked(scene: Scene, unit: Unit, stores: list[Unit]) -> Iterator[Variable]:
    """The buckets that a unit with the project's code is told to use in one of the stores."""
    values = [one.value for one in unit.variables.values() if one.value]
    hosts = {found[1] for value in values if (found := _HOST.search(value))}
    if unit.built is None or not any(reached in stores for host in hosts for reached in scene.at(host)):
        return
    for variable in unit.variables.values():
        if variable.value and _NAMED.search(variable.name) and "$" not in variable.value:
            yield variable


def _made(scene: Scene) -> dict[str, Place] | None:
    """The buckets that units make, each with where; None where that cannot be known."""
    made: dict[str, Place] = {}
    for unit in scene.deployment.units:
        for variable in unit.variables.values():
            if variable.name in ("MINIO_DEFAULT_BUCKETS", "MINIO_BUCKETS", "DEFAULT_BUCKETS"):
                names = re.split(r"[\s,;]+", variable.value or "$")
                made |= {name.partition(":")[0]: variable.place for name in names if name}
        for started in unit.starts:
            made |= dict.fromkeys(_bucket(started), unit.argv_place or unit.place)
    return None if any("$" in name or "*" in name for name in made) else made


def _bucket(started: Started) -> Iterator[str]:
    words = list(started.arguments)
    if started.name in ("mc", "mcli") and "mb" in words:
        for word in words[words.index("mb") + 1 :]:
            if not word.startswith("-"):
                yield word.strip("/").rpartition("/")[2]
    elif started.name in ("aws", "awslocal") and "mb" in words:
        yield from (word.removeprefix("s3://").strip("/") for word in words if word.startswith("s3://"))
    elif started.name in ("aws", "awslocal") and "create-bucket" in words:
        yield words[words.index("--bucket") + 1] if "--bucket" in words[:-1] else "$"


def _made_elsewhere(scene: Scene) -> bool:
    """Whether code, a script or a text for people makes buckets in a way that is not followed."""
    texts = (".py", ".sh", ".md", ".tf", ".js", ".ts", ".rst", "Makefile", "justfile")
    files = (file for file in scene.system.files if file.endswith(texts) and not _TESTS.search(file))
    return any(_MAKES.search(_text(scene, file)) for file in files)


def _text(scene: Scene, file: str) -> str:
    try:
        return (scene.system.root / file).read_bytes()[:_LIMIT].decode("utf-8", "replace")
    except OSError:
        return ""
