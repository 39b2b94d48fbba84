"""Names of objects in a cluster that documentation, Makefiles and scripts type: `kubectl logs deploy/api`.

Much of what is typed is of somebody else (an ingress controller, a monitoring stack). Only what is nearly a name of the
project's own objects, and none of them, is a slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.model import Diagnostic
from checks.wiring.calls.judging import shown
from checks.wiring.calls.named import Named
from checks.wiring.calls.nearest import nearest
from checks.wiring.calls.rules import README_NAME, report
from checks.wiring.calls.steps import Step, is_invented

_KINDS = {
    "Deployment": "deploy deployment deployments deployment.apps",
    "StatefulSet": "sts statefulset statefulsets statefulset.apps",
    "DaemonSet": "ds daemonset daemonsets daemonset.apps",
    "CronJob": "cj cronjob cronjobs cronjob.batch",
    "Service": "svc service services",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_VERBS = {
    "rollout", "logs", "exec", "port-forward", "scale", "create", "describe", "get", "delete", "wait", "set", "patch",
    "restart", "edit", "annotate", "autoscale", "expose",
}  # fmt: skip
_CLOSE = 0.75
_CHANGES_NAMES = re.compile(r"^name(?:Prefix|Suffix):", re.MULTILINE)


class Cluster:
    """Judges the objects that `kubectl` is pointed at."""

    def __init__(self, named: Named) -> None:
        self.named = named
        deployments = [each for each in named.system.deployments if each.kind != "compose"]
        self.units = {unit.name.partition(":")[0] for each in deployments for unit in each.units}
        self.hosts = {host for each in deployments for address in each.addresses for host in address.hosts}
        kustomizations = [file for file in named.files if "kustomization" in file.lower()]
        texts = [(named.root / file).read_text(encoding="utf-8", errors="replace") for file in kustomizations]
        self.has_chart = any(each.kind == "helm" for each in deployments)
        self.is_open = any(_CHANGES_NAMES.search(text) for text in texts)

    def judge(self, step: Step) -> Iterator[Diagnostic]:
        """Findings about one `kubectl` command."""
        if self.is_open or not _VERBS & set(step.words):
            return
        for kind, name in _objects(step.words):
            known = self._known(kind)
            # A release leads the names of a chart.
            led = self.has_chart and any(each.endswith(f"-{name}") or name.endswith(f"-{each}") for each in known)
            if name in known or is_invented(name) or led:
                continue
            close = nearest(name, known, _CLOSE)
            if close is not None:
                text = f"`{shown(step)}`: there is no {kind} `{name}`; did you mean `{close}`?"
                yield report(README_NAME, step.place, text)

    def _known(self, kind: str) -> list[str]:
        if kind == "Service":
            return sorted(host for host in self.hosts if "." not in host)
        return sorted(unit.partition("/")[2] for unit in self.units if unit.startswith(f"{kind}/"))


def _objects(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """`deploy/api`, `--from=cronjob/nightly`, `rollout restart deployment api`."""
    for at, word in enumerate(words):
        plain = word.removeprefix("--from=")
        kind, slash, name = plain.partition("/")
        if kind not in _KIND_OF or plain.startswith("-"):
            continue
        if slash and name:
            yield _KIND_OF[kind], name
        elif not slash and at > 1 and "create" not in words:
            following = words[at + 1] if at + 1 < len(words) else ""
            if re.fullmatch(r"[a-z][\w.-]*", following):
                yield _KIND_OF[kind], following
