"""What templates ask of the parts of a value."""

from __future__ import annotations

import pytest

from checks.deploy.helm.elements import element_uses, undefined_parts
from checks.deploy.helm.yaml_source import parse_source

VALUES = parse_source(
    "values.yaml", "services:\n  api: {port: 1}\n  worker: {queue: q}\nhosts: [{name: a}]\nmail: {to: b}\n"
)


def undefined(text: str) -> list[str]:
    found = undefined_parts(list(element_uses("t.yaml", text)), [VALUES])
    return [".".join(map(str, way)) for _, way in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ range $n, $s := .Values.services }}{{ $s.ports }}{{ end }}", ["services.api.ports"]),
        ("{{ range $s := .Values.services }}{{ $s.port }}{{ $s.queue }}{{ end }}", []),
        ("{{ range .Values.hosts }}{{ .host }}{{ .name }}{{ end }}", ["hosts.0.host"]),
        ("{{ with .Values.mail }}{{ .from | quote }}{{ else }}{{ .nothing }}{{ end }}", ["mail.from"]),
        ('{{ with .Values.mail }}{{ .from | default "x" }}{{ end }}', []),
        ("{{ with .Values.mail }}{{ if .from }}{{ .from }}{{ end }}{{ end }}", []),
        ("{{ $mail := .Values.mail }}{{ $mail.from }}", ["mail.from"]),
        ("{{ $mail := .Values.mail | default dict }}{{ $mail.from }}", []),
        ("{{ range .Values.hosts }}{{ $.Values.nothing }}{{ .Release.Name }}{{ end }}", []),
        ("{{ range list 1 2 }}{{ .x }}{{ end }}", []),
        ('{{ range .Values.services }}{{ end }}{{ define "a" }}{{ .x }}{{ end }}', []),
        ("{{ range .Values.empty }}{{ .x }}{{ end }}", []),
    ],
)
def test_undefined_parts(text: str, expected: list[str]) -> None:
    assert undefined(text) == expected
