"""The rules of the check `helm`, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


def _rule(name: str, severity: Severity, title: str, why: str, wrong: str, right: str) -> Rule:
    return Rule(f"helm.{name}", severity, title, why, wrong, right)


RULES: tuple[Rule, ...] = (
    _rule(
        "no-chart",
        _ERROR,
        "There is a chart",
        "The gate was asked for, and without a Chart.yaml it has nothing to look at: that must not look green.",
        "helm/templates/api.yaml, and no Chart.yaml beside templates/",
        "helm/Chart.yaml, helm/values.yaml, helm/templates/api.yaml",
    ),
    _rule(
        "not-rendered",
        _ERROR,
        "The chart renders",
        "What `helm template` refuses, `helm install` refuses too, and nothing is deployed.",
        "namespace: {{ .Values.temporal.namespace }}    # values.yaml has no `temporal`",
        "namespace: {{ .Values.temporal.namespace }}    # values.yaml: temporal: {namespace: default}",
    ),
    _rule(
        "values-refused",
        _ERROR,
        "The values meet the chart's own schema",
        "Helm refuses values that values.schema.json does not allow, before it renders anything.",
        'values-production.yaml: replicas: "3"     # the schema says integer',
        "values-production.yaml: replicas: 3",
    ),
    _rule(
        "not-yaml",
        _ERROR,
        "What a template renders is YAML",
        "A wrong indentation or a value that is empty leaves text which Helm cannot send to a cluster.",
        'labels:\n  {{- include "app.labels" . | indent 4 }}',
        'labels:\n  {{- include "app.labels" . | nindent 4 }}',
    ),
    _rule(
        "lint",
        _ERROR,
        "`helm lint --strict` has no complaint",
        "The chart breaks a convention that Helm itself holds charts to; some releases of Helm refuse it.",
        "version: one",
        "version: 1.0.0",
    ),
    _rule(
        "empty",
        _ERROR,
        "The chart renders at least one object",
        "An installation that succeeds and deploys nothing is noticed by nobody.",
        "chart/template/api.yaml",
        "chart/templates/api.yaml",
    ),
    _rule(
        "value-required",
        _ERROR,
        "Every required value is given by somebody",
        "Helm stops at `required`. Where neither a values file nor a documented command gives the value, nobody can "
        "install.",
        '{{ required "image.tag is needed" .Values.image.tag }}    # README: helm install app ./chart',
        '{{ required "image.tag is needed" .Values.image.tag }} # README: helm install app ./chart --set image.tag=1',
    ),
    _rule(
        "repeated-key",
        _ERROR,
        "No key is written twice",
        "The last one wins without a word, and what was set above it is not what runs. In a rendering, objects without "
        "`---` between them become one.",
        "api:\n  replicas: 2\napi:\n  port: 8000",
        "api:\n  replicas: 2\n  port: 8000",
    ),
    _rule(
        "undefined-template",
        _ERROR,
        "Every template that is included is defined",
        "Helm notices only when the branch is taken: the day somebody switches the ingress on, the upgrade fails.",
        '{{ include "app.label" . }}      # _helpers.tpl defines "app.labels"',
        '{{ include "app.labels" . }}',
    ),
    _rule(
        "undefined-value",
        _ERROR,
        "Every value that a template uses is defined",
        "A value that nobody defines renders as nothing, and neither lint nor template says so: a variable is empty, a "
        "name loses its half. Where Kubernetes may have a default of its own, this is a warning.",
        "value: {{ .Values.temporal.queue | quote }}        # values.yaml: temporal: {taskQueue: hiring}",
        "value: {{ .Values.temporal.taskQueue | quote }}",
    ),
    _rule(
        "unused-value",
        _WARNING,
        "Every value is used by a template",
        "Whoever sets it believes that it does something. Often its name is spelled differently in the template.",
        "values-production.yaml: replicaCount: 3      # the template uses .Values.replicas",
        "values-production.yaml: replicas: 3",
    ),
    _rule(
        "hook-too-early",
        _ERROR,
        "A hook needs nothing that is made after it",
        "Before an installation only hooks exist: a Pod that needs a ConfigMap, an account or the database of the same "
        "release waits for it, Helm waits for the Pod, and the installation fails.",
        '"helm.sh/hook": pre-install      # its Pod uses configMapRef of a plain ConfigMap of this chart',
        '"helm.sh/hook": post-install,pre-upgrade',
    ),
    _rule(
        "changed-number",
        _ERROR,
        "No value changes on its way through YAML",
        "1.10 is the number 1.1, 10485760 is printed as 1.048576e+07, and `no` is false. Where a variable merely says "
        "`false` instead of `no`, this is a warning.",
        "tag: 1.10",
        'tag: "1.10"',
    ),
    _rule(
        "printed-structure",
        _ERROR,
        "Only text is printed into text",
        "A mapping comes out as `map[repository:app]`, and a value that is missing as `%!s(<nil>)`.",
        "image: {{ .Values.image }}        # values.yaml: image: {repository: app, tag: 1.0.0}",
        'image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"',
    ),
    _rule(
        "fixed-namespace",
        _WARNING,
        "The chart goes into the namespace it is installed in",
        "One object in a namespace that is written into the template is apart from the rest of its release.",
        "metadata: {name: api, namespace: production}",
        "metadata: {name: api, namespace: {{ .Release.Namespace }}}",
    ),
    _rule(
        "deployed-differently",
        _WARNING,
        "The chart and the manifests deploy the same thing in the same way",
        "Two ways to deploy one system drift apart: a variable, a command or a schedule that is changed in one of them "
        "is forgotten in the other. What a values file or an overlay changes is not counted.",
        "k8s/api.yaml sets API_TOKEN, chart/templates/api.yaml does not",
        "both set API_TOKEN",
    ),
    _rule(
        "missing-file",
        _ERROR,
        "Every file that a template prints is in the chart",
        "`.Files.Get` of a file that is not there, or that Helm keeps to itself, renders as nothing, without a word. "
        "Where only a condition leads there and nothing has a similar name, this is a warning.",
        '{{ .Files.Get "files/nginx.conf" }}      # the file is config/nginx.conf',
        '{{ .Files.Get "config/nginx.conf" }}',
    ),
    _rule(
        "type-too-late",
        _ERROR,
        "A type is there before its objects",
        "Helm asks the cluster for every type before it makes the first object: a definition among the templates comes "
        "too late for an object beside it.",
        "templates/crd.yaml, templates/schedule.yaml",
        "crds/crd.yaml, templates/schedule.yaml",
    ),
    _rule(
        "changing-selector",
        _ERROR,
        "No version stands in what cannot be changed",
        "The selector of a workload and the claims of a StatefulSet stay as they were made. With the chart's version "
        "among their labels the first installation works, and the next upgrade is refused.",
        'matchLabels:\n  {{- include "app.labels" . | nindent 4 }}      # has helm.sh/chart',
        'matchLabels:\n  {{- include "app.selectorLabels" . | nindent 4 }}',
    ),
    _rule(
        "missing-dependency",
        _ERROR,
        "Every dependency can be had",
        "Helm refuses a chart whose dependencies are not all in charts/, also one that a condition switches off. Told "
        "where nothing can bring it: `file://` names no chart, or the others are vendored and this one is neither "
        "locked nor fetched by any document or pipeline. A dependency that is only not fetched yet is no fault.",
        "dependencies:\n  - {name: redis, version: 1.0.0, repository: file://../redis}      # no such folder",
        "dependencies:\n  - {name: redis, version: 1.0.0, repository: file://../../charts/redis}",
    ),
    _rule(
        "release-name",
        _WARNING,
        "A chart works under every release name",
        "Where one name is made of the release and another of the chart, they agree only as long as both are called "
        "the same. A name that the values give is not counted.",
        'name: {{ .Release.Name }}      # the Deployment is {{ include "app.fullname" . }}',
        'name: {{ include "app.fullname" . }}',
    ),
)
