"""Whether the project's own package can be built, as far as pyproject.toml tells: the build itself is not tried."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.install.pyproject import Pyproject
from checks.install.rules import found
from checks.model import Diagnostic

_BACKENDS = {
    "hatchling.build": "hatchling",
    "setuptools.build_meta": "setuptools",
    "setuptools.build_meta:__legacy__": "setuptools",
    "poetry.core.masonry.api": "poetry-core",
    "flit_core.buildapi": "flit_core",
    "pdm.backend": "pdm-backend",
    "uv_build": "uv_build",
    "mesonpy": "meson-python",
    "maturin": "maturin",
    "scikit_build_core.build": "scikit-build-core",
}
_OURS = re.compile(r"(?:setuptools|hatchling|poetry|flit_core|flit|pdm|uv_build)\b")
# setuptools leaves folders of these names alone when it looks for packages (FlatLayoutPackageFinder).
_LEFT_ALONE = frozenset(
    [
        "ci",
        "bin",
        "debian",
        "doc",
        "docs",
        "documentation",
        "manpages",
        "news",
        "newsfragments",
        "changelog",
        "test",
        "tests",
        "unit_test",
        "unit_tests",
        "example",
        "examples",
        "scripts",
        "tools",
        "util",
        "utils",
        "python",
        "build",
        "benchmark",
        "benchmarks",
        "exercise",
        "exercises",
        "htmlcov",
        "tasks",
        "fabfile",
        "site_scons",
        "venv",
        "env",
        "node_modules",
    ]
)


def judge_packaging(root: Path, read: Pyproject, files: Sequence[str]) -> Iterator[Diagnostic]:
    """What stops `pip install .` for certain, where `files` are there."""
    system = read.table("build-system")
    project = read.table("project")
    if not system or not project or read.table("tool", "uv").get("package") is False:
        return
    yield from _backend(read, system.get("build-backend"))
    backend = system.get("build-backend") or "setuptools.build_meta"
    yield from _metadata(read, set(files), strict=not str(backend).startswith("setuptools"))
    if backend == "hatchling.build":
        yield from _hatchling(read, files)
    elif str(backend).startswith("setuptools.build_meta"):
        yield from _setuptools(root, read, files)


def _backend(read: Pyproject, backend: object) -> Iterator[Diagnostic]:
    if not isinstance(backend, str) or backend in _BACKENDS or not _OURS.match(backend):
        return
    from difflib import get_close_matches

    if backend in ("poetry.masonry.api", "flit.buildapi"):  # old, and still there
        return
    close = get_close_matches(backend, _BACKENDS, 1, 0.4)
    hint = f'build-backend = "{close[0]}"' if close else None
    message = f"`{backend}` is no build backend: its import fails"
    yield found("unbuildable", read.place("build-backend", "[build-system]"), message, hint)


def _metadata(read: Pyproject, files: set[str], strict: bool) -> Iterator[Diagnostic]:
    """`strict`: setuptools warns of a file that is not there, the others stop."""
    project = read.table("project")
    dynamic = project.get("dynamic")
    dynamic = dynamic if isinstance(dynamic, list) else []
    if "name" not in project:
        yield found(
            "unbuildable", read.place("version", "[project]"), "`[project]` has no `name`", 'name = "my-system"'
        )
    if "version" not in project and "version" not in dynamic:
        message = "`[project]` has neither a `version` nor names it as dynamic"
        yield found("unbuildable", read.place("name", "[project]"), message, 'version = "0.1.0"')
    for key in ("readme", "license"):
        value = project.get(key)
        file = value.get("file") if isinstance(value, dict) else value if key == "readme" else None
        there = isinstance(file, str) and posixpath.normpath(posixpath.join(read.folder, file)) in files
        if isinstance(file, str) and strict and not there:
            message = f"`{key}` names `{file}`, which does not exist: the build stops there"
            yield found("unbuildable", read.place(key, "[project]"), message, f"create {file}, or leave `{key}` out")


def _hatchling(read: Pyproject, files: Sequence[str]) -> Iterator[Diagnostic]:
    """hatchling guesses a package from the project's name, and stops where there is none."""
    name = read.table("project").get("name")
    build = read.table("tool", "hatch", "build")
    wheel = read.table("tool", "hatch", "build", "targets", "wheel")
    selecting = {"packages", "only-include", "include", "force-include", "bypass-selection", "sources"}
    if not isinstance(name, str) or selecting & {*build, *wheel} or "hooks" in build or "hooks" in wheel:
        return
    plain = re.sub(r"[-_.]+", "_", name).lower()
    inside = _own(read, files)
    guesses = (f"{plain}/__init__.py", f"src/{plain}/__init__.py", f"{plain}.py")
    lowered = {file.lower() for file in inside}
    single_namespace = len({file.split("/")[0] for file in inside if file.count("/") == 2 and file.endswith(
        f"/{plain}/__init__.py")}) == 1  # fmt: skip
    if single_namespace or any(guess in lowered for guess in guesses):
        return
    packages = sorted({file.split("/")[0] for file in inside if file.count("/") >= 1 and file.endswith(".py")})
    packages = [each for each in packages if not each.startswith(".") and each not in ("tests", "test")]
    listed = ", ".join(f'"{each}"' for each in packages)
    message = f"hatchling looks for a package `{plain}`, named like the project, and there is none"
    hint = f"[tool.hatch.build.targets.wheel]\npackages = [{listed}]"
    yield found("unbuildable", read.place("build-backend", "[build-system]"), message, hint)


def _setuptools(root: Path, read: Pyproject, files: Sequence[str]) -> Iterator[Diagnostic]:
    """Without being told, setuptools stops where several folders could be the package."""
    settings = read.table("tool", "setuptools")
    base = root / read.folder
    if {"packages", "py-modules", "package-dir"} & set(settings) or (base / "setup.py").is_file():
        return
    if (base / "setup.cfg").is_file() or (base / "src").is_dir():
        return
    inside = _own(read, files)
    folders = {file.split("/")[0] for file in inside if "/" in file}
    # Any folder counts, with Python in it or not: the finder takes namespace packages.
    packages = sorted(each for each in folders if each.isidentifier() and each.lower() not in _LEFT_ALONE)
    packages = [each for each in packages if not each.startswith("_")]
    modules = [] if packages else _modules(inside)
    if len(packages) < 2 and len(modules) < 2:
        return
    if modules:
        shown = ", ".join(f"`{each}`" for each in modules)
        message = f"setuptools finds several top-level modules ({shown}) and refuses to choose"
        hint = f"[tool.setuptools]\npy-modules = {modules}".replace("'", '"')
        yield found("unbuildable", read.place("build-backend", "[build-system]"), message, hint)
        return
    code = [each for each in packages if any(f.startswith(f"{each}/") and f.endswith(".py") for f in inside)]
    shown = ", ".join(f"`{each}`" for each in packages)
    message = f"setuptools finds several top-level packages ({shown}) and refuses to choose"
    listed = ", ".join(f'"{each}*"' for each in code)
    hint = f"[tool.setuptools.packages.find]\ninclude = [{listed}]"
    yield found("unbuildable", read.place("build-backend", "[build-system]"), message, hint)


def _own(read: Pyproject, files: Sequence[str]) -> list[str]:
    prefix = f"{read.folder}/" if read.folder else ""
    return [file.removeprefix(prefix) for file in files if file.startswith(prefix)]


def _modules(inside: Sequence[str]) -> list[str]:
    """Modules at the top that setuptools would take: not its own, nor those of tools and tests."""
    names = [file.removesuffix(".py") for file in inside if file.endswith(".py") and "/" not in file]
    alone = _LEFT_ALONE | {"setup", "conftest", "toxfile", "noxfile", "pavement", "dodo"}
    return sorted(name for name in names if name not in alone and not name.startswith(("test_", "_")))
