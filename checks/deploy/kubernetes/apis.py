"""Which API versions and kinds Kubernetes has itself, which it had, and what came in their place."""

from __future__ import annotations

from difflib import get_close_matches

GROUPS = frozenset(
    [
        "",
        "apps",
        "batch",
        "autoscaling",
        "policy",
        "extensions",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    ]
)
"""The groups of Kubernetes itself; the core group has an empty name."""

_REMOVED = {
    "extensions/v1beta1": ("", "1.22"),
    "apps/v1beta1": ("apps/v1", "1.16"),
    "apps/v1beta2": ("apps/v1", "1.16"),
    "batch/v1beta1": ("batch/v1", "1.25"),
    "batch/v2alpha1": ("batch/v1", "1.21"),
    "policy/v1beta1": ("policy/v1", "1.25"),
    "autoscaling/v2beta1": ("autoscaling/v2", "1.25"),
    "autoscaling/v2beta2": ("autoscaling/v2", "1.26"),
    "networking.k8s.io/v1beta1": ("networking.k8s.io/v1", "1.22"),
    "rbac.authorization.k8s.io/v1beta1": ("rbac.authorization.k8s.io/v1", "1.22"),
    "rbac.authorization.k8s.io/v1alpha1": ("rbac.authorization.k8s.io/v1", "1.22"),
    "apiextensions.k8s.io/v1beta1": ("apiextensions.k8s.io/v1", "1.22"),
    "admissionregistration.k8s.io/v1beta1": ("admissionregistration.k8s.io/v1", "1.22"),
    "apiregistration.k8s.io/v1beta1": ("apiregistration.k8s.io/v1", "1.22"),
    "certificates.k8s.io/v1beta1": ("certificates.k8s.io/v1", "1.22"),
    "scheduling.k8s.io/v1beta1": ("scheduling.k8s.io/v1", "1.22"),
    "storage.k8s.io/v1beta1": ("storage.k8s.io/v1", "1.27"),
    "node.k8s.io/v1beta1": ("node.k8s.io/v1", "1.25"),
    "discovery.k8s.io/v1beta1": ("discovery.k8s.io/v1", "1.25"),
    "flowcontrol.apiserver.k8s.io/v1beta3": ("flowcontrol.apiserver.k8s.io/v1", "1.32"),
}
_FROM_EXTENSIONS = {
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PodSecurityPolicy": "",
}
_HOMES = {
    "v1": "Pod Service ConfigMap Secret Namespace PersistentVolume PersistentVolumeClaim ServiceAccount Node "
    "ReplicationController Endpoints LimitRange ResourceQuota PodTemplate",
    "apps/v1": "Deployment StatefulSet DaemonSet ReplicaSet",
    "batch/v1": "Job CronJob",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "policy/v1": "PodDisruptionBudget",
    "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
    "rbac.authorization.k8s.io/v1": "Role RoleBinding ClusterRole ClusterRoleBinding",
    "storage.k8s.io/v1": "StorageClass CSIDriver",
    "scheduling.k8s.io/v1": "PriorityClass",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
}
HOMES = {kind: version for version, kinds in _HOMES.items() for kind in kinds.split()}
"""The kinds that people write, each with the version that serves it."""
_ALSO = frozenset({("autoscaling/v1", "HorizontalPodAutoscaler")})
OPENSHIFT = frozenset(("v1", kind) for kind in ("Template", "Route", "DeploymentConfig", "BuildConfig", "ImageStream"))
"""What OpenShift once had in a group without a name."""


def group_of(version: str) -> str:
    """The group of an apiVersion; empty for the core."""
    return version.rpartition("/")[0]


def is_own(version: str) -> bool:
    """Whether an apiVersion is in the hands of Kubernetes itself: a group without a dot is nobody else's."""
    group = group_of(version)
    return group in GROUPS or "." not in group


def refusal(version: str, kind: str) -> tuple[str, str | None] | None:
    """Why no cluster knows this type, with a hint; None where we know nothing against it."""
    if (version, kind) in OPENSHIFT:
        return None
    if not is_own(version):
        near = get_close_matches(group_of(version), sorted(GROUPS), 1, 0.9)
        if not near or kind not in HOMES:
            return None
        return f"there is no API `{version}`", f"apiVersion: {HOMES[kind]}"
    home = HOMES.get(kind)
    if (version, kind) in _ALSO or version == home:
        return None
    if version in _REMOVED and not (version.endswith("v1beta1") and home is None and not _was_removed(version)):
        return _removed(version, kind, home)
    if home is not None:
        return f"`{kind}` is not in `{version}`", f"apiVersion: {home}"
    near = get_close_matches(kind, sorted(HOMES), 1, 0.75)
    if near and group_of(version) in {group_of(HOMES[near[0]])}:
        return f"there is no kind `{kind}` in `{version}`", f"kind: {near[0]}"
    return None


def _was_removed(version: str) -> bool:
    return version in {"extensions/v1beta1", "policy/v1beta1", "batch/v1beta1"}


def _removed(version: str, kind: str, home: str | None) -> tuple[str, str | None]:
    replacement, since = _REMOVED[version]
    new = _FROM_EXTENSIONS.get(kind, home or replacement)
    if kind == "PodSecurityPolicy":
        return f"`{version}` {kind} was removed in Kubernetes 1.25", "use the namespace's pod-security labels"
    if version == "extensions/v1beta1" and kind != "Ingress":
        since = "1.16"
    said = f"`{version}` {kind} was removed in Kubernetes {since}"
    return said, f"apiVersion: {new}" if new else None
