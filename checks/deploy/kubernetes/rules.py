"""The rules of the check `kubernetes`, for `skillgate explain`."""

from __future__ import annotations

from checks.deploy.kubernetes.rules_links import LINKS
from checks.deploy.kubernetes.rules_network import NETWORK
from checks.deploy.kubernetes.rules_pods import PODS
from checks.deploy.kubernetes.rules_reading import READING
from checks.deploy.kubernetes.rules_types import TYPES
from checks.deploy.kubernetes.rules_workloads import WORKLOADS
from checks.model import Rule

RULES: tuple[Rule, ...] = (*READING, *TYPES, *PODS, *WORKLOADS, *NETWORK, *LINKS)
