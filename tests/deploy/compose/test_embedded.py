"""The embedded judge: what it does where no Compose is on the machine."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import yaml
from deploy.compose.mutations import VALUES
from deploy.compose.support import errors, judged, said
from hypothesis import given, settings
from hypothesis import strategies as st
from support.program import ROOT

from checks.deploy.compose import source as compose_source
from checks.deploy.compose.shapes import SERVICE
from checks.deploy.compose.source import Unreadable, read_document

WORDS = sorted(
    {*SERVICE.keys, "x-own", "condition", "target", "source", "type", "path", "test", "service", "file", "web"}
)
CASES = ROOT / "fixtures" / "cases" / "compose"
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/expected.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(CASES)))
def test_without_compose_every_case_ends_the_same(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(folder, root, ignore=shutil.ignore_patterns("expected.yaml"))
    result = judged(root, hidden=True)
    rule = f"compose.{folder.parent.name}"
    relevant = [each for each in said(result) if each[0] == "error" or each[1] == rule]
    expected = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
    assert [each[1:] for each in relevant] == [
        (each["rule"], each.get("file"), each.get("line")) for each in expected
    ], result.diagnostics
    assert result.evidence.get("program", "embedded") == "embedded"
    assert result.blocked is None


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(
        "services:\n  web:\n    imagee: x\n    ports: 80\n    mem_limit: ${LIMIT:-lots}\n"
    )
    result = judged(tmp_path, hidden=True)
    assert errors(result) == ["compose.invalid"] * 3
    assert [found.line for found in result.diagnostics] == [3, 4, 5]
    assert result.diagnostics[0].hint == "write `image`"


def test_an_override_resets_and_replaces(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text(
        'services:\n  a:\n    image: a:1\n    ports: ["80:80"]\n    networks: [gone]\nnetworks: {gone: }\n'
    )
    (tmp_path / "compose.override.yml").write_text(
        "services:\n  a:\n    ports: !reset []\n    networks: !override [back]\n  b:\n    image: b:1\n"
        '    ports: ["80:80"]\nnetworks: {gone: !reset null, back: }\n'
    )
    for hidden in (True, False):
        result = judged(tmp_path, hidden=hidden)
        assert errors(result) == [], result.diagnostics
        assert result.evidence["services"] == 2


SHAPED = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(services=st.dictionaries(st.sampled_from(["web", "db", "x-a"]), st.dictionaries(st.sampled_from(WORDS), SHAPED)))
def test_no_tree_breaks_the_judge(services: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("tree")
    (root / "compose.yml").write_text(yaml.safe_dump({"services": services, "volumes": {"data": None}}))
    assert judged(root, hidden=True).blocked is None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.binary(max_size=60) | st.text("aé:-[]{}&*!|>'\"#%@`, \n\t$0~<?", max_size=60).map(str.encode))
def test_no_bytes_break_the_judge(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("bytes")
    (root / "compose.yml").write_bytes(data)
    assert errors(judged(root, hidden=True))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: &a [*a]\n", "holds itself"),
        (
            b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + b"".join(
                b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a" if n == 0 else b"*a%d" % (n - 1)] * 10)) for n in range(9)
            ),
            "aliases",
        ),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a: [" * 3000, ""),
        (b"x" * (5 << 20), "larger than"),
        (b"\x00\x01", "YAML"),
        (b"a: !!python/object/apply:os.system [ls]\n", ""),
    ],
    ids=["self", "bomb", "bytes", "deep", "large", "control", "python"],
)
@pytest.mark.parametrize("fast", [True, False], ids=["libyaml", "python-yaml"])
def test_hostile_files_end_in_words(
    data: bytes, words: str, fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose_source.yaml, "__with_libyaml__", fast)
    file = tmp_path / "compose.yml"
    file.write_bytes(data)
    began = time.monotonic()
    try:
        read_document(file, "compose.yml")
    except Unreadable as error:
        assert words in error.message
    else:
        assert not words
    assert time.monotonic() - began < 5


def test_plain_values_are_read_as_yaml_1_2(tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    file.write_text(
        'a: [yes, 22:22, 0440, 1.5, "5", null, , true, 2020-01-01, !!str 5, 0x10, <<]\n'.replace(", ,", ",")
    )
    assert read_document(file, "c").value["a"] == [
        "yes", "22:22", 288, 1.5, "5", None, True, "2020-01-01", "5", 16, "<<",
    ]  # fmt: skip
