"""The skill's eight code-generation steps, each judged on the project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from checks.checklist.model import Project, State, Step
from checks.checklist.reading import defines_tables, opens_database, routes
from checks.checklist.rules import found
from checks.checklist.testing import judge_tests
from checks.model import Place
from checks.quick_yaml import import_yaml

_COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml\Z")
_CALLS_RAW = re.compile(r"\braw run \w|[\"']raw[\"'],\s*[\"']run[\"']|\.raw/workflows/[\w-]+|from raw_runtime import")
_WEBHOOK = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE)\s+`?/[\w/{}-]+|/webhooks?/[\w-]+")
_DRAWING = re.compile(r"```mermaid|->|-->|→|[│├└┌]|!\[[^\]]*\]\([^)]*\.(?:svg|png)|\+--", re.IGNORECASE)
_LEAST_README = 200
_WORDS = ("api", "fastapi", "temporal", "workflow", "worker", "database", "postgres", "compose", "kubernetes", "k8s",
          "raw", "cronjob", "helm", "webhook")  # fmt: skip
"""What a description of such a system speaks of."""


def judge_steps(project: Project) -> tuple[Step, ...]:
    """The eight steps in the order of the skill."""
    return tuple(judge(project) for judge in _STEPS)


def is_system(project: Project) -> bool:
    """Whether it has two components that run: fewer make no system, and most steps are not for it."""
    return len(_running(project)) >= 2


def _running(project: Project) -> list[str]:
    return [key for key in ("raw", "api", "database", "temporal") if key in project.components]


def _alone(key: str, project: Project) -> Step:
    running = [project.components[name].title for name in _running(project)]
    return Step(
        key, State.NOT_NEEDED, f"no system: it consists of {running[0] if running else 'none of the components'}"
    )


def _raw_workflows(project: Project) -> Step:
    if "raw" in project.components:
        return Step("raw-workflows", State.MET, _listed("workflow", list(project.components["raw"].parts)))
    for file in project.product:
        for number, line in enumerate(file.text.splitlines(), 1):
            if _CALLS_RAW.search(line) and not line.lstrip().startswith("#"):
                message = "a RAW workflow is called here, and `.raw/workflows` holds none"
                return _missing("raw-workflows", "none is there", Place(file.file, number), message)
    return Step("raw-workflows", State.NOT_NEEDED, "nothing calls a RAW workflow")


def _api(project: Project) -> Step:
    ways = [
        (file.file, *route) for file in project.product for route in routes(file) if file.uses("fastapi", "starlette")
    ]
    if ways:
        hooks = [file for file, method, _, _ in ways if method in ("post", "put", "patch", "api_route")]
        where = next(iter(hooks), ways[0][0])
        return Step("api", State.MET, f"{len(ways)} routes, {len(hooks)} of them take something in ({where})")
    if "api" in project.components:
        file = project.components["api"].files[0]
        return _missing("api", "an app without routes", Place(file, 1), "the FastAPI app has no endpoint")
    if is_system(project) or "temporal" in project.components:
        for file_name in (name for name in project.files if posixpath.basename(name).lower() == "readme.md"):
            for number, line in enumerate(project.text(file_name).splitlines(), 1):
                if (match := _WEBHOOK.search(line)) is not None and not _has_server(project):
                    message = f"`{match[0].strip()}` is documented here, and the project has no HTTP app"
                    return _missing("api", "documented and absent", Place(file_name, number), message)
    return Step("api", State.NOT_NEEDED, "nothing comes in over HTTP")


def _has_server(project: Project) -> bool:
    return any(
        file.uses("flask", "aiohttp", "django", "litestar", "tornado", "http.server") for file in project.product
    )


def _database(project: Project) -> Step:
    tables = [file.file for file in project.product if defines_tables(file)]
    tables += [file for file in project.files if file.endswith(".sql") and "create table" in project.text(file).lower()]
    if tables:
        return Step("database", State.MET, _listed("file", tables, "defines tables", "define tables"))
    opened = [file.file for file in project.product if opens_database(file)]
    if opened:
        message = "a database is opened here, and neither models, nor migrations, nor SQL define a table"
        return _missing("database", "no table is defined", Place(opened[0], 1), message)
    return Step("database", State.NOT_NEEDED, "no code opens a database")


def _temporal(project: Project) -> Step:
    if "temporal" in project.components:
        return Step("temporal", State.MET, _listed("file", list(project.components["temporal"].files)))
    users = [file for file in project.product if file.uses("temporalio.client", "temporalio.worker")]
    if users:
        message = "Temporal is used here, and the project defines no workflow (`@workflow.defn`)"
        return _missing("temporal", "used, and no workflow", Place(users[0].file, 1), message)
    return Step("temporal", State.NOT_NEEDED, "nothing waits for days: no code uses Temporal")


def _compose(project: Project) -> Step:
    files = [file for file in project.files if _COMPOSE.search(file)]
    services = sum(_services(project.text(file)) for file in files)
    if files:
        return Step("compose", State.MET, f"{services} services in {', '.join(files[:3])}")
    if not is_system(project):
        return _alone("compose", project)
    names = ", ".join(project.components[key].title for key in _running(project))
    message = f"the system consists of {names}, and no Compose file starts them together"
    return _missing("compose", "no Compose file", None, message, "docker-compose.yml with a service for each")


def _services(text: str) -> int:
    yaml = import_yaml()
    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return 0
    services = data.get("services") if isinstance(data, dict) else None
    return len(services) if isinstance(services, dict) else 0


def _kubernetes(project: Project) -> Step:
    charts = [file for file in project.files if posixpath.basename(file) == "Chart.yaml"]
    below = tuple(f"{posixpath.dirname(chart)}/".lstrip("/") for chart in charts)
    manifests = [
        file for file in project.files if file.endswith((".yaml", ".yml")) and not file.startswith(below or ("\0",))
    ]
    manifests = [file for file in manifests if _is_manifest(project.text(file))]
    if charts or manifests:
        why = f"{len(manifests)} manifests" + (f", a chart in {posixpath.dirname(charts[0]) or '.'}" if charts else "")
        return Step("kubernetes", State.MET, why)
    if not is_system(project):
        return _alone("kubernetes", project)
    message = "the system has neither Kubernetes manifests nor a Helm chart"
    return _missing(
        "kubernetes", "neither manifests nor chart", None, message, "k8s/ with a manifest for each component"
    )


def _is_manifest(text: str) -> bool:
    return bool(re.search(r"^apiVersion:", text, re.MULTILINE) and re.search(r"^kind:", text, re.MULTILINE))


def _readme(project: Project) -> Step:
    readme = next(
        (file for file in project.files if file.lower() in ("readme.md", "readme.rst", "readme.txt", "readme")), None
    )
    if readme is None and not is_system(project):
        return _alone("readme", project)
    if readme is None:
        return _missing(
            "readme", "no README.md", None, "the system has no README.md", "README.md: its parts, how to start it"
        )
    text = project.text(readme)
    words = [word for word in _WORDS if re.search(rf"\b{word}", text, re.IGNORECASE)]
    if is_system(project) and (len(text) < _LEAST_README or len(words) < 2):
        return _missing(
            "readme", "says nothing of the parts", Place(readme, 1), f"`{readme}` does not describe the system"
        )
    drawn = ", with a drawing" if _DRAWING.search(text) else ""
    return Step("readme", State.MET, f"{readme}, {len(text.splitlines())} lines{drawn}")


def _missing(key: str, why: str, place: Place | None, message: str, hint: str | None = None) -> Step:
    return Step(key, State.MISSING, why, (found(key, place, message, hint),))


def _listed(noun: str, names: Sequence[str], verb: str = "", verbs: str = "") -> str:
    counted = f"{len(names)} {noun}{'s' if len(names) != 1 else ''}"
    said = verb if len(names) == 1 else verbs
    return f"{counted}{f' {said}' if said else ''}: {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}"


_STEPS: tuple[Callable[[Project], Step], ...] = (
    _raw_workflows,
    _api,
    _database,
    _temporal,
    _compose,
    _kubernetes,
    judge_tests,
    _readme,
)
