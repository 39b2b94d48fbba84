"""The embedded judge held against the real program, over files that each have a mistake or two."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.compose.mutations import BASES, mutated

from checks.deploy.compose.embedded import judge
from checks.deploy.compose.files import FileSet
from checks.deploy.compose.program import Program, config, find_program, scrubbed
from checks.model import Severity

SEED, COUNT, LEAST_AGREEMENT = 20260110, 200, 0.99


def real_program(folder: Path) -> tuple[Program, dict[str, str]]:
    environment = scrubbed(os.environ, folder)
    program = find_program(Path(sys.executable), environment)
    assert program is not None
    return program, environment


def file_set(folder: Path, number: int, text: str, environment: dict[str, str]) -> FileSet:
    (folder / ".env").write_text("DB_PASSWORD=x\n")
    file = folder / f"compose-{number}.yml"
    file.write_text(text, encoding="utf-8")
    variables = {"DB_PASSWORD": "x", **environment, "PWD": str(folder), "COMPOSE_PROJECT_NAME": "p"}
    return FileSet(folder, (file,), (folder / ".env",), variables=variables)


def test_the_embedded_judge_agrees_with_the_real_program(tmp_path: Path) -> None:
    program, environment = real_program(tmp_path)

    def compare(numbered: tuple[int, str]) -> str | None:
        files = file_set(tmp_path, *numbered, environment)
        answer = config(program, files, environment)
        ours = [
            found.message for found in judge(files, tmp_path, tmp_path).diagnostics if found.severity is Severity.ERROR
        ]
        assert answer.broken is None
        if (answer.model is not None) == (not ours):
            return None
        return f"{numbered[0]}: real {answer.words.strip() or 'accepts'}; embedded {ours or 'accepts'}\n{numbered[1]}"

    with ThreadPoolExecutor(2) as pool:
        disputes = [dispute for dispute in pool.map(compare, enumerate(mutated(SEED, COUNT))) if dispute]
    assert len(disputes) <= COUNT * (1 - LEAST_AGREEMENT), "\n".join(disputes)


def test_the_files_that_are_mutated_are_good(tmp_path: Path) -> None:
    program, environment = real_program(tmp_path)
    for number, text in enumerate(BASES):
        files = file_set(tmp_path, number, text, environment)
        assert config(program, files, environment).model is not None
        assert [
            found for found in judge(files, tmp_path, tmp_path).diagnostics if found.severity is Severity.ERROR
        ] == []


def test_both_make_the_same_model_where_rules_look(tmp_path: Path) -> None:
    """The rules run over whichever model there is: what they read must not differ."""
    program, environment = real_program(tmp_path)
    for number, text in enumerate(BASES):
        files = file_set(tmp_path, number, text, environment)
        theirs = (config(program, files, environment, profiles=("*",)).model or {})["services"]
        ours = (judge(files, tmp_path, tmp_path, ("*",)).model or {})["services"]
        assert theirs.keys() == ours.keys()
        for name, service in theirs.items():
            for key in ("image", "ports", "profiles"):
                assert (service.get(key) or None) == (ours[name].get(key) or None), (name, key)
            explicit = ours[name].get("depends_on") or {}
            assert {
                needed: how for needed, how in (service.get("depends_on") or {}).items() if needed in explicit
            } == explicit
            mounts = [[item.get("type"), item.get("source"), item["target"]] for item in service.get("volumes", [])]
            own = [[item.get("type"), item.get("source"), item["target"]] for item in ours[name].get("volumes", [])]
            assert mounts == own
            built = service.get("build") or {}
            assert {key: built.get(key) for key in ("context", "dockerfile", "target")} == {
                key: (ours[name].get("build") or {}).get(key) for key in ("context", "dockerfile", "target")
            }
