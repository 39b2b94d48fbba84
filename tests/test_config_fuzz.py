"""Whatever bytes a config holds, reading it gives a config or a ConfigError, within a second."""

from __future__ import annotations

import string
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from checks.catalog import Catalog
from checks.config import Config, ConfigError, find_config, load_config
from checks.settings.file import LARGEST_BYTES

# It keeps what it learns in the working directory otherwise; a test writes nothing there.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")
CATALOG = Catalog()
FUZZ = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = ("skillgate.yaml", ".raw/config.yaml", "pyproject.toml")


def judge(root: Path, data: bytes, name: str) -> Config | ConfigError:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    began = time.process_time()
    try:
        find_config(root, None)
        config = load_config(path, CATALOG, root)
    except ConfigError as error:
        assert error.problems
        assert str(error).encode("utf-8", "strict")
        return error
    finally:
        path.unlink()
        # Processor time: the machine may be busy with other tests.
        assert time.process_time() - began < 1
    assert config.gates
    for gate in config.gates:
        assert gate.command.strip()
        assert 0 < gate.timeout_s < float("inf")
        assert "\0" not in gate.command
        assert not gate.workdir.startswith(("/", ".."))
        assert set(gate.needs) <= {other.name for other in config.gates}
    return config


@settings(FUZZ, max_examples=100)
@given(data=st.binary(max_size=300), name=st.sampled_from(NAMES))
def test_bytes(tmp_path: Path, data: bytes, name: str) -> None:
    judge(tmp_path, data, name)


WORDS = "gates default optional builder tool skillgate dry command timeout_seconds needs env 1 0x1 .nan 1e400 << *a ---"
PIECES = (": ", "- ", "\n  ", "\n    ", "&a ", "...\n", "!!str ", "!!python/name:os.system ", "\r\n")
MARKS = st.sampled_from([*WORDS.split(), *"[]{}:,-?&*!|>'\"%@`#=~.\n\t\0\ufeff\u2028\x85é", *PIECES])


@settings(FUZZ, max_examples=200)
@given(parts=st.lists(MARKS, max_size=40), name=st.sampled_from(NAMES))
def test_marks(tmp_path: Path, parts: list[str], name: str) -> None:
    judge(tmp_path, "".join(parts).encode(), name)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(),
    st.dates(),
    st.sampled_from(["", " ", "pytest -q", "soon", "dry", "a", "../x", "api", "\0", "\ud800"]),
    st.text(string.printable, max_size=6),
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(string.ascii_lowercase, max_size=4), inner),
    max_leaves=6,
)


def near(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Mostly what belongs there, rarely something else: near enough to reach every line of the reader."""
    return st.integers(0, 19).flatmap(lambda dice: ANY if dice == 7 else strategy)


Strategies = Mapping[str, st.SearchStrategy[object]]


def mapping(required: Strategies, optional: Strategies) -> st.SearchStrategy[object]:
    """A mapping of near values, rarely with a key too many."""
    right = st.fixed_dictionaries(
        {key: near(value) for key, value in required.items()},
        optional={key: near(value) for key, value in optional.items()},
    )
    return st.integers(0, 19).flatmap(lambda dice: right.map(lambda data: {**data, "x": 1}) if dice == 7 else right)


NAME = st.sampled_from(["a", "dry", "validate", "api-test"])
GATE = mapping(
    {"command": st.sampled_from(["true", "pytest", "make a | b"])},
    {
        "timeout_seconds": st.integers(1, 100),
        "floor": st.dictionaries(st.sampled_from(["tests", "steps"]), near(st.integers(0, 3))),
        "env": st.dictionaries(st.sampled_from(["A", "B"]), near(st.just("x"))),
        "workdir": st.sampled_from(["api", ".", "a/../b"]),
        "needs": st.lists(st.just("validate"), max_size=2),
    },
)
GATES = mapping({"default": st.just(["validate"])}, {"optional": st.dictionaries(NAME, near(GATE), max_size=3)})
FORMS = st.one_of(
    mapping({"gates": GATES}, {"log_cap_mib": st.integers(1, 9)}),
    st.fixed_dictionaries({"builder": mapping({"gates": GATES}, {})}),
    ANY,
)


@settings(FUZZ, max_examples=200)
@given(data=FORMS, name=st.sampled_from(NAMES[:2]))
def test_near_configs(tmp_path: Path, data: object, name: str) -> None:
    judge(tmp_path, yaml.safe_dump(data).encode("utf-8", "surrogatepass"), name)


def test_near_configs_reach_both_ends(tmp_path: Path) -> None:
    seen: set[type] = set()

    @settings(FUZZ, max_examples=40)
    @given(data=FORMS)
    def sample(data: object) -> None:
        seen.add(type(judge(tmp_path, yaml.safe_dump(data).encode("utf-8", "surrogatepass"), NAMES[0])))

    sample()
    assert seen == {Config, ConfigError}


def filled(unit: str, head: str = "", tail: str = "") -> str:
    return head + unit * ((LARGEST_BYTES - len((head + tail).encode())) // len(unit.encode())) + tail


def counted(unit: str, head: str = "") -> Iterator[str]:
    size = len(head)
    yield head
    for number in range(LARGEST_BYTES):
        part = unit.replace("@", str(number))
        size += len(part)
        if size > LARGEST_BYTES:
            return
        yield part


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip(string.ascii_lowercase, string.ascii_lowercase[1:], strict=False)
)
MERGE_BOMB = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{','.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip(string.ascii_lowercase, string.ascii_lowercase[1:], strict=False)
)
NASTY = {
    "alias-bomb": BOMB,
    "merge-bomb": MERGE_BOMB,
    "self": "gates: &a [*a]",
    "self-merge": "gates: &a {<<: *a}",
    "open-lists": filled("["),
    "open-lists-in-lines": filled("[\n"),
    "open-mappings": filled("{a: "),
    "dashes": filled("- "),
    "questions": filled("? "),
    "list": filled("- a\n"),
    "flow": filled("a,", "[", "]"),
    "scalar": filled("a"),
    "quoted-lines": filled("b\n ", 'a: "', '"'),
    "block-blanks": filled("\n", "a: |\n"),
    "anchors": "".join(counted("- &a@ x\n")),
    "aliases": filled("- *a\n", "- &a x\n"),
    "same-key": filled("a: 1\n"),
    "unknown-keys": "".join(counted("k@: 1\n")),
    "directives": filled("%TAG !a! b\n"),
    "tags": filled("- !a b\n"),
    "long-tag": filled("a", "!<", "> x"),
    "long-number": filled("9", "gates: {optional: {a: {command: x, timeout_seconds: ", "}}}"),
    "sixties": filled(":1", "gates: 1"),
    "gates": "".join(counted("    g@: {command: x}\n", "gates:\n  optional:\n")),
    "chain": "".join(f"    g{n}: {{command: x, needs: [g{n + 1}]}}\n" for n in range(500)).join(
        ["gates:\n  optional:\n", ""]
    ),
    "strangers": "".join(counted("  - abcdefh@\n", "gates:\n  default:\n")),
    "near-strangers": "gates:\n  optional:\n"
    + "".join(f"    abcdefg{n}: {{command: x}}\n" for n in range(600))
    + "  default:\n"
    + "".join(f"  - abcdefh{n}\n" for n in range(600)),
    "comments": filled("#\n"),
    "returns": filled("\r"),
    "separators": filled("\u2028"),
    "surrogate": 'gates: {optional: {a: {command: "\\ud800"}}}',
}
NASTY_TOML = {
    "dotted": filled("a.", tail="a = 1"),
    "dotted-lines": "".join(counted("a." * 90 + "a@ = 1\n")),
    "headers": "".join(counted("[a.b.c@]\n")),
    "tables": filled("[[a]]\n"),
    "lists": filled("[", "a = "),
    "inline": filled("{a = ", "a = "),
    "digits": filled("9", "a = "),
    "hexadecimal": filled("f", "[tool.skillgate]\nlog_cap_mib = 0x"),
    "array": filled("1,", "a = [", "]"),
    "definitions": "".join(counted("g@.command = 'x'\n", "[tool.skillgate.gates.optional]\n")),
    "misspelt": "".join(counted("g@ = {comand = 'x'}\n", "[tool.skillgate.gates.optional]\n")),
    "one-line": "".join(f"g{n} = {{command = 'x'}}, " for n in range(3000)).join(
        ["[tool.skillgate.gates]\noptional = {", "z = {command = 'x'}}\n"]
    ),
}


@pytest.mark.parametrize("case", NASTY)
def test_nasty_yaml(tmp_path: Path, case: str) -> None:
    assert isinstance(judge(tmp_path, NASTY[case].encode(), "skillgate.yaml"), Config | ConfigError)


@pytest.mark.parametrize("case", NASTY_TOML)
def test_nasty_toml(tmp_path: Path, case: str) -> None:
    judge(tmp_path, NASTY_TOML[case].encode(), "pyproject.toml")


@pytest.mark.parametrize("case", ["alias-bomb", "merge-bomb", "open-lists", "flow", "anchors", "surrogate", "returns"])
def test_nasty_yaml_without_the_compiled_parser(tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    judge(tmp_path, NASTY[case].encode(), "skillgate.yaml")
