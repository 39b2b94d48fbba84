"""What the API server's own validation refuses, one change each; the same object without it is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.deploy.kubernetes.documents import Document, Rendering
from checks.deploy.kubernetes.judge import judge
from checks.model import Place

HERE = Place("k8s/x.yaml", 1)
META = "metadata: {name: one}\n"
LABELS = "metadata: {labels: {app: one}}"
BOX = "{name: one, image: 'registry.example.org/one:1.0'}"
HEADS = {
    "Pod": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
    "Service": "v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PersistentVolumeClaim": "v1",
    "PersistentVolume": "v1",
    "ConfigMap": "v1",
    "Secret": "v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "ValidatingWebhookConfiguration": "admissionregistration.k8s.io/v1",
}
TEMPLATE = f"template: {{{LABELS}, spec: {{containers: [{BOX}]}}}}"
SELECTED = f"selector: {{matchLabels: {{app: one}}}}, {TEMPLATE}"
ENDING = f"template: {{spec: {{restartPolicy: Never, containers: [{BOX}]}}}}"
SCALED = "scaleTargetRef: {kind: Deployment, name: one}, maxReplicas: 3"
ROLE = "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
SIZE = "resources: {requests: {storage: 1Gi}}"
SCHEMA = "schema: {openAPIV3Schema: {type: object}}"
BEES = "group: example.org, scope: Namespaced, names: {plural: bees, kind: Bee}"
UTILIZATION = "{type: Utilization, averageUtilization: 5}"
HOOK = "clientConfig: {url: 'https://x.example.org'}, sideEffects: None, admissionReviewVersions: [v1], rules: []"


def pod(more: str) -> str:
    return f"spec: {{containers: [{BOX}], {more}}}"


def box(more: str) -> str:
    return f"spec: {{containers: [{BOX[:-1]}, {more}}}], volumes: [{{name: data, emptyDir: {{}}}}]}}"


def routed(path: str, port: str) -> str:
    backend = f"{{service: {{name: one, port: {{number: 80{port}}}}}}}"
    return f"spec: {{rules: [{{http: {{paths: [{{path: {path}, pathType: Prefix, backend: {backend}}}]}}}}]}}"


def found(kind: str, text: str) -> list[str]:
    own = "" if text.startswith("metadata:") or "\nmetadata:" in text else META
    content: dict[str, Any] = yaml.safe_load(f"apiVersion: {HEADS[kind]}\nkind: {kind}\n{own}{text}\n")
    document = Document(content, HERE, lambda _path: HERE)
    judged = judge(Rendering("k8s", "plain", Place("k8s"), (document,)), Path("/nonexistent"))
    return [each.message for each in judged if each.rule == "kubernetes.refused"]


CASES = [
    ("Pod", pod("terminationGracePeriodSeconds: %s"), "30", "-1"),
    ("Pod", pod("hostPID: true, shareProcessNamespace: %s"), "false", "true"),
    ("Pod", pod("hostname: %s"), "one", "one.example"),
    ("Pod", pod("dnsPolicy: None%s"), ", dnsConfig: {nameservers: [1.1.1.1]}", ""),
    ("Pod", pod("dnsConfig: {nameservers: [%s]}"), "1.1.1.1", "dns.example.org"),
    ("Pod", pod("hostAliases: [{ip: %s, hostnames: [a]}]"), "10.0.0.1", "db"),
    ("Pod", pod("tolerations: [{key: a, operator: %s, value: b}]"), "Equal", "Exists"),
    ("Pod", pod("tolerations: [{operator: %s}]"), "Exists", "Equal"),
    ("Pod", pod("tolerations: [{operator: Exists, effect: %s}]"), "NoExecute", "NoRun"),
    ("Pod", pod("tolerations: [{operator: Exists, effect: %s, tolerationSeconds: 5}]"), "NoExecute", "NoSchedule"),
    (
        "Pod",
        pod("affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}%s}]}}"),
        ", topologyKey: kubernetes.io/hostname",
        "",
    ),
    (
        "Pod",
        pod(
            "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
            "[{weight: %s, preference: {matchExpressions: [{key: a, operator: Exists}]}}]}}"
        ),
        "100",
        "0",
    ),
    (
        "Pod",
        pod("topologySpreadConstraints: [{maxSkew: %s, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]"),
        "1",
        "0",
    ),
    (
        "Pod",
        pod("topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: %s}]"),
        "ScheduleAnyway",
        "Never",
    ),
    ("Pod", pod("volumes: [{name: a, hostPath: {path: /a, type: %s}}]"), "Directory", "Folder"),
    ("Pod", pod("volumes: [{name: a, secret: {%s: b}}]"), "secretName", "name"),
    ("Pod", pod("volumes: [{name: a, secret: {secretName: b, defaultMode: %s}}]"), "256", "640"),
    ("Pod", pod("volumes: [{name: a, secret: {secretName: b, items: [{key: a, path: %s}]}}]"), "a", "../a"),
    ("Pod", pod("securityContext: {seccompProfile: {type: Localhost%s}}"), ", localhostProfile: a.json", ""),
    (
        "Pod",
        pod("initContainers: [{name: two, image: 'a:1'%s, readinessProbe: {tcpSocket: {port: 1}}}]"),
        ", restartPolicy: Always",
        "",
    ),
    (
        "Pod",
        pod("hostNetwork: true, initContainers: [{name: b, image: 'a:1', ports: [{containerPort: 80, hostPort: %s}]}]"),
        "80",
        "81",
    ),
    ("Pod", box("livenessProbe: {periodSeconds: %s, tcpSocket: {port: 1}}"), "5", "-5"),
    ("Pod", box("%s: {terminationGracePeriodSeconds: 5, tcpSocket: {port: 1}}"), "livenessProbe", "readinessProbe"),
    ("Pod", box("livenessProbe: {httpGet: {port: 80, scheme: %s}}"), "HTTPS", "https"),
    ("Pod", box("livenessProbe: {exec: {command: [%s]}}"), "a", ""),
    ("Pod", box("lifecycle: {preStop: {exec: {command: [a]}%s}}"), "", ", sleep: {seconds: 5}"),
    ("Pod", box("volumeMounts: [{name: data, mountPath: /a, subPath: %s}]"), "b", "/b"),
    ("Pod", box("volumeMounts: [{name: data, mountPath: '%s'}]"), "/a", "/a:ro"),
    (
        "Pod",
        box("volumeMounts: [{name: data, mountPath: /a, mountPropagation: %s}]"),
        "HostToContainer",
        "Bidirectional",
    ),
    ("Pod", box("resources: {limits: {%s: 1}}"), "nvidia.com/gpu", "gpu"),
    ("Pod", box("resources: {requests: {nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: %s}}"), "1", "2"),
    ("Pod", box("resources: {limits: {nvidia.com/gpu: %s}}"), "1", "'0.5'"),
    ("Pod", box("securityContext: {privileged: %s, allowPrivilegeEscalation: false}"), "false", "true"),
    ("Pod", box("securityContext: {runAsUser: %s}"), "1", "-1"),
    ("Deployment", f"spec: {{{SELECTED}, replicas: %s}}", "1", "-1"),
    ("Deployment", f"spec: {{{SELECTED}, minReadySeconds: 60, progressDeadlineSeconds: %s}}", "61", "60"),
    ("Deployment", f"spec: {{{SELECTED}, strategy: {{rollingUpdate: {{maxSurge: %s}}}}}}", "1", "'1'"),
    ("Deployment", f"spec: {{{SELECTED}, strategy: {{rollingUpdate: {{maxUnavailable: %s}}}}}}", "100%", "101%"),
    (
        "Deployment",
        f"spec: {{{SELECTED[:-2]}, activeDeadlineSeconds: %s}}}}}}",
        "null",
        "60",
    ),
    (
        "StatefulSet",
        f"spec: {{{SELECTED}, updateStrategy: {{type: %s, rollingUpdate: {{partition: 1}}}}}}",
        "RollingUpdate",
        "OnDelete",
    ),
    (
        "DaemonSet",
        f"spec: {{{SELECTED}, updateStrategy: {{rollingUpdate: {{maxSurge: 1, maxUnavailable: %s}}}}}}",
        "0",
        "1",
    ),
    ("Job", f"spec: {{{ENDING}, completionMode: Indexed%s}}", ", completions: 2", ""),
    ("Job", f"spec: {{{ENDING}, completions: 2, backoffLimitPerIndex: 1%s}}", ", completionMode: Indexed", ""),
    ("Job", f"spec: {{{ENDING}, backoffLimit: %s}}", "0", "-1"),
    ("Job", f"spec: {{{ENDING}, %sselector: {{matchLabels: {{app: one}}}}}}", "manualSelector: true, ", ""),
    (
        "Job",
        "spec: {template: {spec: {restartPolicy: %s, containers: [" + BOX + "]}}, podFailurePolicy: {rules: "
        "[{action: FailJob, onExitCodes: {operator: In, values: [1]}}]}}",
        "Never",
        "OnFailure",
    ),
    ("Job", f"metadata: {{name: %s}}\nspec: {{{ENDING}}}", "a" * 63, "a" * 64),
    ("CronJob", f"spec: {{schedule: '%s0 4 * * *', jobTemplate: {{spec: {{{ENDING}}}}}}}", "", "TZ=UTC "),
    (
        "CronJob",
        f"spec: {{schedule: '0 4 * * *', startingDeadlineSeconds: %s, jobTemplate: {{spec: {{{ENDING}}}}}}}",
        "9",
        "-9",
    ),
    ("HorizontalPodAutoscaler", "spec: {scaleTargetRef: {kind: Deployment, name: one}, maxReplicas: %s}", "1", "0"),
    (
        "HorizontalPodAutoscaler",
        f"spec: {{{SCALED}, metrics: [{{type: %s, resource: {{name: cpu, target: {UTILIZATION}}}}}]}}",
        "Resource",
        "ContainerResource",
    ),
    (
        "HorizontalPodAutoscaler",
        f"spec: {{{SCALED}, metrics: [{{type: Resource, resource: {{name: cpu, target: {UTILIZATION}}}}}]}}".replace(
            "type: Utilization", "type: %s"
        ),
        "Utilization",
        "AverageValue",
    ),
    (
        "HorizontalPodAutoscaler",
        f"spec: {{{SCALED}, behavior: {{scaleDown: {{stabilizationWindowSeconds: %s}}}}}}",
        "3600",
        "3601",
    ),
    ("PodDisruptionBudget", "spec: {selector: {}, maxUnavailable: 1%s}", "", ", minAvailable: 1"),
    ("PodDisruptionBudget", "spec: {selector: {}, minAvailable: %s}", "50%", "50.5%"),
    ("Service", "spec: {type: %s, externalTrafficPolicy: Local, ports: [{port: 80}]}", "NodePort", "ClusterIP"),
    (
        "Service",
        "spec: {sessionAffinity: %s, sessionAffinityConfig: {clientIP: {timeoutSeconds: 9}}, ports: [{port: 80}]}",
        "ClientIP",
        "None",
    ),
    (
        "Service",
        "spec: {type: %s, loadBalancerSourceRanges: [10.0.0.0/8], ports: [{port: 80}]}",
        "LoadBalancer",
        "NodePort",
    ),
    ("Service", "spec: {clusterIP: %s, ports: [{port: 80}]}", "None", "none"),
    ("Service", "spec: {ports: [{port: 80, targetPort: %s}]}", "http", "'8000'"),
    ("Service", "spec: {ports: [{port: 80, targetPort: %s}]}", "0", "70000"),
    ("Ingress", "spec: {%s}", "defaultBackend: {service: {name: one, port: {number: 80}}}", "ingressClassName: nginx"),
    ("Ingress", "spec: {rules: [{host: '%s'}]}", "*.example.org", "https://example.org"),
    ("Ingress", "spec: {rules: [{host: '%s'}]}", "example.org", "example.org:8080"),
    ("Ingress", "spec: {rules: [{host: '%s'}]}", "example.org", "10.0.0.1"),
    (
        "Ingress",
        routed("%s", ""),
        "/a",
        "/a//b",
    ),
    (
        "Ingress",
        routed("/", "%s"),
        "",
        ", name: http",
    ),
    (
        "Ingress",
        "metadata: {name: one, annotations: {kubernetes.io/ingress.class: %s}}\n"
        "spec: {ingressClassName: nginx, rules: [{host: a.example.org}]}",
        "nginx",
        "traefik",
    ),
    ("NetworkPolicy", "spec: {podSelector: {}, policyTypes: [%s]}", "Ingress", "ingress"),
    ("NetworkPolicy", "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: %s}}]}]}", "10.0.0.0/8", "10.0.0.1"),
    (
        "NetworkPolicy",
        "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [%s]}}]}]}",
        "10.1.0.0/16",
        "11.0.0.0/16",
    ),
    (
        "NetworkPolicy",
        "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}%s}]}]}",
        "",
        ", podSelector: {}",
    ),
    ("NetworkPolicy", "spec: {podSelector: {}, ingress: [{ports: [{port: %s}]}]}", "80", "'80'"),
    ("NetworkPolicy", "spec: {podSelector: {}, ingress: [{ports: [{port: 80, endPort: %s}]}]}", "90", "70"),
    ("NetworkPolicy", "spec: {podSelector: {matchExpressions: [{key: a, operator: %s, values: [b]}]}}", "In", "Exists"),
    ("PersistentVolumeClaim", f"spec: {{accessModes: [ReadWriteOncePod%s], {SIZE}}}", "", ", ReadWriteOnce"),
    ("PersistentVolumeClaim", f"spec: {{accessModes: [ReadWriteOnce], volumeMode: %s, {SIZE}}}", "Block", "block"),
    (
        "PersistentVolume",
        "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce]%s}",
        ", hostPath: {path: /a}",
        "",
    ),
    (
        "PersistentVolume",
        "spec: {capacity: {storage: 1Gi}, hostPath: {path: /a}%s}",
        ", accessModes: [ReadWriteOnce]",
        "",
    ),
    ("ConfigMap", "data: {a: b}\nbinaryData: {%s: eA==}", "c", "a"),
    ("ConfigMap", "data: {a: %s}", "b", "b" * 1_500_000),
    ("Secret", "type: kubernetes.io/basic-auth\nstringData: {%s: a}", "password", "token"),
    ("Secret", "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '%s'}", "{}", "{"),
    (
        "Secret",
        "type: kubernetes.io/service-account-token\nmetadata: {name: one, annotations: {%s: one}}",
        "kubernetes.io/service-account.name",
        "example.org/account",
    ),
    ("Role", "rules: [{apiGroups: [''], resources: [pods], verbs: [%s]}]", "get", ""),
    ("Role", "rules: [{%sresources: [pods], verbs: [get]}]", "apiGroups: [''], ", ""),
    ("ClusterRoleBinding", ROLE + "subjects: [{kind: ServiceAccount, name: one%s}]", ", namespace: team", ""),
    ("RoleBinding", ROLE + "subjects: [{kind: %s, name: one}]", "ServiceAccount", "Serviceaccount"),
    ("PriorityClass", "value: %s", "1000000000", "1000000001"),
    (
        "CustomResourceDefinition",
        f"metadata: {{name: %s}}\nspec: {{{BEES}, versions: [{{name: v1, served: true, storage: true, {SCHEMA}}}]}}",
        "bees.example.org",
        "bee.example.org",
    ),
    (
        "CustomResourceDefinition",
        f"metadata: {{name: bees.example.org}}\nspec: {{{BEES}, "
        f"versions: [{{name: v1, served: true, storage: %s, {SCHEMA}}}]}}",
        "true",
        "false",
    ),
    ("ValidatingWebhookConfiguration", f"webhooks: [{{name: %s, {HOOK}}}]", "a.example.org", "a"),
]


@pytest.mark.parametrize(("kind", "text", "right", "wrong"), CASES)
def test_one_word_makes_the_difference(kind: str, text: str, right: str, wrong: str) -> None:
    assert not found(kind, text.replace("%s", right))
    assert found(kind, text.replace("%s", wrong))


def test_what_something_fills_in_is_not_refused() -> None:
    assert not found("Ingress", "spec: {rules: [{host: '${HOST}'}]}")
    assert not found("Service", "spec: {type: '${TYPE}', externalTrafficPolicy: Local, ports: [{port: 80}]}")
