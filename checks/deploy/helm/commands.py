"""What a project's own documents and scripts tell Helm to do with its charts."""

from __future__ import annotations

import os.path
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from checks.model import Place

SIZE_LIMIT = 512 * 1024
_NAMES = re.compile(r"(?i)(readme|install|deploy|contributing|development|quickstart)[^/]*\.(md|rst|txt|adoc)")
_SCRIPTS = frozenset({"Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.yml", "Taskfile.yaml"})
_CALL = re.compile(r"\bhelm3?\s+(?:[^\n|;&]*?\s)?(?:install|upgrade|template|lint)\s[^\n]*")
_VALUED = frozenset({
    "-n", "--namespace", "--version", "--timeout", "--kube-context", "--kubeconfig", "--repo", "--description",
    "--history-max", "--output", "-o", "--output-dir", "--api-versions", "-a", "--kube-version", "--post-renderer",
    "--show-only", "-s", "--wait", "--username", "--password",
})  # fmt: skip
_SWITCHES_THAT_MAY_STAND_ALONE = frozenset({"--wait"})


@dataclass(frozen=True, slots=True)
class Release:
    """One `helm install|upgrade|template` of a chart of the project; `settings` are its `--set` words."""

    chart: str
    name: str | None
    namespace: str | None
    values: tuple[str, ...]
    settings: tuple[str, ...]
    place: Place


def find_releases(root: Path, files: Sequence[str], charts: Sequence[str]) -> tuple[Release, ...]:
    """The commands in documents, scripts and pipelines that name one of `charts` (their folders)."""
    found: dict[tuple[object, ...], Release] = {}
    for file in [*filter(_may_tell, files), *_pipelines(root)]:
        for line, text in _lines(root / file):
            release = _release(root, file, line, text, charts)
            if release is not None:
                found.setdefault((release.chart, release.name, release.values, release.settings), release)
    return tuple(found.values())


def _may_tell(file: str) -> bool:
    path = PurePosixPath(file)
    told = _NAMES.fullmatch(path.name) or path.name in _SCRIPTS or path.suffix in (".sh", ".bash")
    return bool(told or path.suffix == ".md")


def _pipelines(root: Path) -> Iterator[str]:
    """Where continuous integration is told what to do: hidden folders, which a walk leaves out."""
    folder = root / ".github" / "workflows"
    if folder.is_dir():
        yield from (path.relative_to(root).as_posix() for path in sorted(folder.glob("*.y*ml")))
    if (root / ".gitlab-ci.yml").is_file():
        yield ".gitlab-ci.yml"


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Commands with the lines that a backslash continues joined, under the number of their first."""
    try:
        data = path.read_bytes()
    except OSError:
        return
    if b"helm" not in data or len(data) > SIZE_LIMIT:
        return
    begun, text = 0, ""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        begun = begun if text else number
        text += line.strip()
        if text.endswith("\\"):
            text = text[:-1] + " "
            continue
        if "helm" in text:
            yield begun, text
        text = ""


def _release(root: Path, file: str, line: int, text: str, charts: Sequence[str]) -> Release | None:
    call = _CALL.search(text)
    if call is None:
        return None
    try:
        words = shlex.split(re.split(r"\s(?:&&|\|\||[|;#>]|2>)", call[0].partition("`")[0])[0], comments=False)
    except ValueError:
        return None
    return _read(root, file, line, words, charts)


def _read(root: Path, file: str, line: int, words: Sequence[str], charts: Sequence[str]) -> Release | None:
    plain: list[str] = []
    values: list[str] = []
    settings: list[str] = []
    namespace: str | None = None
    rest = iter(_apart(words[1:]))
    for word in rest:
        if word in ("-f", "--values"):
            values += next(rest, "").split(",")
        elif word in ("--set", "--set-string"):
            settings += [word, next(rest, "")]
        elif word in ("-n", "--namespace"):
            namespace = next(rest, None)
        elif word in _VALUED and word not in _SWITCHES_THAT_MAY_STAND_ALONE:
            next(rest, None)
        elif not word.startswith("-"):
            plain.append(word)
    arguments = _after_verb(plain)
    base = PurePosixPath(file).parent
    chart = next((at for each in arguments if (at := _located(each, base, charts)) is not None), None)
    if chart is None or arguments[0] == "lint":
        return None
    name = (
        arguments[1] if len(arguments) > 2 and re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", arguments[1]) else None
    )
    known = tuple(_file(root, each, base) or each for each in values)
    namespace = namespace if namespace and re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", namespace) else None
    return Release(chart, name, namespace, known, tuple(settings), Place(file, line))


def _apart(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("--") and "=" in word:
            yield from word.split("=", 1)
        elif word[:2] in ("-f", "-n") and len(word) > 2:
            yield from (word[:2], word[2:].lstrip("="))
        else:
            yield word


def _after_verb(plain: Sequence[str]) -> list[str]:
    for at, word in enumerate(plain):
        if word in ("install", "upgrade", "template", "lint"):
            return list(plain[at:])
    return []


def _located(word: str, base: PurePosixPath, charts: Sequence[str]) -> str | None:
    """The chart that a path names, seen from the project or from where the command is written."""
    for start in (PurePosixPath("."), base):
        path = os.path.normpath(start / word) if not word.startswith("/") else ""
        if path in charts or (path == "." and "" in charts):
            return "" if path == "." else path
    return None


def _file(root: Path, word: str, base: PurePosixPath) -> str | None:
    for start in (PurePosixPath("."), base):
        path = os.path.normpath(start / word)
        if not path.startswith(("..", "/")) and (root / path).is_file():
            return path
    return None
