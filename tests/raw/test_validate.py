"""The check `raw` as a whole: robustness, evidence, arguments, and what it must leave alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.model import CheckContext, CheckResult, Severity
from checks.raw.rules import RULES
from checks.raw.rules_script import LEAST
from checks.raw.validate import check

CLASS = LEAST[LEAST.index("class Hello") :]
RETURN_IN_TRY = """\
        try:
            return int(self.params.name)
        except ValueError:
            return 1
"""
STEP = '        return f"Hello {self.params.name}"'


def write(root: Path, text: str | bytes = LEAST, name: str = "hello", file: str = "run.py") -> Path:
    path = root / ".raw" / "workflows" / name / file
    path.parent.mkdir(parents=True, exist_ok=True)
    (root / "tools").mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o755)
    return path


def judge(root: Path, *words: str) -> CheckResult:
    return check(CheckContext(root, Path(sys.executable), arguments=words))


def rules(result: CheckResult) -> list[str]:
    return [found.rule.removeprefix("raw.") for found in result.diagnostics]


def judged(root: Path, text: str | bytes) -> list[str]:
    write(root, text)
    return rules(judge(root))


def edited(*pairs: tuple[str, str]) -> str:
    text = LEAST
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_the_least_workflow_is_clean(tmp_path: Path) -> None:
    write(tmp_path)
    result = judge(tmp_path)
    assert result.diagnostics == ()
    assert result.evidence == {"workflows": 1, "steps": 1, "tools": 0}


def test_no_workflows_at_all_is_no_evidence(tmp_path: Path) -> None:
    assert judge(tmp_path).evidence["workflows"] == 0
    assert judge(tmp_path).diagnostics == ()


def test_words_keep_the_workflows_whose_id_contains_them(tmp_path: Path) -> None:
    write(tmp_path, name="20260101-hello-a1b2c3")
    write(tmp_path, "broken(", name="20260101-other-d4e5f6")
    assert judge(tmp_path, "hello").evidence["workflows"] == 1
    assert rules(judge(tmp_path, "hello")) == []
    assert rules(judge(tmp_path)) == ["syntax-error"]


def test_a_word_that_matches_nothing_is_not_green(tmp_path: Path) -> None:
    write(tmp_path)
    assert "`hello`" in (judge(tmp_path, "helo").blocked or "")


def test_every_finding_has_a_rule_and_every_rule_is_explained() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert all(rule.id.startswith("raw.") and rule.why and rule.wrong and rule.right for rule in RULES)


@pytest.mark.parametrize("name", ["Grüße an alle", "a b  c", "ünï", "x" * 200, "quote'and\"", "-dash"])
def test_any_folder_name_works(tmp_path: Path, name: str) -> None:
    write(tmp_path, "broken(", name=name)
    (found,) = judge(tmp_path).diagnostics
    assert found.file == f".raw/workflows/{name}/run.py"


@pytest.mark.parametrize(
    "text",
    [
        LEAST.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + LEAST.encode(),
        LEAST.replace("#!/usr", "#!/usr", 1).replace("Hello {", "Grüße {").encode(),
        LEAST.replace("python3\n", "python3\n# coding: latin-1\n").replace("Hello {", "Grüße {").encode("latin-1"),
    ],
)
def test_any_text_that_python_reads_is_read(tmp_path: Path, text: bytes) -> None:
    write(tmp_path, text)
    assert not judge(tmp_path).has_errors()


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        (b"\xff\xfe" + LEAST.encode("utf-16-le"), "unreadable", 1),
        (LEAST.encode() + b"# \0\n", "unreadable", LEAST.count("\n") + 1),
        (LEAST.encode() + b"x = '\xfc'\n", "unreadable", LEAST.count("\n") + 1),
        (b"# coding: no-such-codec\n" + LEAST.encode(), "unreadable", 1),
        (LEAST.encode() + b"x = " + b"(" * 5000 + b")" * 5000, "syntax-error", LEAST.count("\n") + 1),
        (LEAST.encode() + b"x = " + b"-" * 200_000 + b"1", None, None),
        (LEAST.encode() + b"x = " + b"a." * 20_000 + b"a\n", None, None),
        (LEAST.encode() + b"x = [" + b"1, " * 300_000 + b"]\n", "", None),
        (b"# " + b"x" * 9_000_000, "unreadable", None),
        (b"", "no-script-block", 1),
    ],
)
def test_hostile_bytes_are_a_finding_never_a_traceback(
    tmp_path: Path, text: bytes, rule: str | None, line: int | None
) -> None:
    write(tmp_path, text)
    result = judge(tmp_path)
    if rule == "":
        assert result.diagnostics == ()
    elif rule is not None:
        assert (f"raw.{rule}", line) in [(found.rule, found.line) for found in result.diagnostics]


def test_strange_files_where_run_py_belongs(tmp_path: Path) -> None:
    base = tmp_path / ".raw" / "workflows"
    for name in ("folder", "pipe", "loop", "dangling"):
        (base / name).mkdir(parents=True)
    (base / "folder" / "run.py").mkdir()
    os.mkfifo(base / "pipe" / "run.py")
    os.mkfifo(base / "pipe" / "config.yaml")
    (base / "loop" / "run.py").symlink_to("run.py")
    (base / "dangling" / "run.py").symlink_to("nowhere.py")
    (base / "self").symlink_to("self")
    (base / "notes.txt").write_text("no workflow", encoding="utf-8")
    found = {
        (one.file or "").split("/")[2]: one.rule for one in judge(tmp_path).diagnostics if "run.py" in str(one.file)
    }
    assert found == {
        "folder": "raw.unreadable",
        "pipe": "raw.unreadable",
        "loop": "raw.unreadable",
        "dangling": "raw.no-run-py",
        "self": found["self"],
    }


def test_hidden_folders_and_leftovers_are_no_workflows(tmp_path: Path) -> None:
    write(tmp_path)
    for name in (".hidden", "__pycache__", "gone/runs/1", "cached/__pycache__"):
        (tmp_path / ".raw" / "workflows" / name).mkdir(parents=True)
    assert judge(tmp_path).evidence["workflows"] == 1


def test_an_empty_folder_is_a_workflow_without_run_py(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / ".raw" / "workflows" / "new").mkdir()
    assert rules(judge(tmp_path)) == ["no-run-py"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_arbitrary_bytes_never_raise(tmp_path: Path, data: bytes) -> None:
    for text in (data, LEAST.encode() + data, data + LEAST.encode()):
        write(tmp_path, text)
        write(tmp_path, data, file="config.yaml")
        assert judge(tmp_path).evidence["workflows"] == 1


@pytest.mark.parametrize(
    "pairs",
    [
        [("from raw_runtime import BaseWorkflow, step", "from raw_runtime import *")],
        [("from raw_runtime import BaseWorkflow, step", "from raw_runtime.base import BaseWorkflow, step")],
        [("class Hello(BaseWorkflow[Params])", "Base = BaseWorkflow[Params]\n\n\nclass Hello(Base)")],
        [
            ("from raw_runtime", "try:\n    from raw_runtime"),
            ("step\n", "step\nexcept ImportError:\n    from stub import BaseWorkflow, step\n"),
        ],
        [("class Params(BaseModel)", "class Params(BaseModel, frozen=True)")],
        [
            (
                "    def run",
                "    @staticmethod\n    def clean(text: str) -> str:\n        return text.odd\n\n    def run",
            )
        ],
        [(STEP, '        return getattr(self, "odd", "") or self.__class__.__name__')],
        [(STEP, "        try:\n            return self.odd\n        except AttributeError:\n            return ''")],
        [
            ("class Hello", "def decorate(cls):\n    return cls\n\n\n@decorate\nclass Hello"),
            (STEP, "        return self.odd"),
        ],
        [(STEP, "        names = []\n        names.append(1)\n        names[0] = 2\n        return str(names)")],
        [("from pydantic", "import sys\n\nif sys.version_info < (3, 11):\n    import tomli\nfrom pydantic")],
        [
            (
                "from pydantic",
                "import contextlib\n\nwith contextlib.suppress(ImportError):\n    import orjson\nfrom pydantic",
            )
        ],
        [
            (
                STEP,
                '        target = self.results_dir / "a"\n        target.mkdir()\n        return str(target.unlink())',
            )
        ],
        [(STEP, "        with open(self.params.name) as file:\n            return file.read()")],
        [
            (STEP, "        [print(text) for text in ()]\n        return ''"),
            ("class Params", "text = []\n\n\nclass Params"),
        ],
        [("Hello.main()", "raise SystemExit(Hello.main())")],
        [("    def run", "    async def _work(self) -> None:\n        return None\n\n    def run")],
        [("        return 0\n", "        raise SystemExit(0)\n")],
        [("        return 0\n", RETURN_IN_TRY)],
    ],
)
def test_right_code_is_left_alone(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    write(tmp_path, edited(*pairs))
    assert judge(tmp_path).diagnostics == ()


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("from raw_runtime import BaseWorkflow, step", "from acme import BaseWorkflow, step")], "no-workflow-class"),
        ([("BaseWorkflow[Params]", "BaseWorkflow[dict]")], "params-not-model"),
        (
            [
                ("    name: str", "    names: str"),
                ("class Params(BaseModel)", "from dataclasses import dataclass\n\n\n@dataclass\nclass Params"),
            ],
            "params-not-model",
        ),
        ([('@step("greet")', "@step(1)")], "step-without-name"),
        ([("        return 0", "        return True")], "run-result"),
        ([("        return 0", "        return None")], "run-result"),
        ([("from pydantic", "import raw_runtime.dry_run\nfrom pydantic")], "no-such-runtime-name"),
        ([("BaseWorkflow, step", "BaseWorkflow, step, Workflow")], "no-such-runtime-name"),
        ([("# ///\nfrom", "# ///\n#\n# /// script\n# ///\nfrom")], "script-block-broken"),
        ([('["pydantic', '[3, "pydantic')], "bad-requirement"),
        ([('>=3.10"', '>=3.10, maybe"')], "bad-requirement"),
        (
            [('["pydantic>=2.0"', '["pydantic>=2.0", "fastapi"'), ("from pydantic", "import starlette\nfrom pydantic")],
            "undeclared-import",
        ),
        ([("from pydantic", "import acme_internal\nfrom pydantic")], "undeclared-import"),
    ],
)
def test_wrong_code_is_named(tmp_path: Path, pairs: list[tuple[str, str]], expected: str) -> None:
    assert expected in judged(tmp_path, edited(*pairs))


@pytest.mark.parametrize(
    ("pairs", "rule"),
    [
        ([("from raw_runtime import BaseWorkflow, step", "from acme import BaseWorkflow, step")], "no-workflow-class"),
        (
            [('["pydantic>=2.0"', '["pydantic>=2.0", "fastapi"'), ("from pydantic", "import starlette\nfrom pydantic")],
            "undeclared-import",
        ),
        (
            [("from pydantic", "import sys\nsys.path.insert(0, 'x')\nimport acme_internal\nfrom pydantic")],
            "undeclared-import",
        ),
        ([("BaseWorkflow, step", "BaseWorkflow, step, Workflow")], "no-such-runtime-name"),
    ],
)
def test_what_is_not_known_is_a_warning_that_says_so(tmp_path: Path, pairs: list[tuple[str, str]], rule: str) -> None:
    write(tmp_path, edited(*pairs))
    (found,) = [one for one in judge(tmp_path).diagnostics if one.rule == f"raw.{rule}"]
    assert found.severity is Severity.WARNING
    assert "not known" in found.message or "may come" in found.message


def test_a_broken_tool_is_reported_once_for_all_workflows(tmp_path: Path) -> None:
    text = edited(("from pydantic", "from tools.mail import send\nfrom pydantic"))
    for name in ("a", "b", "c"):
        write(tmp_path, text, name=name)
    (tmp_path / "tools" / "mail").mkdir()
    (tmp_path / "tools" / "mail" / "__init__.py").write_text("from .tool import send\n", encoding="utf-8")
    (tmp_path / "tools" / "mail" / "tool.py").write_text("def send(:\n", encoding="utf-8")
    result = judge(tmp_path)
    assert rules(result) == ["local-import-broken"]
    assert result.evidence == {"workflows": 3, "steps": 3, "tools": 1}


def test_nothing_of_the_project_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    write(tmp_path, f"open({str(marker)!r}, 'w')\n{LEAST}")
    write(tmp_path, f"x: !!python/object/apply:os.mkdir [{marker}]\n", file="config.yaml")
    assert "bad-config" in rules(judge(tmp_path))
    assert not marker.exists()


def test_many_workflows_are_judged_in_time(tmp_path: Path) -> None:
    """A tenth of the benchmark, with a bound that only an accidental square would pass."""
    program = "import sys; sys.path.insert(0, 'benchmarks'); from raw_validate import generate, measure; "
    program += "from pathlib import Path; generate(Path(sys.argv[1]), 100); print(measure(Path(sys.argv[1]))[0])"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "many")], cwd=root, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 10
