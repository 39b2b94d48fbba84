"""The check `install`: what is declared can be installed, and declares all that the code needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.discovery import project_files
from checks.hints import install_command
from checks.install.code import ProjectCode, read_code
from checks.install.drivers import named_driver
from checks.install.images import ImageNeeds, read_images
from checks.install.imports import judge_images, judge_imports, judge_workflows
from checks.install.mentions import mentioned
from checks.install.mistaken import meant
from checks.install.model import Declared, Origin, Purpose
from checks.install.needs import judge_needs
from checks.install.plugins import judge_plugins
from checks.install.providers import site_packages
from checks.install.pythons import Version, admits, shown
from checks.install.reading import judge_image_builds, read_sets
from checks.install.requirement_text import asked_of
from checks.install.resolving import Resolved, resolve
from checks.install.rules import found
from checks.install.supply import Supply
from checks.model import CheckContext, CheckResult, Diagnostic, Evidence, Place

_SAMPLES = re.compile(r"(?:^|/)(?:fixtures|test_?data|cookiecutters?|\{\{[^/]*)/")
"""Projects inside the project, made to be copied or judged: each would be judged by itself."""


def check(context: CheckContext) -> CheckResult:
    """Reads what is declared, resolves it, and holds the code against what came out."""
    files = [file for file in project_files(context.root) if not _SAMPLES.search(file)]
    images = read_images(context.root, files)
    reading = read_sets(context.root, files, [file for image in images for file in image.files])
    sets = (*reading.sets, *_image_sets(images))
    resolved = resolve(context, sets, _pythons(images))
    code = read_code(context.root, files)
    pairs = tuple(zip(sets, resolved.resolutions, strict=True))
    supply = Supply(pairs, site_packages(context.python), mentioned(context.root, files))
    findings = [
        *reading.findings,
        *_foreign(context.root, sets),
        *_excluded(images, sets),
        *judge_image_builds(context.root, images, files),
        *(each for resolution in resolved.resolutions for each in resolution.findings),
    ]
    if _blocked(resolved) is None:
        findings += _judge_code(code, supply, images)
        findings += judge_images(images, code, supply, named_driver(context.root, files))
        findings += judge_plugins(context.root, files, code, supply)
    evidence = _evidence(sets, resolved, code)
    return CheckResult("install", evidence, _distinct(findings), _blocked(resolved))


def _judge_code(code: ProjectCode, supply: Supply, images: Sequence[ImageNeeds]) -> list[Diagnostic]:
    return [*judge_imports(code, supply, images), *judge_workflows(code, supply), *judge_needs(code, supply)]


def _image_sets(images: Sequence[ImageNeeds]) -> list[Declared]:
    """What an image installs by name, without a file that says so."""
    sets = []
    for image in images:
        asked = [asked_of(name, Place(image.dockerfile, image.line)) for name in image.names]
        wanted = tuple(each for each in asked if not isinstance(each, Diagnostic))
        if wanted:
            sets.append(Declared(f"{image.dockerfile}", image.dockerfile, "", Purpose.EXTRA, wanted))
    return sets


def _pythons(images: Sequence[ImageNeeds]) -> dict[str, Version]:
    """For which Python the image that installs a file needs it."""
    found_in = {file: image.python for image in images if image.python for file in (*image.files, image.dockerfile)}
    projects = {_pyproject(folder): image.python for image in images if image.python for folder in image.projects}
    return {**found_in, **projects}


def _pyproject(folder: str) -> str:
    return f"{folder}/pyproject.toml".lstrip("/")


def _excluded(images: Sequence[ImageNeeds], sets: Sequence[Declared]) -> Iterator[Diagnostic]:
    """An image whose Python the project itself refuses."""
    for image in images:
        for declared in sets:
            installs = declared.file in {_pyproject(folder) for folder in image.projects}
            if installs and image.python and not admits(declared.python, image.python):
                message = (
                    f"this image has Python {shown(image.python)}, and `{declared.file}`, which it installs, "
                    f"admits `{declared.python}` ({declared.python_place})"
                )
                yield found("python-excluded", Place(image.dockerfile, image.line), message)


def _foreign(root: Path, sets: Sequence[Declared]) -> Iterator[Diagnostic]:
    """RAW's other names: some are taken on the registry by somebody else's product."""
    for asked in [each for declared in sets for each in declared.asked if (root / ".raw").is_dir()]:
        if asked.origin is Origin.REGISTRY and asked.name == "raw-agents":
            message = "`raw-agents` on the registry is another product and brings no `raw_runtime`"
            yield found("other-product", asked.place, message, meant("raw"))


def _evidence(sets: Sequence[Declared], resolved: Resolved, code: ProjectCode) -> Evidence:
    imports = {(file.file, each.top) for file in code.files.values() for each in file.imports}
    unverified = sorted({each for resolution in resolved.resolutions for each in resolution.unverified})
    evidence: dict[str, int | str] = {
        "sets": sum(resolution.complete for resolution in resolved.resolutions),
        "requirements": len({(asked.place, asked.text) for each in sets for asked in each.asked}),
        "imports": len(imports),
        "resolver": resolved.resolver or "none",
    }
    return {**evidence, "unverified": ", ".join(unverified)} if unverified else evidence


def _blocked(resolved: Resolved) -> str | None:
    if resolved.resolver is None and resolved.resolutions:
        return f"neither uv nor pip is here to resolve what is declared; {install_command('uv')}"
    why = next((each.unreached for each in resolved.resolutions if each.unreached), None)
    if why is None:
        return None
    return (
        f"the package registry could not be reached ({why}), so nobody knows whether this installs; "
        "connect, or point UV_DEFAULT_INDEX and PIP_INDEX_URL to a mirror, and run it again"
    )


def _distinct(findings: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """A requirement stands in several sets, a package is imported in many files: each fault is said once."""
    ordered = sorted(findings, key=lambda each: (each.severity, each.file or "", each.line or 0, each.rule))
    lacking = {(each.file, each.line) for each in findings if each.rule == "install.script-lacks"}
    once: dict[tuple[str | int | None, ...], Diagnostic] = {}
    more: dict[tuple[str | int | None, ...], set[str | None]] = {}
    for each in ordered:
        if each.rule == "install.undeclared-import" and (each.file, each.line) in lacking:
            continue
        same = (
            (each.rule, each.message)
            if each.rule in _BY_PACKAGE
            else (each.rule, each.file, each.line, each.message[:30])
        )
        once.setdefault(same, each)
        more.setdefault(same, set()).add(each.file)
    counted = [each._replace(message=each.message + _others(more[same])) for same, each in once.items()]
    return tuple(sorted(counted, key=lambda each: (each.file or "", each.line or 0, each.rule)))


_BY_PACKAGE = frozenset(("install.undeclared-import", "install.transitive-import", "install.missing-extra"))


def _others(files: set[str | None]) -> str:
    return (
        f" (and in {len(files) - 1} more files)"
        if len(files) > 2
        else " (and in one more file)"
        if len(files) == 2
        else ""
    )
