"""Go templates read as text."""

from __future__ import annotations

import pytest

from checks.deploy.helm.expressions import read_template


def uses(text: str) -> dict[str, bool]:
    """The values a template uses, and whether nothing says what happens without them."""
    return {".".join(use.path): use.plain for use in read_template("t.yaml", text).uses}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ .Values.a.b }}", {"a.b": True}),
        ("{{- $.Values.a | quote -}}", {"a": True}),
        ("{{ toYaml .Values.a | nindent 4 }}", {"a": True}),
        ('{{ printf "%s-%s" .Release.Name .Values.a }}', {"a": True}),
        ('{{ .Values.a | default "x" }}', {"a": False}),
        ('{{ required "needed" .Values.a }}', {"a": False}),
        ("{{ if .Values.a }}x{{ end }}", {"a": False}),
        ("{{ $x := .Values.a }}", {"a": False}),
        ('{{ index .Values "a" "b" }}', {"a.b": False}),
        ('{{ index .Values.a "b-c" }}', {"a.b-c": False}),
        ("{{ ((.Values.a).b) }}", {"a.b": False}),
        ('{{ include "x" (dict "top" . "v" .Values.a) }}', {"a": False}),
        ("{{/* .Values.a is old */}}", {}),
        ('{{ "}}" }}{{ .Values.a }}', {"a": True}),
        ('{{ tpl "{{ .Values.a }}" . }}', {"a": False}),
        ("{{ range .Values.list }}{{ $.Values.a }}{{ end }}", {"list": False, "a": True}),
        ("{{ .Subcharts.db.Values.a }}", {}),
        ("{{ toYaml .Values }}", {"": True}),
        ("no action: .Values.a", {}),
    ],
)
def test_uses(text: str, expected: dict[str, bool]) -> None:
    assert uses(text) == expected


def test_lines_and_conditions() -> None:
    first = "a\n{{- if .Values.on }}\nb: {{ .Values.x }}\n"
    text = f"{first}{{{{- else if .Values.off }}}}\nc: {{{{ .Values.y }}}}\n{{{{- end }}}}\nd: {{{{ .Values.z }}}}"
    found = {use.path[0]: use for use in read_template("t.yaml", text).uses}
    assert [found[name].line for name in ("on", "x", "off", "y", "z")] == [2, 3, 4, 5, 7]
    assert found["x"].conditions == (".Values.on",)
    assert ".Values.off" in found["y"].conditions[0]
    assert found["z"].conditions == ()


def test_definitions_and_includes() -> None:
    text = '{{ define "a.b" }}{{ template "c" . }}{{ end }}\n{{ if .Values.x }}{{ include "d" . }}{{ end }}'
    text += '{{ include (print "e") . }}'
    read = read_template("t.tpl", text)
    assert read.defines == ("a.b",)
    assert [(each.name, each.line) for each in read.includes] == [("c", 1), ("d", 2)]
