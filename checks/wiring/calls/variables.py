"""Environment variables that documentation sets, and nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.model import Diagnostic
from checks.wiring.calls.model import Origin
from checks.wiring.calls.named import Named
from checks.wiring.calls.nearest import nearest
from checks.wiring.calls.rules import README_VARIABLE, report
from checks.wiring.calls.steps import Step

_NAME = re.compile(r"([A-Z][A-Z0-9_]{2,})=")
_OUTSIDE = re.compile(
    r"(?:PATH|HOME|KUBECONFIG|EDITOR|LANG|TZ|DEBUG|VERSION|TAG|IMAGE|NAMESPACE|REGISTRY|TOKEN|[A-Z]+PATH)\Z"
    r"|(?:PYTHON\w*|UV|PIP|POETRY|AWS|GOOGLE|GCP|AZURE|DOCKER|COMPOSE|BUILDKIT|KUBE|HELM|TEMPORAL|PG|OTEL|OPENAI|ANTHROPIC"
    r"|NODE|NPM|GIT|GITHUB|CI|SSL|HTTP|HTTPS|NO|LC|POSTGRES|REDIS|UVICORN|WEB|GUNICORN|CELERY|FLASK|DJANGO|PYTEST|RAW"
    r"|SKILLGATE|GLIBC|MALLOC|PGO)(?:_|\Z)"
)


def judge_variables(step: Step, named: Named, text: str) -> Iterator[Diagnostic]:
    """Findings about `export NAME=...` and `NAME=... command`; `text` is the whole document."""
    if step.origin is not Origin.README or step.place.file.startswith(("docs/", "doc/")):
        return
    words = step.words[1:] if step.program == "export" else step.assigned
    for word in words:
        found = _NAME.match(word)
        if found is None or _OUTSIDE.match(found[1]) or found[1] in named.variables:
            continue
        if re.search(rf"\$\{{?{found[1]}\b", text):
            continue
        close = nearest(found[1], named.variables, 0.5)
        near = f"; did you mean `{close}`?" if close else ""
        message = f"`{found[1]}` is set, and nothing in the project reads it{near}"
        yield report(README_VARIABLE, step.place, message)
