"""Rules of the check `kubernetes`. Services, ingresses, and the hosts that settings name."""

from __future__ import annotations

from checks.deploy.kubernetes.rule import rule
from checks.model import Severity

NETWORK = (
    rule(
        "service",
        "A Service has ports that the API takes",
        "The API refuses the Service.",
        "ports: [{port: 80}, {port: 81}]",
        "ports: [{name: http, port: 80}, {name: admin, port: 81}]",
    ),
    rule(
        "selects-nothing",
        "A Service selects a Pod",
        "Every connection to it is refused. A warning where other things may make the Pods.",
        "selector: {app: apii}",
        "selector: {app: api}",
    ),
    rule(
        "crossed-selector",
        "Two builds of the same files in one namespace keep their Pods apart",
        "The Services of one also send to the Pods of the other.",
        "nameSuffix: -us\nlabels: [{pairs: {region: us}}]",
        "nameSuffix: -us\nlabels: [{pairs: {region: us}, includeSelectors: true}]",
        Severity.WARNING,
    ),
    rule(
        "target-port",
        "A Service sends to a port that its Pods have",
        "Every connection to it is refused.",
        "ports: [{port: 80, targetPort: web}]      # the Pod calls it http",
        "ports: [{port: 80, targetPort: http}]",
    ),
    rule(
        "ingress",
        "The paths of an Ingress begin with a slash",
        "The API refuses the Ingress.",
        "path: api\npathType: Prefix",
        "path: /api\npathType: Prefix",
    ),
    rule(
        "rewrite",
        "A rewrite takes groups that its path has",
        "ingress-nginx puts nothing in the place of a group that is not there: every request goes to the same path.",
        "rewrite-target: /$2\npath: /api",
        "rewrite-target: /$2\npath: /api(/|$)(.*)",
    ),
    rule(
        "blocked-traffic",
        "The NetworkPolicies let through what the settings of Pods ask for",
        "The connection, or the look-up of its name, waits until it fails. A warning where only settings that many "
        "Pods share say so, and others are let through.",
        "podSelector: {matchLabels: {app: db}}\n"
        "ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]      # the worker asks db, too",
        "ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [api, worker]}]}}]}]",
    ),
    rule(
        "ingress-port",
        "An Ingress, route or monitor asks a Service for a port that it has",
        "Every request is answered with 503; a ServiceMonitor watches nothing.",
        "port: {number: 8000}      # the Service has 80",
        "port: {number: 80}",
    ),
    rule(
        "unknown-host",
        "A host in a setting is a Service that is there",
        "The name does not resolve. A warning where it may come from elsewhere, or be optional.",
        "value: postgresql://api@postgres:5432/api      # the Service is api-postgres",
        "value: postgresql://api@api-postgres:5432/api",
    ),
    rule(
        "service-port",
        "A setting asks a Service for a port that it has",
        "The connection is never answered.",
        "value: http://api:8000      # the Service has 80",
        "value: http://api",
    ),
)
