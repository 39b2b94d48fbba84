"""Rules of the check `kubernetes`. What a Pod is made of."""

from __future__ import annotations

from checks.deploy.kubernetes.rule import rule
from checks.model import Severity

PODS = (
    rule(
        "image",
        "A container has an image, with a name that can be one",
        "The Pod stays in InvalidImageName, or is refused.",
        "image: Registry.example.org/API:1.0",
        "image: registry.example.org/api:1.0",
    ),
    rule(
        "image-tag",
        "An image has a fixed tag",
        "What runs depends on when a node fetched it, and a rollback changes nothing.",
        "image: api:latest",
        "image: registry.example.org/api:1.4.2",
        Severity.WARNING,
    ),
    rule(
        "command",
        "Each word of a command stands by itself",
        "No shell reads the command: the first word is the program, and `&&` is an argument.",
        'command: ["python -m api"]',
        "command: [python, -m, api]",
    ),
    rule(
        "variable",
        "A variable has one source that exists",
        "The API refuses the Pod.",
        "- {name: POD, valueFrom: {fieldRef: {fieldPath: spec.podName}}}",
        "- {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}",
    ),
    rule(
        "unset-variable",
        "`$(NAME)` stands after the variable it names",
        "Kubernetes leaves `$(NAME)` as it is, and the program gets it literally. An error where the name comes later.",
        '- {name: URL, value: "pg://$(PASSWORD)@db"}\n- {name: PASSWORD, value: x}',
        '- {name: PASSWORD, value: x}\n- {name: URL, value: "pg://$(PASSWORD)@db"}',
        Severity.WARNING,
    ),
    rule(
        "unfilled-value",
        "No stand-in is left in a variable",
        "The program gets the word that something was to replace. An error where it stands for a host.",
        "- {name: PGHOST, value: REPLACED}      # no replacement names this container",
        "- {name: PGHOST, value: postgres}",
        Severity.WARNING,
    ),
    rule(
        "pod-security",
        "A namespace admits its own Pods",
        "The namespace enforces a Pod Security Standard that the Pods do not meet: none is created.",
        "pod-security.kubernetes.io/enforce: restricted      # and a container without seccompProfile",
        "securityContext: {seccompProfile: {type: RuntimeDefault}}",
    ),
    rule(
        "repeated-name",
        "Containers, volumes, ports and mounts have names of their own",
        "The API refuses the Pod.",
        "- {name: http, containerPort: 8000}\n- {name: http, containerPort: 8001}",
        "- {name: http, containerPort: 8000}\n- {name: metrics, containerPort: 8001}",
    ),
    rule(
        "over-limit",
        "A request is not more than its limit",
        "The API refuses the Pod.",
        "requests: {memory: 1Gi}\nlimits: {memory: 512Mi}",
        "requests: {memory: 512Mi}\nlimits: {memory: 1Gi}",
    ),
    rule(
        "run-as-root",
        "Who must not be root has a user that is a number, and not 0",
        "The kubelet refuses to start the container; the user of an image it knows only by number.",
        "runAsNonRoot: true\nrunAsUser: 0",
        "runAsNonRoot: true\nrunAsUser: 10001",
    ),
    rule(
        "volume",
        "A volume is of one kind",
        "The API refuses the Pod.",
        "- {name: tmp, emptyDir: {}, secret: {secretName: x}}",
        "- {name: tmp, emptyDir: {}}",
    ),
    rule(
        "undeclared-volume",
        "What is mounted is declared",
        "The API refuses the Pod.",
        "volumeMounts: [{name: temp, mountPath: /tmp}]\nvolumes: [{name: tmp, emptyDir: {}}]",
        "volumeMounts: [{name: tmp, mountPath: /tmp}]\nvolumes: [{name: tmp, emptyDir: {}}]",
    ),
    rule(
        "port",
        "A port is between 1 and 65535",
        "The API refuses the object.",
        "containerPort: 80000",
        "containerPort: 8000",
    ),
    rule(
        "served-port",
        "A server listens on the port that its container declares",
        "Probes and Services ask the declared port, and nothing listens there.",
        "command: [uvicorn, api:app, --port, '8000']\nports: [{containerPort: 8080}]",
        "command: [uvicorn, api:app, --port, '8000']\nports: [{containerPort: 8000}]",
    ),
    rule(
        "read-only-root",
        "What must write has a place to write to",
        "The program ends as soon as it makes its folders. A warning where only a mounted setting tells what runs.",
        "image: nginx:1.27\nsecurityContext: {readOnlyRootFilesystem: true}",
        "volumeMounts: [{name: cache, mountPath: /var/cache/nginx}]      # an emptyDir",
    ),
    rule(
        "probe",
        "A probe has one handler and counts that fit",
        "The API refuses the Pod.",
        "livenessProbe:\n  httpGet: {path: /, port: 80}\n  tcpSocket: {port: 80}",
        "livenessProbe:\n  httpGet: {path: /, port: 80}",
    ),
    rule(
        "probe-port",
        "A probe asks a port that the container has",
        "The probe never succeeds: the Pod is never ready, or is killed again and again.",
        "ports: [{name: http, containerPort: 8000}]\nreadinessProbe: {httpGet: {path: /, port: web}}",
        "readinessProbe: {httpGet: {path: /, port: http}}",
    ),
    rule(
        "restart-policy",
        "A Job does not restart always, a Deployment does",
        "The API refuses the object; a Job must say OnFailure or Never.",
        "kind: Job      # no restartPolicy",
        "restartPolicy: Never",
    ),
)
