"""What NetworkPolicies let through, by the settings of the Pods; what cannot be known is let through."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.program import clean_environment

from checks.deploy.kubernetes.check import check
from checks.model import CheckContext

POD = """\
apiVersion: apps/v1
kind: %s
metadata: {name: %s}
spec:
  selector: {matchLabels: {app: %s}}
  template:
    metadata: {labels: {app: %s}}
    spec:
      containers:
        - {name: one, image: 'registry.example.org/one:1.0', %s}
---
"""
CALLER = POD % ("Deployment", "web", "web", "web", "envFrom: [{configMapRef: {name: web}}]")
CALLED = POD % ("Deployment", "db", "db", "db", "ports: [{name: sql, containerPort: 5432}]")
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: 5432, targetPort: sql}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {PGHOST: %s, PGPORT: "5432"}
---
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: %s}
spec: {podSelector: {%s}, policyTypes: [%s]%s}
---
"""
NAMES = "{to: [{namespaceSelector: {}}], ports: [{protocol: UDP, port: 53}]}"
TO_DB = "{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}"


def ingress(said: str) -> str:
    return POLICY % ("in", "matchLabels: {app: db}", "Ingress", f", ingress: [{said}]")


def egress(*said: str) -> str:
    return POLICY % ("out", "matchLabels: {app: web}", "Egress", f", egress: [{', '.join(said)}]")


def blocked(root: Path, policies: str, host: str = "db", more: str = "") -> int:
    (root / "all.yaml").write_text(CALLER + CALLED + SERVICE % host + policies + more, encoding="utf-8")
    found = check(CheckContext(root, Path(sys.executable), 1, (), clean_environment())).diagnostics
    return sum(each.rule == "kubernetes.blocked-traffic" for each in found)


@pytest.mark.parametrize(
    ("policies", "count"),
    [
        ("", 0),
        (ingress("{from: [{podSelector: {matchLabels: {app: web}}}]}"), 0),
        (ingress("{from: [{podSelector: {matchLabels: {app: api}}}]}"), 1),
        (ingress("{from: [{podSelector: {}}]}"), 0),
        (ingress("{}"), 0),
        (ingress("{ports: [{port: sql}]}"), 0),
        (ingress("{ports: [{port: 5432}]}"), 0),
        (ingress("{ports: [{port: 5000, endPort: 6000}]}"), 0),
        (ingress("{ports: [{port: 5433}]}"), 1),
        (ingress("{ports: [{protocol: UDP, port: 5432}]}"), 1),
        (ingress("{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}"), 0),
        (ingress("{from: [{namespaceSelector: {matchLabels: {team: shop}}}]}"), 0),
        (ingress("{from: [{podSelector: {matchLabels: {app: api}}}, {podSelector: {matchLabels: {app: web}}}]}"), 0),
        (POLICY % ("deny", "", "Ingress", ""), 1),
        (POLICY % ("deny", "", "Ingress", "") + ingress("{from: [{podSelector: {}}]}"), 0),
        (egress(NAMES, TO_DB), 0),
        (egress(TO_DB), 1),
        (egress(NAMES), 1),
        (egress("{}"), 0),
        (egress("{ports: [{port: 53, protocol: UDP}, {port: 5432}]}"), 0),
        (POLICY % ("deny", "", "Egress", ""), 2),
    ],
)
def test_the_database_is_reached_or_not(policies: str, count: int, tmp_path: Path) -> None:
    assert blocked(tmp_path, policies) == count


@pytest.mark.parametrize(
    ("rules", "count"),
    [
        ((NAMES, "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 5432}]}"), 0),
        ((NAMES, "{ports: [{port: 5432}]}"), 0),
        ((NAMES, "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}"), 1),
        ((NAMES, TO_DB), 1),
    ],
)
def test_a_host_outside_is_reached_by_address(rules: tuple[str, ...], count: int, tmp_path: Path) -> None:
    assert blocked(tmp_path, egress(*rules), "db.example.org") == count


def test_policies_of_a_plugin_may_allow_more(tmp_path: Path) -> None:
    more = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: more}\nspec: {}\n"
    assert blocked(tmp_path, egress(TO_DB), "db", more) == 0


def test_a_pod_of_the_host_network_is_not_closed(tmp_path: Path) -> None:
    text = CALLER.replace("    spec:\n", "    spec:\n      hostNetwork: true\n", 1)
    (tmp_path / "all.yaml").write_text(text + CALLED + SERVICE % "db" + egress(TO_DB), encoding="utf-8")
    found = check(CheckContext(tmp_path, Path(sys.executable), 1, (), clean_environment())).diagnostics
    assert not [each for each in found if each.rule == "kubernetes.blocked-traffic"]


@pytest.mark.parametrize(("taken", "severity"), [("envFrom", {"warning"}), ("env", {"error"})])
def test_a_pod_that_shares_settings_may_not_need_them_all(taken: str, severity: set[str], tmp_path: Path) -> None:
    own = "env: [{name: PGHOST, value: db}, {name: PGPORT, value: '5432'}]"
    shared = "envFrom: [{configMapRef: {name: web}}]"
    job = POD % ("Deployment", "job", "job", "job", own if taken == "env" else shared)
    admitted = ingress("{from: [{podSelector: {matchLabels: {app: web}}}]}")
    (tmp_path / "all.yaml").write_text(CALLER + job + CALLED + SERVICE % "db" + admitted, encoding="utf-8")
    found = check(CheckContext(tmp_path, Path(sys.executable), 1, (), clean_environment())).diagnostics
    assert {each.severity.value for each in found if each.rule == "kubernetes.blocked-traffic"} == severity
