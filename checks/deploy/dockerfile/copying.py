"""What an image is made of must be in the build context, and in the image before it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path, PurePosixPath

from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.image import Copy, Image, copies, image_of
from checks.deploy.dockerfile.instructions import Instruction
from checks.deploy.dockerfile.runs import Installed, effects
from checks.deploy.dockerfile.sources import WILD, Sources, clean, join
from checks.deploy.dockerfile.stages import Recipe, Stage, Variables
from checks.deploy.dockerfile.subject import Subject
from checks.discovery import project_files
from checks.model import Diagnostic

# What a build makes first, outside the repository.
_MADE_FOLDERS = frozenset(
    {"_build", "artifacts", "bin", "build", "dist", "generated", "node_modules", "obj", "out", "publish", "target",
     "tmp", "vendor", ".next", ".output", "wheelhouse", "wheels", "site", "public", "release"}
)  # fmt: skip
_MADE_FILES = (".jar", ".war", ".whl", ".so", ".deb", ".rpm", ".gz", ".tgz", ".zip", ".exe", ".env", ".pem", ".crt")
_SCRIPT = re.compile(r"(?:^|/)(?:Makefile|makefile|GNUmakefile|[Jj]ustfile|Rakefile)$|\.(?:sh|bash|mk|rb|rake)$")
_FOLDERS_OF_BASES = frozenset(
    {"/", "/tmp", "/etc", "/opt", "/srv", "/usr", "/usr/local", "/usr/local/bin", "/usr/bin", "/bin", "/root", "/home",
     "/var", "/usr/share/nginx/html", "/etc/nginx/conf.d", "/var/www/html", "/mnt", "/media", "/usr/src"}
)  # fmt: skip


def copying(subject: Subject) -> Iterator[Diagnostic]:
    """Sources that are missing in every context that may be meant, or in one that is."""
    found: dict[tuple[int, str], list[tuple[int, str, bool]]] = {}
    somewhere = bool(subject.builds[0].said) or len(subject.builds) == 1 or _fits(subject)
    for number, recipe in enumerate(subject.recipes if not subject.outside else ()):
        for each, source, reason, certain in _missing(recipe, subject, number):
            doubt = "" if somewhere or not certain else ", and nobody says from where this is built"
            found.setdefault((each.line, source), []).append((number, reason + doubt, certain and somewhere))
    for (line, source), reasons in found.items():
        if subject.builds[0].said or len(reasons) == len(subject.builds):
            yield _missing_source(subject, line, source, reasons)
    yield from _targets(subject)
    yield from _too_early(subject)


def _fits(subject: Subject) -> bool:
    """Whether one of the contexts that are guessed has anything of what is copied by name."""
    for number, recipe in enumerate(subject.recipes):
        for each in (each for stage in recipe.stages for each in stage.instructions):
            copy = copies(each, {}) if each.keyword in ("COPY", "ADD") and "from" not in each.flags else None
            named = [source for source in copy.sources if source and source.strip("./")] if copy is not None else []
            if any(subject.contexts[number].found(source) for source in named):
                return True
    return False


def _missing_source(subject: Subject, line: int, source: str, reasons: list[tuple[int, str, bool]]) -> Diagnostic:
    number, reason, certain = reasons[0]
    build, sources = subject.builds[number], subject.contexts[number]
    near = _nearest(sources, source)
    hint = f"write `{near}`" if near and "ignored" not in reason else None
    if build.said and build.context != subject.path.parent:
        reason += f" (the context is given at {build.said}{f':{build.line}' if build.line else ''})"
    return (subject.error if certain else subject.warning)("missing-source", line, reason, hint)


def _missing(recipe: Recipe, subject: Subject, number: int) -> Iterator[tuple[Instruction, str, str, bool]]:
    sources = subject.contexts[number]
    for stage in _needed(recipe, recipe.stage(subject.builds[number].target)):
        variables = Variables(recipe)
        for before in recipe.lineage(stage)[:-1]:
            for each in before.instructions:
                variables.see(each)
        for each in stage.instructions:
            variables.see(each)
            copy = copies(each, variables.known) if each.keyword in ("COPY", "ADD") else None
            if copy is not None and "from" not in each.flags:
                yield from ((each, *found) for found in _absent(copy, sources))


def _needed(recipe: Recipe, stage: Stage | None) -> list[Stage]:
    """The stages that a build goes through: it leaves out those that the target does not need."""
    wanted, pending = set[int](), [stage] if stage else []
    while pending:
        each = pending.pop()
        if each is None or each.index in wanted:
            continue
        wanted.add(each.index)
        names = [instruction.flags["from"] for instruction in each.instructions if "from" in instruction.flags]
        names += [
            mounted
            for instruction in each.instructions
            for mounted in re.findall(r"\bfrom=([\w.-]+)", instruction.flags.get("mount", ""))
        ]
        pending += [known for known in recipe.stages[: each.index] if known.name in names or str(known.index) in names]
        pending += [recipe.stages[each.parent]] if each.parent is not None else []
    return [each for each in recipe.stages if each.index in wanted]


def _absent(copy: Copy, sources: Sources) -> Iterator[tuple[str, str, bool]]:
    """Each source that is not there: its name, why, and whether that is certain."""
    for source in copy.sources:
        if not source or source.startswith(("<<", "git@")) or "://" in source:
            continue
        found = sources.found(source)
        where = sources.shown(".")
        place = "the build context" if where == "." else f"the build context `{where}`"
        if not found:
            if WILD.search(source) and len(copy.sources) > 1:
                continue  # beside others a pattern stands for files that may be there
            sure = not WILD.search(source) and not _is_made(clean(source), sources)
            climbs = source.startswith("../") or "/../" in source
            why = f"`{source}` leaves {place}, and the builder stays in it" if climbs else ""
            note = "" if sure else _doubt(source)
            yield source, (why or f"`{source}` does not exist in {place}") + note, sure
        elif not any(sources.let_in(path) for path in found):
            line, pattern = sources.ignored.because(found[0]) or (0, "")
            file = sources.ignored.file.name if sources.ignored.file else ".dockerignore"
            reason = f"`{source}` is ignored by `{pattern}` ({file}:{line}): the builder does not see it"
            yield source, reason, not WILD.search(source)


def _doubt(source: str) -> str:
    return ": nothing is copied" if WILD.search(source) else ", unless something makes it before the build"


def _is_made(path: str, sources: Sources) -> bool:
    parts = PurePosixPath(path).parts
    if set(parts) & _MADE_FOLDERS or path.endswith(_MADE_FILES):
        return True
    if any((sources.context / name).exists() for name in (".goreleaser.yml", ".goreleaser.yaml")):
        return True
    if _is_made_by_script(sources.root, PurePosixPath(path).name):
        return True
    around = [sources.context, *sources.context.parents]
    folders = [sources.root, *(folder for folder in around if folder.is_relative_to(sources.root))]
    full = sources.context / path
    return any(_in_gitignore(folder, full.relative_to(folder).as_posix()) for folder in dict.fromkeys(folders))


@lru_cache(maxsize=256)
def _is_made_by_script(root: Path, name: str) -> bool:
    """Whether a script or a Makefile writes a file of that name somewhere."""
    named = rf"[\"']?(?:[^\s\"']*/)?{re.escape(name)}[\"']?(?=\s|$)"
    written = re.compile(
        rf"(?:>|\s-o|--output|\s-O|\btee)[=\s]*{named}|\b(?:cp|mv|ln)\s[^\n]*\s{named}[ \t]*$|^{re.escape(name)}\s*:",
        re.M,
    )
    for file in project_files(root):
        if _SCRIPT.search(file):
            text = (root / file).read_bytes()[: 256 * 1024].decode(errors="replace")
            if name in text and written.search(text):
                return True
    return False


def _in_gitignore(folder: Path, path: str) -> bool:
    file = folder / ".gitignore"
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    patterns = [line.strip().strip("/") for line in lines if line.strip() and not line.startswith(("#", "!"))]
    candidates = [PurePosixPath(*PurePosixPath(path).parts[:n]) for n in range(1, len(PurePosixPath(path).parts) + 1)]
    return any(candidate.match(pattern) for pattern in patterns for candidate in candidates if pattern)


def _nearest(sources: Sources, source: str) -> str | None:
    """A name beside the missing one, or the same name elsewhere in the context."""
    path = PurePosixPath(clean(source))
    folder = sources.context / path.parent
    if folder.is_dir():
        near = get_close_matches(path.name, [child.name for child in folder.iterdir()], 1, 0.7)
        if near:
            return (path.parent / near[0]).as_posix()
    same = [known for known in sources.below(".") if known.rpartition("/")[2] == path.name]
    return same[0] if len(same) == 1 else None


def _targets(subject: Subject) -> Iterator[Diagnostic]:
    """Several files into one name: each would be written over the one before, or the builder refuses."""
    for stage in subject.recipe.stages:
        found: list[Diagnostic] = []

        def watch(each: Instruction, image: Image, found: list[Diagnostic] = found) -> None:
            copy = copies(each, {**image.variables}) if each.keyword in ("COPY", "ADD") else None
            if copy is None or len(copy.sources) < 2 or copy.target is None or copy.target.endswith(("/", ".")):
                return
            target = image.at(copy.target)
            known = target in image.folders | _FOLDERS_OF_BASES
            judge = subject.warning if known or target is None or "/" in image.loose else subject.error
            message = f"several sources are copied to `{copy.target}`, which does not end with `/`"
            found.append(judge("copy-to-file", each, message, f"write `{copy.target}/`"))

        image_of(subject.recipe, stage, subject.contexts[0], watch=watch)
        yield from found


def _too_early(subject: Subject) -> Iterator[Diagnostic]:
    """Packages installed from a file that is not in the image yet."""
    if not subject.told:
        return
    for number, recipe in enumerate(subject.recipes[:1]):
        for stage in _needed(recipe, recipe.stage(subject.builds[number].target)):
            found: list[Diagnostic] = []

            def watch(each: Instruction, image: Image, found: list[Diagnostic] = found, number: int = number) -> None:
                if each.keyword == "RUN" and "bind" not in each.flags.get("mount", "") and image.workdir:
                    contents = Contents.of(image, subject.contexts[number])
                    effect = effects(each, image.workdir)
                    for installed in () if effect.loose else effect.installed:
                        found.extend(_not_there(subject, each, installed, image, contents))

            image_of(recipe, stage, subject.contexts[number], watch=watch)
            yield from found


def _not_there(
    subject: Subject, each: Instruction, installed: Installed, image: Image, contents: Contents
) -> Iterator[Diagnostic]:
    names = [name for name in installed.files if not re.search(r"[$*]|://", name)]
    if installed.project and installed.manager.endswith("pip install") and not _has_project(image, contents):
        names = [*names, "pyproject.toml"]
    for name in names:
        path = join(image.workdir or "/", name)
        # A folder that the words change to first is not followed.
        if not contents.lacks(path) or re.search(r"(^|[;&]\s*)cd\s|--directory|--project|--prefix| -C ", each.value):
            continue
        later = _copied_later(subject, each, name)
        when = f": it is copied only at line {later}" if later else ""
        message = f"`{installed.manager}` needs `{path}`, which is not in the image here{when}"
        hint = f"copy `{name}` before line {each.line}"
        yield subject.error("used-before-copied", each, message, hint)


def _has_project(image: Image, contents: Contents) -> bool:
    places = (join(image.workdir or "/", name) for name in ("pyproject.toml", "setup.py", "setup.cfg"))
    return any(not contents.lacks(place) for place in places)


def _copied_later(subject: Subject, each: Instruction, name: str) -> int | None:
    base = name.rpartition("/")[2]
    for stage in subject.recipe.stages:
        if each in stage.instructions:
            for later in stage.instructions[stage.instructions.index(each) :]:
                words = later.value.split()
                if later.keyword in ("COPY", "ADD") and (
                    "." in words[:-1] or "./" in words[:-1] or base in later.value
                ):
                    return later.line
    return None
