"""PyYAML imported with late regular expressions reads what PyYAML reads."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
{how}
texts = ["a: 1", "b: [1.5, 0x10, true, null, ~, 2001-12-14, 12:30:45, .inf]", "- !!int '3'\\n- 'x'\\n- |\\n  text\\n"]
read = [yaml.load(text, Loader=loader) for text in texts for loader in (yaml.SafeLoader, yaml.CSafeLoader)]
print(json.dumps([read, yaml.safe_dump({{"a": ["1", 1, "true", None, "2001-01-01"]}})], default=str))
"""


def read(how: str) -> object:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(how=how)], capture_output=True, check=True)
    return json.loads(done.stdout)


def test_the_same_is_read() -> None:
    assert read("from checks.quick_yaml import import_yaml\nyaml = import_yaml()") == read("import yaml")


def test_regular_expressions_are_themselves_again() -> None:
    how = "import re\nbefore = re.compile\nfrom checks.quick_yaml import import_yaml\nyaml = import_yaml()\n"
    assert read(how + "assert re.compile is before")
