"""What is typed to build and run containers: docker, kubectl, helm."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping

from checks.model import Diagnostic
from checks.wiring.calls.cluster import Cluster
from checks.wiring.calls.in_texts import compose_words
from checks.wiring.calls.judging import Judging, plain, shown, values
from checks.wiring.calls.named import Named
from checks.wiring.calls.rules import README_FILE, report
from checks.wiring.calls.steps import Step
from checks.wiring.calls.wordlists import words_in

_COMPOSE_VERBS = words_in(
    "up run exec logs restart build stop start down rm pull push ps kill pause unpause top scale create"
)
_VALUED = words_in(
    "-e --env -u --user -w --workdir -p --publish -v --volume --name --entrypoint -l --label --env-file --scale -t "
    "--timeout --tail -n --since --until --index --progress --pull --attach --no-attach --exit-code-from --ssh "
    "--wait-timeout --build-arg -s --signal --format --status --filter --memory"
)
_HELM_VALUED = words_in(
    "-n --namespace -f --values --set --set-string --set-file --set-json --version --timeout --kube-context "
    "--kubeconfig --repo --description --name-template --output -o --history-max -d --destination --post-renderer"
)
_BUILD_VALUED = words_in(
    "-t --tag -f --file --build-arg --target --platform --progress --label --cache-from --cache-to --secret --ssh "
    "--network -o --output --build-context --iidfile --builder --metadata-file --add-host"
)


class Containers(Judging):
    """Judges these programs' words."""

    def __init__(self, named: Named) -> None:
        super().__init__(named)
        self.cluster = Cluster(named)
        self.programs: Mapping[str, Callable[[Step], Iterator[Diagnostic]]] = {
            "kubectl": self._kubectl, "helm": self._helm, "docker": self._docker, "docker-compose": self._compose,
            "podman": self._docker, "kustomize": self._kustomize,
        }  # fmt: skip

    def _kubectl(self, step: Step) -> Iterator[Diagnostic]:
        if {"apply", "create", "delete", "replace", "diff", "kustomize"} & set(step.words):
            for option in ("-f", "--filename", "-k", "--kustomize"):
                for word in values(step.words, (option,)):
                    for part in word.split(","):
                        yield from self._manifest(step, part, option in ("-k", "--kustomize"))
        yield from self.cluster.judge(step)

    def _kustomize(self, step: Step) -> Iterator[Diagnostic]:
        if step.words[1:2] == ("build",) and len(step.words) > 2:
            yield from self._manifest(step, step.words[2], True)

    def _manifest(self, step: Step, word: str, kustomization: bool) -> Iterator[Diagnostic]:
        yield from self.file(step, word)
        path = step.path(word)
        names = ("kustomization.yaml", "kustomization.yml", "Kustomization")
        is_folder = kustomization and path and (self.root / path).is_dir()
        if path and is_folder and not any((self.root / path / name).is_file() for name in names):
            yield report(README_FILE, step.place, f"`{shown(step)}`: `{path}` has no kustomization.yaml")

    def _helm(self, step: Step) -> Iterator[Diagnostic]:
        for word in values(step.words, ("-f", "--values")):
            for part in word.split(","):
                yield from self.file(step, part)
        verb = step.words[1] if len(step.words) > 1 else ""
        words_left = plain(step.words[2:], _HELM_VALUED)
        at = {"install": 1, "upgrade": 1, "template": 1, "lint": 0, "package": 0, "dependency": 1, "dep": 1}.get(verb)
        if at is None or not words_left:
            return
        chart = words_left[min(at, len(words_left) - 1)]
        is_local = chart.startswith(("./", "../")) or self.named.is_folder(chart.partition("/")[0])
        if is_local or ("/" not in chart and (len(words_left) > at or verb in ("lint", "package"))):
            yield from self.file(step, chart, "chart")

    def _docker(self, step: Step) -> Iterator[Diagnostic]:
        if step.words[1:2] == ("compose",):
            yield from self._compose(step)
        elif "build" in step.words[1:3]:
            for word in values(step.words, ("-f", "--file")):
                yield from self.file(step, word)
            words_left = plain(step.words[step.words.index("build") + 1 :], _BUILD_VALUED)
            for word in words_left[:1]:
                yield from self.file(step, word, "folder")
                yield from self._dockerfile(step, word)

    def _dockerfile(self, step: Step, context: str) -> Iterator[Diagnostic]:
        path = step.path(context)
        if path is None or values(step.words, ("-f", "--file")) or not (self.root / path).is_dir():
            return
        file = posixpath.join(path, "Dockerfile")
        if not step.exists(self.root, file):
            yield report(README_FILE, step.place, f"`{shown(step)}`: there is no `{file}`")

    def _compose(self, step: Step) -> Iterator[Diagnostic]:
        words = compose_words(step) or ()
        verb = next((at for at, word in enumerate(words) if word in _COMPOSE_VERBS), None)
        before = words if verb is None else words[:verb]
        files = values(before, ("-f", "--file"))
        for word in files:
            yield from self.file(step, word)
        services, profiles = self.named.services, self.named.profiles
        if services is None or verb is None or step.folder is None:
            return
        for name in values(before, ("--profile",)):
            yield from self.name(step, "profile", name, sorted(profiles or ()))
        words_left = plain(words[verb + 1 :], _VALUED - {"-t"} if words[verb] == "logs" else _VALUED)
        asked = words_left[:1] if words[verb] in ("run", "exec") else words_left
        if words[verb] == "scale":
            asked = [word.partition("=")[0] for word in asked]
        sure = all(step.path(word) in self.named.compose_files for word in files)
        for name in asked:
            yield from self.name(step, "service", name, sorted(services), sure=sure)
