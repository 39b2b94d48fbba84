"""The check as a whole: which Dockerfiles, which contexts, and who judged."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from support.program import ROOT, clean_environment

from checks.deploy.dockerfile import programs
from checks.deploy.dockerfile.check import check
from checks.model import CheckContext, CheckResult

SLIM = "FROM python:3.12-slim\n"


def judged(root: Path, files: dict[str, str] | None = None, **more: str) -> CheckResult:
    for name, text in (files or {}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return check(CheckContext(root, Path(sys.executable), 1, (), clean_environment(**more)))


def said(result: CheckResult) -> list[tuple[str, str, str | None, int | None]]:
    return [(each.severity.value, each.rule, each.file, each.line) for each in result.diagnostics]


@pytest.mark.parametrize("name", ["hiring-process", "webhook-intake", "scheduled-report"])
def test_the_reference_systems_have_no_finding(name: str) -> None:
    assert judged(ROOT / "fixtures" / name).diagnostics == ()


def test_the_evidence_says_who_judged(tmp_path: Path) -> None:
    result = judged(tmp_path, {"Dockerfile": SLIM, "api/worker.Dockerfile": SLIM, "web/Containerfile": SLIM})
    assert result.evidence["dockerfiles"] == 3
    assert str(result.evidence["parser"]).startswith("buildkit")
    assert str(result.evidence["linter"]).startswith("hadolint")


def test_without_the_parser_our_own_reader_judges(tmp_path: Path) -> None:
    empty = tmp_path / "no-programs"
    empty.mkdir()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "Dockerfile").write_text(f"{SLIM}RUNN x\n")
    programs.parser_title.cache_clear()
    try:
        with patch.object(programs, "_parser", lambda: None), patch.object(sys, "executable", str(empty / "python")):
            result = check(CheckContext(tmp_path / "p", empty / "python", 1, (), {"PATH": str(empty)}))
    finally:
        programs.parser_title.cache_clear()
    assert result.evidence["parser"] == "embedded"
    assert "linter" not in result.evidence
    assert said(result) == [("error", "dockerfile.unknown-instruction", "Dockerfile", 2)]


def test_what_only_the_parser_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    with patch.object(programs._parser(), "parse_string", side_effect=programs._parser().GoParseError("line 2: odd")):
        result = judged(tmp_path, {"Dockerfile": f"{SLIM}RUN x\n"})
    assert said(result) == [("error", "dockerfile.unreadable", "Dockerfile", 2)]
    assert "odd" in result.diagnostics[0].message


def test_a_context_that_nobody_names_is_not_held_against_it(tmp_path: Path) -> None:
    files = {"docker/api.Dockerfile": f"{SLIM}COPY api ./api\nCOPY start.sh /\n", "api/m.py": "", "docker/start.sh": ""}
    assert said(judged(tmp_path, files)) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("README.md", "Run it:\n\n    docker build -t x -f docker/api.Dockerfile docker\n"),
        ("Makefile", "image:\n\tdocker buildx build --tag x \\\n\t  --file=docker/api.Dockerfile ./docker\n"),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n"
            "          context: docker\n          file: docker/api.Dockerfile\n",
        ),
        ("compose.yaml", "services:\n  a:\n    build:\n      context: docker\n      dockerfile: api.Dockerfile\n"),
    ],
)
def test_a_context_that_somebody_names_counts(tmp_path: Path, file: str, text: str) -> None:
    result = judged(tmp_path, {"docker/api.Dockerfile": f"{SLIM}COPY api ./api\n", "api/m.py": "", file: text})
    assert said(result) == [("error", "dockerfile.missing-source", "docker/api.Dockerfile", 2)]


def test_only_the_stages_that_are_built_count(tmp_path: Path) -> None:
    files = {
        "Dockerfile": f"{SLIM[:-1]} AS one\nCOPY nope /\n{SLIM[:-1]} AS two\nCOPY yes /\n",
        "yes": "",
        "compose.yaml": "services:\n  a:\n    build: {context: ., target: two}\n",
    }
    assert said(judged(tmp_path, files)) == []


def test_what_a_deployment_mounts_may_hold_the_module(tmp_path: Path) -> None:
    files = {
        "Dockerfile": f'{SLIM}WORKDIR /app\nCMD ["python", "main.py"]\n',
        "compose.yaml": "services:\n  a:\n    build: .\n    volumes: ['code:/app']\nvolumes: {code: }\n",
    }
    assert said(judged(tmp_path, files)) == []


def test_code_that_only_developers_mount_is_lacking_in_a_cluster(tmp_path: Path) -> None:
    files = {
        "Dockerfile": f'{SLIM}WORKDIR /app\nCOPY worker/ worker/\nCMD ["python", "-m", "worker.main"]\n',
        "worker/__init__.py": "",
        "worker/main.py": "from common.settings import URL\n",
        "common/__init__.py": "",
        "common/settings.py": "URL = ''\n",
        "compose.yaml": "services:\n  a:\n    build: .\n    volumes: ['./common:/app/common']\n",
    }
    assert said(judged(tmp_path / "alone", files)) == []
    files["k8s/worker.yaml"] = "apiVersion: apps/v1\nkind: Deployment\n"
    assert said(judged(tmp_path / "cluster", files)) == [("error", "dockerfile.missing-module", "Dockerfile", 4)]


def test_hadolints_parser_is_not_believed(tmp_path: Path) -> None:
    text = f"{SLIM}RUN cat <<END\nhello\nEND\n# a comment behind a here-document\nRUN true\n"
    assert said(judged(tmp_path, {"Dockerfile": text})) == []
    assert said(judged(tmp_path, {"Dockerfile": f"{SLIM}EXPOSE 80\nONBUILD FROM x\n"})) == [
        ("error", "dockerfile.hadolint", "Dockerfile", 3)
    ]
    ignored = f"{SLIM}EXPOSE 80\n# hadolint ignore=DL3043\nONBUILD FROM x\n"
    assert said(judged(tmp_path, {"Dockerfile": ignored})) == []
