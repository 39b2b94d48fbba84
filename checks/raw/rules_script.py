"""Rules about a workflow's folder, its run.py as a script, and its config.yaml."""

from __future__ import annotations

from checks.model import Rule, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

LEAST = """#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["pydantic>=2.0", "rich>=13.0"]
# ///
from pydantic import BaseModel, Field
from raw_runtime import BaseWorkflow, step


class Params(BaseModel):
    name: str = Field(default="you", description="Who is greeted")


class Hello(BaseWorkflow[Params]):
    @step("greet")
    def greet(self) -> str:
        return f"Hello {self.params.name}"

    def run(self) -> int:
        self.save("greeting.txt", self.greet())
        return 0


if __name__ == "__main__":
    Hello.main()
"""
"""The least whole workflow."""

BLOCK = """# /// script
# requires-python = ">=3.10"
# dependencies = ["pydantic>=2.0", "rich>=13.0"]
# ///"""

SCRIPT_RULES: tuple[Rule, ...] = (
    Rule(
        "raw.no-run-py",
        ERROR,
        "a workflow folder has no run.py",
        "RAW lists the workflow and cannot start it. Every folder of `.raw/workflows` is a workflow.",
        ".raw/workflows/hello/config.yaml   (and nothing else)",
        f".raw/workflows/hello/run.py:\n\n{LEAST}",
    ),
    Rule(
        "raw.syntax-error",
        ERROR,
        "run.py is no valid Python",
        "Nothing of the workflow can run, and nothing else in it can be judged.",
        "def run(self) -> int\n    return 0",
        "def run(self) -> int:\n    return 0",
    ),
    Rule(
        "raw.unreadable",
        ERROR,
        "run.py cannot be read as Python text",
        "Bytes that are no text in the file's encoding, NUL bytes, or endless nesting: Python refuses the file.",
        "a run.py saved as UTF-16, or as Latin-1 without a coding line",
        "a run.py saved as UTF-8",
    ),
    Rule(
        "raw.no-shebang",
        WARNING,
        "run.py has no usable shebang line",
        "Started by its name, the file is then read by the shell. A byte order mark or CR LF hides the line.",
        "from raw_runtime import BaseWorkflow",
        "#!/usr/bin/env python3\nfrom raw_runtime import BaseWorkflow",
    ),
    Rule(
        "raw.not-executable",
        WARNING,
        "run.py is not executable",
        "It can be started through Python, yet not by its name.",
        "-rw-r--r-- run.py",
        "chmod +x run.py && git update-index --chmod=+x run.py",
    ),
    Rule(
        "raw.no-script-block",
        ERROR,
        "run.py has no `# /// script` block",
        "RAW installs what the block (PEP 723) declares; without it the workflow starts with nothing installed.",
        "#!/usr/bin/env python3\nimport pydantic",
        f"#!/usr/bin/env python3\n{BLOCK}\nimport pydantic",
    ),
    Rule(
        "raw.script-block-broken",
        ERROR,
        "the `# /// script` block cannot be read",
        "Its lines, without `# `, must be TOML, between `# /// script` and `# ///`, once in the file.",
        "# /// script\n# dependencies = [pydantic]\n# ///",
        BLOCK,
    ),
    Rule(
        "raw.bad-requirement",
        ERROR,
        "a dependency or `requires-python` in the block is malformed",
        "The installer refuses the whole block, and the workflow does not start.",
        '# dependencies = ["pydantic => 2"]',
        '# dependencies = ["pydantic>=2"]',
    ),
    Rule(
        "raw.requires-python",
        WARNING,
        "the block does not ask for Python 3.10 or newer",
        "RAW's runtime needs 3.10; an older interpreter fails on its first line, far from the cause.",
        '# requires-python = ">=3.8"',
        '# requires-python = ">=3.10"',
    ),
    Rule(
        "raw.no-dependencies",
        WARNING,
        "the block declares no `dependencies`",
        "Nothing is installed for the workflow, not even what RAW's runtime needs.",
        '# /// script\n# requires-python = ">=3.10"\n# ///',
        BLOCK,
    ),
    Rule(
        "raw.no-pydantic",
        WARNING,
        "pydantic is not among the dependencies",
        "Params is a pydantic model, and RAW's runtime imports pydantic.",
        '# dependencies = ["rich>=13.0"]',
        '# dependencies = ["pydantic>=2.0", "rich>=13.0"]',
    ),
    Rule(
        "raw.no-rich",
        WARNING,
        "rich is not among the dependencies",
        "RAW's runtime prints through rich; in an environment of only the declared packages it fails to import.",
        '# dependencies = ["pydantic>=2.0"]',
        '# dependencies = ["pydantic>=2.0", "rich>=13.0"]',
    ),
    Rule(
        "raw.bad-config",
        ERROR,
        "a workflow's config.yaml is malformed",
        "RAW reads it when it lists or starts workflows; of a key that stands twice, one value is silently lost.",
        "name: hello\nname: goodbye",
        "name: hello\ndescription: Greets somebody",
    ),
)
