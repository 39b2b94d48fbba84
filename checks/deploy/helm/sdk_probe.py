"""Helm out of the package `helm-python-sdk`, for machines without the program. Runs in the Python that has it.

Imports nothing of ours. `sdk_probe.py version`, or a request as JSON: it writes files, and prints the program's words.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

Values = dict[str, Any]

SEVERITIES = {1: "INFO", 2: "WARNING", 3: "ERROR"}


def main(words: list[str]) -> int:
    """What was asked for; the status is that of the program."""
    helm_python = importlib.import_module("helm_python")
    if words[0] == "version":
        print(helm_python.helm_sdk_version())
        return 0
    asked = json.loads(words[0])
    try:
        values = collected(helm_python, asked)
        return lint(helm_python, asked, values) if asked["verb"] == "lint" else template(helm_python, asked, values)
    except helm_python.HelmError as error:
        print("Error: " + str(error))
        return 1


def collected(helm: Any, asked: Values) -> Values:
    """The values files and the `--set` words over each other, as Helm lays them."""
    values: Values = {}
    for path in asked["values"]:
        values = laid_over(values, helm.values_from_yaml(Path(path).read_text(encoding="utf-8")) or {})
    settings = asked["settings"]
    for option, text in zip(settings[::2], settings[1::2], strict=True):
        parsed = helm.parse_set_string_values(text) if option == "--set-string" else helm.parse_set_string(text)
        values = set_over(values, parsed or {})
    return values


def laid_over(below: Values, above: Values) -> Values:
    """Mappings are merged, anything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def set_over(below: Any, above: Any) -> Any:
    """As `--set` does it: `hosts[0].name` changes one part of one entry."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: set_over(below.get(key), value) for key, value in above.items()}}
    parts = isinstance(above, list) and all(each is None or isinstance(each, dict) for each in above)
    if isinstance(below, list) and parts:
        entries = [*below, *([None] * (len(above) - len(below)))]
        changes = [*above, *([None] * (len(entries) - len(above)))]
        both = zip(entries, changes, strict=True)
        return [entry if change is None else set_over(entry, change) for entry, change in both]
    return above


def lint(helm: Any, asked: Values, values: Values) -> int:
    """`helm lint --strict`."""
    report = helm.lint(asked["chart"], values, strict=True)
    severities = [message["severity"] for message in report["messages"]]
    for message in report["messages"]:
        path = message["path"].replace(asked["chart"].rstrip("/") + "/", "")
        print(f"[{SEVERITIES.get(message['severity'], 'ERROR')}] {path}: {message['error']}")
    return 1 if any(severity >= 2 for severity in severities) else 0


def template(helm: Any, asked: Values, values: Values) -> int:
    """`helm template`; the schema and the dependencies are looked at here, because rendering does not."""
    with helm.Chart.load(asked["chart"]) as chart:
        if not asked["without_schema"]:
            chart.validate_schema(values)
        rendered = chart.render(values, name=asked["name"], namespace=asked["namespace"] or "default")
        manifests = {path: text for path, text in rendered.items() if wanted(path, text)}
        crds = {each["filename"]: each["data"] for each in chart.crds}
    for path, text in {**manifests, **crds}.items():
        written(asked, path, text)
    return 0


def wanted(path: str, text: str) -> bool:
    """NOTES.txt and helpers are no manifests."""
    name = path.rsplit("/", 1)[-1]
    return bool(text.strip()) and name != "NOTES.txt" and not name.startswith("_")


def written(asked: Values, path: str, text: str) -> None:
    """Into the target folder; nothing can lead out of it."""
    target = Path(asked["target"], path)
    if ".." in target.parts or not target.is_relative_to(asked["target"]):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    if asked["verb"] == "debug":
        print(f"---\n# Source: {path}\n{text}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
