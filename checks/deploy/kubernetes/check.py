"""The check `kubernetes`: every manifest of a project, as it would be applied."""

from __future__ import annotations

from checks.deploy.kubernetes.documents import Document, Rendered
from checks.deploy.kubernetes.judge import Judgement, judge_all
from checks.deploy.kubernetes.rendering import render
from checks.deploy.kubernetes.schema import INSTALL, load_schemas
from checks.model import CheckContext, CheckResult, Diagnostic, Evidence, Severity


def check(context: CheckContext) -> CheckResult:
    """Judges the project's manifests: rendered, held against their schemas, then as what works together."""
    rendered = render(context)
    if not rendered.renderings and not rendered.diagnostics and rendered.blocked is None:
        return _nothing()
    judged = [judge_all(one, context.root, _others(rendered, at)) for at, one in enumerate(rendered.renderings)]
    found = [*rendered.diagnostics, *(item for one in judged for item in one.diagnostics)]
    return CheckResult(
        "kubernetes", _evidence(rendered, judged), tuple(dict.fromkeys(found)), _blocked(rendered, judged)
    )


def _others(rendered: Rendered, at: int) -> tuple[Document, ...]:
    others = (one for index, one in enumerate(rendered.renderings) if index != at)
    return (*(document for one in others for document in one.documents), *rendered.spare)


def _nothing() -> CheckResult:
    message = "there is no Kubernetes manifest: no YAML here has an `apiVersion` and a `kind`"
    found = Diagnostic("kubernetes.no-manifest", Severity.ERROR, message)
    return CheckResult("kubernetes", {"documents": 0, "units": 0}, (found,))


def _evidence(rendered: Rendered, judged: list[Judgement]) -> Evidence:
    schemas = load_schemas()
    return {
        "documents": sum(len(one.documents) for one in rendered.renderings),
        "units": len(rendered.renderings),
        "verified": sum(one.verified for one in judged),
        "unverified": sum(one.unverified for one in judged),
        "schema": f"Kubernetes {schemas.version}" if schemas else "none",
        **({"program": rendered.program} if rendered.program else {}),
    }


def _blocked(rendered: Rendered, judged: list[Judgement]) -> str | None:
    reasons = [rendered.blocked] if rendered.blocked else []
    if judged and load_schemas() is None:
        reasons.append(f"no object could be held against its schema: {INSTALL}")
    return "; ".join(reasons) or None
