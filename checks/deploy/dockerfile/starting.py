"""Whether what a container's command starts is in the container. Used for Dockerfiles and for Compose alike."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from checks.deploy.dockerfile.container import Container as Container
from checks.deploy.dockerfile.container import Problem as Problem
from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.importing import import_problems
from checks.deploy.dockerfile.migrations import migration_problems
from checks.deploy.dockerfile.running import Running
from checks.deploy.dockerfile.scripts import file_problems
from checks.deploy.dockerfile.sources import join
from checks.model import Severity


def problems(each: Running, container: Container) -> Iterator[Problem]:
    """Everything that stops this program before it does anything."""
    if any(operator in each.words for operator in ("&&", "||", ";", "|")) and not each.shell:
        operator = next(word for word in each.words if word in ("&&", "||", ";", "|"))
        message = f"`{operator}` is an argument of `{each.program}` here: no shell reads this command"
        yield Problem("no-shell", message, 'write it for a shell: ["sh", "-c", "first && second"]')
        return
    yield from _unexpanded(each)
    if each.app is not None:
        yield from _module(each, container, each.app[0], each.app[1])
    elif each.module is not None:
        yield from _module(each, container, each.module, None)
    elif each.file is not None:
        yield from file_problems(each, container, each.file, direct=False)
        yield from _imported_by_script(each, container, each.file)
    elif "/" in each.path:
        yield from file_problems(each, container, each.path, direct=True)
    if each.program == "celery":
        yield from _celery(each, container)
    if each.program == "alembic":
        yield from migration_problems(each, container)
    yield from _program(each, container)


def _unexpanded(each: Running) -> Iterator[Problem]:
    """`$PORT` in the JSON form stays `$PORT`."""
    if each.shell or each.server is None:
        return
    for word in each.words:
        if re.search(r"\$\{?[A-Za-z_]", word):
            message = f"`{word}` is not replaced by its value: no shell reads this command"
            yield Problem("no-shell", message, f'let a shell do it: ["sh", "-c", "exec {each.program} ..."]')
            return


def _program(each: Running, container: Container) -> Iterator[Problem]:
    lacks = container.packages.lacks(each.program)
    if lacks is False or "/" in each.path:
        return
    message = f"`{each.program}` is started, and no package that is installed brings it"
    hint = f"add `{each.program}` to the packages that the image installs"
    if lacks:
        yield Problem("missing-program", message, hint)
    else:
        yield Problem("missing-program", f"{message} by its name", hint, Severity.WARNING)


def _roots(each: Running, container: Container) -> list[str] | None:
    """The folders in which Python looks for the project's modules; None where one is not known."""
    if each.folder is None:
        return None
    own = join(container.workdir or "/", each.folder)
    if "PYTHONPATH" not in container.variables:
        return [own]
    paths = container.variables["PYTHONPATH"]
    if paths is None:
        return None
    more = [join(container.workdir or "/", path) for path in paths.split(":") if path and "$" not in path]
    return list(dict.fromkeys([own, *more]))


def _module(each: Running, container: Container, name: str, attribute: str | None) -> Iterator[Problem]:
    roots = _roots(each, container)
    if roots is None or "$" in name:
        return
    way = name.replace(".", "/")
    contents = container.contents
    places = [f"{root.rstrip('/')}/{way}{end}" for root in roots for end in (".py", "/__init__.py", "/__main__.py")]
    found = next((file for place in places if (file := contents.source(place))), None)
    if found is not None:
        yield from _attribute(each, found, name, attribute, contents)
        yield from _runnable(found, name, each, contents, roots)
        begin = next(place for place in places if contents.source(place))
        yield from import_problems(_asked(each, name), begin, roots, container)
        return
    if any(contents.source(f"{root.rstrip('/')}/{way}") for root in roots) and attribute is None:
        yield from _no_main(roots, way, name, contents)
        return
    yield from _missing_module(each, container, name, roots)


def _imported_by_script(each: Running, container: Container, name: str) -> Iterator[Problem]:
    """A script finds what lies beside it, and what PYTHONPATH names."""
    roots = _roots(each, container)
    if roots is None or "$" in name or not name.endswith(".py"):
        return
    path = join(roots[0], name)
    if container.contents.source(path) is not None:
        yield from import_problems(f"python {name}", path, [path.rpartition("/")[0] or "/", *roots[1:]], container)


def _no_main(roots: list[str], way: str, name: str, contents: Contents) -> Iterator[Problem]:
    if not any(contents.unknown(f"{root.rstrip('/')}/{way}/__main__.py") for root in roots):
        message = f"`python -m {name}` needs `{name.replace('.', '/')}/__main__.py`, which is not there"
        yield Problem("missing-module", message)


def _runnable(found: Path, name: str, each: Running, contents: Contents, roots: list[str]) -> Iterator[Problem]:
    """A package can be started with `-m` only where it has a `__main__`."""
    if each.app is None and found.name == "__init__.py" and not (found.parent / "__main__.py").exists():
        yield from _no_main(roots, name.replace(".", "/"), name, contents)


def _missing_module(each: Running, container: Container, name: str, roots: list[str]) -> Iterator[Problem]:
    contents = container.contents
    top, way = name.partition(".")[0], name.replace(".", "/")
    local = _local_roots(container, top)
    exists = [root for root in local if any((root / f"{way}{end}").exists() for end in (".py", "/__init__.py"))]
    if not local and each.app is None and not _is_ours(top, container):
        return  # the standard library, or a package from elsewhere
    hidden = any(contents.unknown(f"{root.rstrip('/')}/{way}.py") for root in roots)
    if local and not exists and not (hidden and not _is_package(local[0] / top)):
        yield Problem("missing-module", _no_module(each, name), _nearest(name, local, container))
    elif hidden or (local and container.brings(top)):
        return
    elif exists:
        hint = _as_copied(contents, exists[0], way, roots)
        message = f"`{_asked(each, name)}`: module `{name}` is not in the image below `{roots[0]}`"
        yield Problem("missing-module", message, hint)
    elif container.packages.complete or _is_ours(top, container):
        yield Problem("missing-module", _no_module(each, name), _nearest(name, [], container))


# Nobody publishes modules of these names that others would start.
_OURS = frozenset(
    {"api", "app", "apps", "backend", "cli", "core", "job", "jobs", "main", "scripts", "server", "service", "services",
     "src", "tasks", "temporal_worker", "worker", "workers", "workflow", "workflows"}
)  # fmt: skip


def _is_ours(top: str, container: Container) -> bool:
    """Whether a module that is nowhere in the project was meant to be there."""
    if top in sys.stdlib_module_names or container.installed:
        return False
    return top in _OURS or (container.packages.complete and container.packages.plain)


def _is_package(path: Path) -> bool:
    return path.is_dir() and any(path.glob("*.py"))


def _asked(each: Running, name: str) -> str:
    return f"{each.program} {name}:{each.app[1]}" if each.app else f"python -m {name}"


def _no_module(each: Running, name: str) -> str:
    return f"`{_asked(each, name)}`: there is no module `{name}`"


def _local_roots(container: Container, top: str) -> list[Path]:
    """The folders of the project that hold a module or package of that name."""
    root, context = container.contents.sources.root, container.contents.sources.context
    folders = dict.fromkeys((context, context / "src", root, root / "src"))
    return [folder for folder in folders if (folder / f"{top}.py").is_file() or _has_python(folder / top)]


def _has_python(folder: Path) -> bool:
    return folder.is_dir() and next(folder.rglob("*.py"), None) is not None


def _nearest(name: str, local: list[Path], container: Container) -> str | None:
    base = local[0] if local else container.contents.sources.context
    known = [
        file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for file in container.contents.sources.below(".")
        if file.endswith(".py")
    ]
    offset = os.path.relpath(base, container.contents.sources.context).replace(os.sep, ".")
    known = [each.removeprefix(f"{offset}.") for each in known]
    near = get_close_matches(name, known, 1, 0.6) or [
        each for each in known if each.rpartition(".")[2] == name.rpartition(".")[2]
    ]
    return f"the nearest module is `{near[0]}`" if near else None


def _as_copied(contents: Contents, folder: Path, way: str, roots: list[str]) -> str | None:
    file = next((folder / f"{way}{end}" for end in (".py", "/__init__.py") if (folder / f"{way}{end}").exists()), None)
    place = contents.place_of(file) if file else None
    if place is None:
        return f"copy `{way.partition('/')[0]}` into the image"
    module = place.removeprefix(roots[0].rstrip("/") + "/").removesuffix(".py").removesuffix("/__init__")
    return f"it lies at `{place}`" + (f", which is module `{module.replace('/', '.')}`" if module[:1] != "/" else "")


def _attribute(each: Running, file: Path, name: str, attribute: str | None, contents: Contents) -> Iterator[Problem]:
    if attribute is None or file.suffix != ".py":
        return
    names = defined_names(file)
    first = attribute.partition(".")[0]
    if names is not None and first not in names:
        near = get_close_matches(first, names, 1)
        shown = contents.sources.shown(os.path.relpath(file, contents.sources.context))
        hint = f"write `{name}:{near[0]}`" if near else None
        if not near and "create_app" in names and not each.factory:
            hint = f"write `--factory {name}:create_app`"
        yield Problem("missing-attribute", f"`{shown}` defines no `{first}`, which `{name}:{attribute}` names", hint)


def defined_names(file: Path) -> set[str] | None:
    """The names that a module has once it is imported; None where that cannot be known."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8-sig"))
    except (OSError, SyntaxError, ValueError):
        return None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return None
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    dynamic = names & {"__getattr__"} or re.search(r"\bglobals\(\)|\bsetattr\(", file.read_text(errors="replace"))
    return None if dynamic else names


def _celery(each: Running, container: Container) -> Iterator[Problem]:
    """`-A package.module` must be one of the project's, where the package is."""
    words = each.words
    named = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-A", "--app")), "")
    name = named.partition(":")[0]
    local = _local_roots(container, name.partition(".")[0]) if re.fullmatch(r"[A-Za-z_][\w.]*", name) else []
    ways = {name.replace(".", "/"), name.rpartition(".")[0].replace(".", "/")} - {""}
    ends = (".py", "/__init__.py", "/celery.py")
    if local and not any((root / f"{way}{end}").exists() for root in local for way in ways for end in ends):
        message = f"`celery -A {named}`: there is no module `{name}`"
        yield Problem("missing-module", message, _nearest(name, local, container))
